"""Questions about wordings of policies with a body: what would this say, and what is wrong with it.

They write nothing and need no Idempotency-Key. A version that is kept may be asked about with `policies.view`;
a wording that is not kept anywhere is its writer's, and needs `policies.edit`.
"""

from dataclasses import asdict
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from counterflow.api.callers import reading
from counterflow.api.endpoints import answer
from counterflow.api.problems import ProblemError
from counterflow.api.reading import Read
from counterflow.api.shapes import Strict
from counterflow.policies import queries_versions as versions
from counterflow.policies.checking import check
from counterflow.policies.comparing import Comparison, compare
from counterflow.policies.examples import read_examples
from counterflow.policies.exchange import model_for_others, read_any
from counterflow.policies.explaining import try_facts
from counterflow.policies.facts import FACTS
from counterflow.policies.tables import Table, TableMalformed

TRIALS_MAX = 100
router = Router()
Kind = Annotated[str, Field(max_length=40)]


class Trials(Strict):
    """Records of facts for one table: that of a version, or a wording of a kind that is not kept anywhere."""

    facts: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=TRIALS_MAX)]
    version_id: int | None = None
    kind: Kind | None = None
    table: dict[str, Any] | None = None


class Wording(Strict):
    """A wording of a kind, in the compact form or as a JSON Decision Model, with the examples that must hold."""

    kind: Kind
    table: dict[str, Any]
    examples: list[dict[str, Any]] = []


@router.post("/policy-trials", tags=["policies"], operation_id="try_policy", summary="Try facts on a policy, and why")
def try_policy(request: HttpRequest, body: Trials) -> HttpResponse:
    """The answer of a table to each record of facts, the row that fires, and for every row the conditions that did
    not hold. Ask about a kept version by `version_id`, or send `kind` and `table`. Facts that are no facts of the
    kind are refused as `facts_refused`."""
    if (body.version_id is None) == (body.table is None) or (body.table is None) != (body.kind is None):
        detail = "Name a version by version_id, or send kind and table; not both."
        raise ProblemError(422, "body_invalid", detail)
    if body.version_id is not None:
        reading(request, "policies.view")
        table = versions.version_file(version_id=body.version_id).read_table()
    else:
        reading(request, "policies.edit")
        table = _table(body.kind or "", body.table)
    return answer({"items": [asdict(try_facts(table, facts)) for facts in body.facts], "next": None})


@router.post("/policy-checks", tags=["policies"], operation_id="check_policy", summary="Check a wording of a policy")
def check_policy(request: HttpRequest, body: Wording) -> HttpResponse:
    """Everything there is to say about a wording without keeping it: problems and notes (overlaps, gaps) with row and
    column, what each example comes to, and the table in the compact form."""
    reading(request, "policies.edit")
    table = _table(body.kind, body.table)
    checked = check(table, read_examples(body.kind, body.examples))
    tried = [
        {"name": each.example.name, "row": each.row, "holds": each.holds, "reason": each.reason}
        for each in checked.examples
    ]
    told = {**checked.as_facts(), "sound": checked.sound, "examples": tried, "table": table.as_json()}
    return answer(told)


def policy_model(*, version_id: int) -> dict[str, Any]:
    """A version as a JSON Decision Model graph that other tools open."""
    return model_for_others(versions.version_file(version_id=version_id).read_table())


def policy_comparison(*, before: int, after: int) -> Comparison:
    """Two versions of a kind by their ids: rows added, removed, moved, and changed cell by cell."""
    old, new = (versions.version_file(version_id=each) for each in (before, after))
    if old.kind != new.kind:
        raise TableMalformed(reason=f"{new.kind} cannot be compared with {old.kind}; compare versions of one kind")
    return compare(old.read_table(), new.read_table())


def _table(kind: str, stored: Any) -> Table:
    """A wording of a kind. Raises `ProblemError` for no kind, `TableMalformed`, `NodeRefused`."""
    if kind not in FACTS:
        raise ProblemError(422, "kind_unknown", f"There is no kind of policy called {kind}.", {"kinds": sorted(FACTS)})
    table = read_any(kind, stored)
    if table.kind != kind:
        raise TableMalformed(reason=f"it is a table of {table.kind}, not of {kind}")
    return table


READS: Final = [
    Read("/policies/{version_id}", versions.version_file, "policies.view", "policies", name="policy"),
    Read("/policies/{version_id}/model", policy_model, "policies.view", "policies"),
    Read("/policies/{before}/compared/{after}", policy_comparison, "policies.view", "policies"),
]

"""Shadows: versions that decide silently beside those in force, and what became of it.

A shadow is asked when decisions are written, about the facts that were decided on. It changes nothing: agreements are
counted, what differs is kept beside the decision, and a shadow that fails is counted and otherwise passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.policies.queries import Version, narrowness, silent

SILENT = ("code",)
"""Parts of an answer that only say why; a difference in them alone is none."""


@dataclass(frozen=True)
class Verdict:
    """What a shadow came to over the decisions of one command; `differing` are (decision, row id, outcome)."""

    shadow_id: int
    agreed: int
    failed: int
    differing: Sequence[tuple[Mapping[str, Any], str, Mapping[str, Any]]]


def verdicts(decisions: Sequence[Mapping[str, Any]], *, epoch: int) -> list[Verdict]:
    """What every shadow in force says to decisions that are about to be written; no SQL in steady state.

    A shadow is asked about what it would answer: facts in its scope that no narrower version decided.
    """
    found = []
    for shadow_id, version in silent(epoch):
        mine = [row for row in decisions if row["kind"] == version.kind and _answers(version, row, epoch)]
        if mine:
            found.append(_compare(shadow_id, version, mine))
    return found


def _answers(version: Version, row: Mapping[str, Any], epoch: int) -> bool:
    return narrowness(row["version_id"], epoch) <= len(version.scope) and version.answers_for(row["facts"])


def _compare(shadow_id: int, version: Version, decisions: Sequence[Mapping[str, Any]]) -> Verdict:
    try:
        rows = version.prepared.fired([row["facts"] for row in decisions])
    except Exception:  # whatever is wrong with a table that decides nothing, the act goes on
        return _one_by_one(shadow_id, version, decisions)
    differing = [
        (decision, row.id, row.then)
        for decision, row in zip(decisions, rows, strict=True)
        if _plain(row.then) != _plain(decision["outcome"])
    ]
    return Verdict(shadow_id, len(decisions) - len(differing), 0, differing)


def _one_by_one(shadow_id: int, version: Version, decisions: Sequence[Mapping[str, Any]]) -> Verdict:
    """The same, where one of several may have failed: the others count as if each had been decided alone."""
    if len(decisions) == 1:
        return Verdict(shadow_id, 0, 1, [])
    found = [_compare(shadow_id, version, [decision]) for decision in decisions]
    return Verdict(
        shadow_id,
        sum(one.agreed for one in found),
        sum(one.failed for one in found),
        [difference for one in found for difference in one.differing],
    )


def _plain(outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outcome.items() if name not in SILENT}

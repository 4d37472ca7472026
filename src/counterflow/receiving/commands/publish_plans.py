"""Publish versions of inspection plans: from then on they are what is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.receiving import events
from counterflow.receiving.models import Plan
from counterflow.receiving.rules_plan_documents import read_plan


class PlanVersionSkipped(Refusal):
    """The next version of plan {plan} is {expected}, not {version}; read the newest and try again."""


class PlanCodeDiffers(Invalid):
    """The document calls itself {document}, and {plan} was to be published."""


@dataclass(frozen=True)
class PublishPlan:
    """A version to be: one more than the newest of its code. docs/concepts/inspection.md describes the document."""

    code: str
    version: int
    document: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """What this version is called for ever."""
        return f"{self.code}/{self.version}"


@command(needs="receiving.plan")
def publish_plans(ctx: Context, *, items: Sequence[PublishPlan]) -> Batch:
    """Check each plan and ask it from now on, in place of the version before it.

    Refuses `PlanRefused` (with every problem and its place), `PlanCodeDiffers`, `PlanVersionSkipped`,
    `IdentityReused`. Four statements, whatever the batch.
    """
    # The epoch's row is the lock of all publishing.
    db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
    known = {
        (row.code, row.version): row
        for row in db.rows(
            "SELECT id, code, version, digest, active FROM receiving_plan WHERE code = ANY(%s) ORDER BY id",
            [sorted({item.code for item in items})],
        )
    }
    newest = {code: version for code, version in sorted(known)}
    digests = {key: row.digest for key, row in known.items()}
    fresh: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            document = orjson.dumps(item.document, option=orjson.OPT_SORT_KEYS)
            digest = sha256(document).hexdigest()
            if digests.get((item.code, item.version)) == digest:
                results.append(Done(item.identity, {"plan": item.code, "version": item.version}, replayed=True))
                continue
            _require_next(item, newest, digests)
            row = _row(ctx, item, digest)
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
            continue
        if item.code in fresh:
            fresh[item.code]["active"] = False
        fresh[item.code] = row
        rows.append(row)
        newest[item.code], digests[item.code, item.version] = item.version, digest
        results.append(Done(item.identity, {"plan": item.code, "version": item.version}))
    ended = [{"id": row.id, "active": False} for row in known.values() if row.active and row.code in fresh]
    db.update(Plan, ended)
    db.flush()
    db.insert(Plan, rows)
    told = [Event(events.PLAN_PUBLISHED, row["id"], facts={"plan": row["code"]}) for row in rows]
    emit(ctx, told)
    return Batch(results)


def _require_next(item: PublishPlan, newest: Mapping[str, int], digests: Mapping[tuple[str, int], str]) -> None:
    read = read_plan(item.document)
    if read.code != item.code:
        raise PlanCodeDiffers(plan=item.code[:48], document=read.code)
    if (item.code, item.version) in digests:
        raise IdentityReused(what="plan", identity=item.identity)
    expected = newest.get(item.code, 0) + 1
    if item.version != expected:
        raise PlanVersionSkipped(plan=item.code, expected=expected, version=item.version)


def _row(ctx: Context, item: PublishPlan, digest: str) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "code": item.code,
        "version": item.version,
        "document": dict(item.document),
        "digest": digest,
        "active": True,
        "created_at": ctx.at,
        "created_by": ctx.actor,
        "command_id": ctx.command_id,
    }

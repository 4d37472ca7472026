"""Say what a partner's words mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.catalog.models import ReasonMapping
from counterflow.catalog.rules import reason_key
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.registry.commands.changing import Note, note


class ReasonUnknown(NotFound):
    """There is no reason {code} of the kind {kind}."""


@dataclass(frozen=True)
class MapReason:
    """That a source's text means a reason code; upper case, punctuation and blanks do not matter."""

    source: str
    text: str
    kind: str
    code: str


@command(needs="catalog.edit")
def map_reasons(ctx: Context, *, items: Sequence[MapReason]) -> Batch:
    """Map each text; mapping a text again replaces what it meant. Refuses `ReasonUnknown`. Four statements."""
    reasons = {
        (row.kind, row.code): row.id
        for row in db.rows(
            "SELECT id, kind, code FROM catalog_reasoncode "
            "WHERE (kind, code) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY id",
            [[item.kind for item in items], [item.code for item in items]],
        )
    }
    known = _known(items)
    codes = {row["reason_id"]: row.pop("code") for row in known.values()}
    fresh: dict[tuple[str, str], dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    notes: list[Note] = []
    results: list[Done | Refused] = []
    for item in items:
        key, reason = (item.source, reason_key(item.text)), reasons.get((item.kind, item.code))
        identity = f"{item.source}: {key[1]}"
        if reason is None:
            results.append(Refused.of(identity, ReasonUnknown(kind=item.kind, code=item.code)))
            continue
        before = fresh.get(key) or known.get(key)
        results.append(Done(identity, {"reason_id": reason}, replayed=bool(before and before["reason_id"] == reason)))
        if before is None:
            before = fresh[key] = {"id": ctx.new_id(), "source": key[0], "text": key[1], "reason_id": reason}
            notes.append(_note(before["id"], identity, "", item.code))
        elif before["reason_id"] != reason:
            notes.append(_note(before["id"], identity, codes.get(before["reason_id"], ""), item.code))
            before["reason_id"] = reason
            if key in known:
                changed[before["id"]] = before
        codes[reason] = item.code
    db.insert(ReasonMapping, list(fresh.values()))
    db.update(ReasonMapping, [{"id": row["id"], "reason_id": row["reason_id"]} for row in changed.values()])
    note(ctx, notes)
    return Batch(results)


def _note(mapping_id: int, identity: str, old: str, new: str) -> Note:
    return Note("mapping", mapping_id, identity, field="code", old=old, new=new)


def _known(items: Sequence[MapReason]) -> dict[tuple[str, str], dict[str, Any]]:
    found = db.rows(
        "SELECT m.id, m.source, m.text, m.reason_id, r.code FROM catalog_reasonmapping m "
        "JOIN catalog_reasoncode r ON r.id = m.reason_id "
        "WHERE (m.source, m.text) IN (SELECT * FROM unnest(%s::text[], %s::text[])) "
        "ORDER BY m.id FOR NO KEY UPDATE OF m",
        [[item.source for item in items], [reason_key(item.text) for item in items]],
    )
    return {(row.source, row.text): {"id": row.id, "reason_id": row.reason_id, "code": row.code} for row in found}

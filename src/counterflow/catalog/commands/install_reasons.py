"""Install shipped reason codes and mappings, without touching what the company made its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.catalog.models import ReasonCode, ReasonMapping
from counterflow.catalog.rules import reason_key
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class ShippedReason:
    """A reason code and the texts of a source that mean it."""

    kind: str
    code: str
    label: str
    source: str
    texts: tuple[str, ...] = ()


@command(needs="orders.record")
def install_reasons(ctx: Context, *, items: Sequence[ShippedReason]) -> Batch:
    """Add codes and mappings that are missing; what is there stays as it is. Four statements."""
    codes = db.rows(
        "SELECT id, kind, code FROM catalog_reasoncode WHERE kind = ANY(%s) ORDER BY id", [[i.kind for i in items]]
    )
    ids = {(row.kind, row.code): row.id for row in codes}
    texts = db.rows(
        "SELECT source, text FROM catalog_reasonmapping WHERE source = ANY(%s) ORDER BY id", [[i.source for i in items]]
    )
    taken = {(row.source, row.text) for row in texts}
    reasons: list[dict[str, Any]] = []
    mappings: list[dict[str, Any]] = []
    results = []
    for item in items:
        key = (item.kind, item.code)
        known = key in ids
        if not known:
            ids[key] = ctx.new_id()
            reasons.append({"id": ids[key], "kind": item.kind, "code": item.code, "label": item.label})
        for text in map(reason_key, item.texts):
            if (item.source, text) not in taken:
                taken.add((item.source, text))
                mappings.append({"id": ctx.new_id(), "source": item.source, "text": text, "reason_id": ids[key]})
        results.append(Done(f"{item.kind}:{item.code}", {"id": ids[key]}, replayed=known))
    db.insert(ReasonCode, reasons)
    db.insert(ReasonMapping, mappings)
    return Batch(list(results))

"""Make sure that the SKUs a partner's file names exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.catalog.models import Item
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class SeenItem:
    """A SKU as a file names it, with the name it gives, or none."""

    sku: str
    name: str = ""


@command(needs="orders.record")
def ensure_items(ctx: Context, *, items: Sequence[SeenItem]) -> Batch:
    """Create a provisional item for each SKU that is not there; items of the company stay as they are.

    A provisional item keeps the longest name any file gave it (of equally long ones the greatest), so the
    order in which files come does not matter. Three statements.
    """
    seen = _longest(items)
    found = db.rows(
        "SELECT id, sku, name, provisional FROM catalog_item WHERE sku = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [sorted(seen)],
    )
    ids = {row.sku: row.id for row in found}
    better = [
        {"id": row.id, "name": seen[row.sku]}
        for row in found
        if row.provisional and _rank(seen[row.sku]) > _rank("" if row.name == row.sku else row.name)
    ]
    fresh: list[dict[str, Any]] = [
        {"id": ctx.new_id(), "sku": sku, "name": name or sku, "provisional": True}
        for sku, name in seen.items()
        if sku not in ids
    ]
    db.insert(Item, fresh)
    db.update(Item, better)
    made: dict[str, int] = {row["sku"]: row["id"] for row in fresh}
    return Batch([_result(item.sku, ids, made) for item in items])


def _longest(items: Sequence[SeenItem]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for item in items:
        seen[item.sku] = max(seen.get(item.sku, ""), item.name, key=_rank)
    return seen


def _rank(name: str) -> tuple[int, str]:
    return len(name), name


def _result(sku: str, ids: dict[str, int], made: dict[str, int]) -> Done:
    return Done(sku, {"id": ids.get(sku) or made[sku]}, replayed=sku in ids)

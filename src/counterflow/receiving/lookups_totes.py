"""Totes under lock, and the rows that say what was put into them and taken out again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import NotFound, Refusal
from counterflow.receiving.lookups import UnitNow


class ToteNotFound(NotFound):
    """There is no tote {tote}; record it first, or scan another one."""


class ToteNotInUse(Refusal):
    """Tote {tote} is not in use."""


class ToteElsewhere(Refusal):
    """Tote {tote} does not stand where unit {lpn} is, at {node}."""


class WrongTote(Refusal):
    """Tote {tote} is for {purpose}, and unit {lpn} goes to {disposition}."""


class ToteFull(Refusal):
    """Tote {tote} takes {capacity} plates and is full; use another one, or empty it."""


@dataclass
class ToteNow:
    """A tote under lock; `count` is the number of plates in it, as earlier items of the batch have left it."""

    id: int
    code: str
    node_id: int
    purpose: str
    capacity: int | None
    active: bool
    count: int = 0


_TOTES = """
SELECT id, code, node_id, purpose, capacity, active FROM facilities_tote
WHERE code = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE
"""
_COUNTS = "SELECT tote_id, count(*)::int AS n FROM receiving_unit WHERE tote_id = ANY(%s::bigint[]) GROUP BY 1"


def lock_totes(ctx: Context, codes: Iterable[str]) -> dict[str, ToteNow]:
    """Lock the totes that exist among these codes; two statements, none where no tote is named.

    Plates are counted after the lock, so that nobody fills a tote beside us.
    """
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    totes = {row.code: ToteNow(*row) for row in db.lock(ctx, Rank.TOTE, _TOTES, [wanted])}
    counts = {row.tote_id: row.n for row in db.rows(_COUNTS, [[tote.id for tote in totes.values()]])}
    for tote in totes.values():
        tote.count = counts.get(tote.id, 0)
    return totes


def tote_for(totes: Mapping[str, ToteNow], code: str, unit: UnitNow, disposition: str) -> ToteNow:
    """The tote of a code, if a unit that goes there may be put into it.

    Raises `ToteNotFound`, `ToteNotInUse`, `ToteElsewhere`, `WrongTote`, `ToteFull`.
    """
    tote = totes.get(code)
    if tote is None:
        raise ToteNotFound(tote=code[:80])
    if not tote.active:
        raise ToteNotInUse(tote=code)
    if tote.node_id != unit.node_id:
        raise ToteElsewhere(tote=code, lpn=unit.lpn, node=unit.node)
    if tote.purpose != disposition:
        raise WrongTote(tote=code, purpose=_words(tote.purpose), lpn=unit.lpn, disposition=_words(disposition))
    if tote.capacity is not None and tote.count >= tote.capacity and unit.tote_id != tote.id:
        raise ToteFull(tote=code, capacity=tote.capacity)
    return tote


def _words(code: str) -> str:
    return code.replace("_", " ")


def into(ctx: Context, unit: UnitNow, tote: ToteNow, happened: datetime) -> list[dict[str, Any]]:
    """The rows that bring a unit into a tote, out of the one it was in."""
    rows = out_of(ctx, unit, happened)
    unit.tote_id = tote.id
    tote.count += 1
    return [*rows, _row(ctx, unit, tote.id, unit.quantity, happened)]


def out_of(ctx: Context, unit: UnitNow, happened: datetime) -> list[dict[str, Any]]:
    """The row that takes a unit out of the tote it is in; none where it is in none."""
    if unit.tote_id is None:
        return []
    row = _row(ctx, unit, unit.tote_id, -unit.quantity, happened)
    unit.tote_id = None
    return [row]


def _row(ctx: Context, unit: UnitNow, tote_id: int, quantity: int, happened: datetime) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "unit_id": unit.id,
        "tote_id": tote_id,
        "quantity": quantity,
        "happened_at": happened,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
    }

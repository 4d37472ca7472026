"""Movements of goods: of a SKU, a node, a unit or a document; the ones booked last come first.

Lines of an item are found by its accounts, each of which is read from its newest line, so the cost is that of a page.
What is about a document is found by the subjects of lines. The rest walks the entries back from the newest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from counterflow.inventory.causes import Cause, causes
from counterflow.kernel import db
from counterflow.kernel.found import id_of
from counterflow.ledger.chart import MOVEMENTS, TRAITS, State
from counterflow.ledger.journal import EntryRow, LineRow, entries

WALK_DAYS = 92
ENTRY_MOVES_MAX = 200


@dataclass(frozen=True)
class MoveRow:
    """Pieces of a SKU from one place to another, by one entry. Of a change of value alone, `quantity` is 0.

    `value_minor` is what they took along, in `currency`. `reversal` turns an earlier entry round.
    """

    entry_id: int
    kind: str
    reversal: bool
    happened_at: datetime
    recorded_at: datetime
    accounting_date: date
    entity: str
    currency: str
    actor: str
    item_id: int
    sku: str
    from_state: str
    from_node: str
    to_state: str
    to_node: str
    lot: str
    bucket: str
    owner: str
    quantity: int
    value_minor: int
    subject_id: int
    cause: Cause | None


@dataclass(frozen=True)
class Found:
    """A page of movements, and where the next begins; an empty `place` is the end."""

    rows: list[MoveRow]
    place: str


@dataclass(frozen=True)
class Wanted:
    """Which movements. `subjects` are ids of units, RMA lines, breaks; None does not ask for any."""

    item: int = 0
    node: int = 0
    subjects: Sequence[int] | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def walks(self) -> bool:
        """Whether entries are walked that may not fit: only a quarter of them then, unless a beginning is told."""
        return not self.item and self.subjects is None and bool(self.kind or self.node)


_BOUNDS = """
    (%(since)s::timestamptz IS NULL OR {t}.recorded_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR {t}.recorded_at < %(until)s::timestamptz)
    AND (%(after)s::bigint IS NULL
         OR ({t}.recorded_at <= %(seen)s::timestamptz
             AND ({t}.recorded_at, {t}.{id}) < (%(seen)s::timestamptz, %(after)s::bigint)))
"""
_KIND = "SELECT FROM ledger_entry e WHERE e.id = l.entry_id AND e.recorded_at = l.recorded_at AND e.kind = %(kind)s"
_OF_ITEM = f"""
SELECT DISTINCT m.recorded_at, m.entry_id
FROM ledger_account a
JOIN ledger_state s ON s.state = a.state AND s.guarded
CROSS JOIN LATERAL (
    SELECT DISTINCT l.recorded_at, l.entry_id FROM ledger_line l
    WHERE l.account_id = a.id AND {_BOUNDS.format(t="l", id="entry_id")}
      AND (%(kind)s::text = '' OR EXISTS ({_KIND}))
    ORDER BY l.recorded_at DESC, l.entry_id DESC LIMIT %(limit)s
) m
WHERE a.item_id = %(item)s AND (%(node)s::bigint = 0 OR a.node_id = %(node)s::bigint)
  AND (%(states)s::text[] IS NULL OR a.state = ANY(%(states)s::text[]))
ORDER BY m.recorded_at DESC, m.entry_id DESC LIMIT %(limit)s
"""
_OF_SUBJECTS = f"""
SELECT DISTINCT l.recorded_at, l.entry_id FROM ledger_line l
WHERE l.subject_id = ANY(%(subjects)s::bigint[]) AND l.subject_id <> 0 AND {_BOUNDS.format(t="l", id="entry_id")}
  AND (%(kind)s::text = '' OR EXISTS ({_KIND}))
ORDER BY l.recorded_at DESC, l.entry_id DESC LIMIT %(limit)s
"""
_OF_ALL = f"""
SELECT e.recorded_at, e.id AS entry_id FROM ledger_entry e
WHERE {_BOUNDS.format(t="e", id="id")} AND (%(kind)s::text = '' OR e.kind = %(kind)s::text)
  AND EXISTS (SELECT FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
              WHERE l.entry_id = e.id AND l.recorded_at = e.recorded_at AND a.guarded
                AND (%(node)s::bigint = 0 OR a.node_id = %(node)s::bigint))
ORDER BY e.recorded_at DESC, e.id DESC LIMIT %(limit)s
"""


def movements(*, wanted: Wanted, place: str | None = None, now: datetime | None = None, limit: int = 50) -> Found:
    """Movements, the last recorded first; `place` is that of the page before, `limit` counts entries. Five statements.

    Where only a kind or a node is asked for, entries of the last quarter before `until` (or `now`) are walked.
    """
    params = _params(wanted, place, now, limit + 1)
    sql = _OF_SUBJECTS if wanted.subjects is not None else _OF_ITEM if wanted.item else _OF_ALL
    page = [(row.recorded_at, row.entry_id) for row in db.rows(sql, params)]
    more = len(page) > limit
    page = page[:limit]
    found = entries(ids=[entry_id for _, entry_id in page])
    rows = [
        move for entry in sorted(found, key=lambda e: (e.recorded_at, e.id), reverse=True) for move in _moves(entry)
    ]
    shown = [row for row in rows if _fits(row, wanted)]
    return Found(_named(shown), f"{page[-1][0].isoformat()}_{page[-1][1]}" if more else "")


def _params(wanted: Wanted, place: str | None, now: datetime | None, limit: int) -> dict[str, Any]:
    seen, after = _place(place)
    since = wanted.since
    if since is None and wanted.walks:
        end = wanted.until or now
        since = None if end is None else end - timedelta(days=WALK_DAYS)
    states = {str(state) for m in MOVEMENTS if m.kind == wanted.kind for state in (m.source, m.target)}
    return {
        "item": wanted.item,
        "node": wanted.node,
        "subjects": None if wanted.subjects is None else list(wanted.subjects),
        "kind": wanted.kind,
        "states": sorted(states) if wanted.kind else None,
        "since": since,
        "until": wanted.until,
        "seen": seen,
        "after": after,
        "limit": limit,
    }


def _place(place: str | None) -> tuple[datetime | None, int | None]:
    """Instant and id of the last entry seen; nonsense begins at the start."""
    instant, _, number = (place or "").partition("_")
    try:
        seen = datetime.fromisoformat(instant)
    except ValueError:
        return None, None
    last = id_of(number)
    return (seen, last) if seen.tzinfo and last is not None else (None, None)


@dataclass
class _Move:
    """A move of an entry while its lines are read."""

    entry: EntryRow
    source: LineRow
    target: LineRow
    quantity: int
    value: int = 0
    priced: str = ""


def _moves(entry: EntryRow) -> list[_Move]:
    """The moves of an entry. Lines of pieces stand in pairs, in the order of the moves, and so do those of value."""
    goods = [line for line in entry.lines if line.component == "qty"]
    moves = [_move(entry, pair, 0) for pair in zip(goods[::2], goods[1::2], strict=False)]
    worth = [line for line in entry.lines if line.component != "qty"]
    for one, other in zip(worth[::2], worth[1::2], strict=False):
        if "money" == one.component == other.component:
            break
        stock = one if one.component != "money" else other
        moved = next((m for m in moves if _takes(m, stock)), None)
        if moved is None:
            moved = _move(entry, (one, other), -1)
            moved.quantity = 0
            moves.append(moved)
        moved.value += abs(stock.amount) * (-1 if stock.component == "allowance" else 1)
        moved.priced += stock.component
    return moves[:ENTRY_MOVES_MAX]


def _move(entry: EntryRow, pair: tuple[LineRow, LineRow], value: int) -> _Move:
    source, target = pair if pair[0].amount < 0 else pair[::-1]
    return _Move(entry, source, target, target.amount if value == 0 else 0)


def _takes(move: _Move, stock: LineRow) -> bool:
    """Whether a line of value belongs to a move that has none of its kind yet."""
    places = (_dimensions(move.source), _dimensions(move.target))
    return (
        stock.component not in move.priced
        and stock.subject_id == move.source.subject_id
        and (_dimensions(stock) in places)
    )


def _dimensions(line: LineRow) -> tuple[str, int, str, str, int, str, str]:
    return line.state, line.node_id, line.owner, line.custodian, line.item_id, line.lot, line.bucket


def _fits(move: _Move, wanted: Wanted) -> bool:
    """Whether a move of an entry that was found is what was asked for, and not only in the same entry."""
    ends = (move.source, move.target)
    if wanted.subjects is not None and move.source.subject_id not in wanted.subjects:
        return False
    if wanted.item and wanted.item not in (move.source.item_id, move.target.item_id):
        return False
    guarded = [end for end in ends if end.state and TRAITS[State(end.state)].guarded]
    return bool(guarded) and (not wanted.node or wanted.node in (end.node_id for end in guarded))


_NAMES = """
SELECT 'item' AS kind, id, sku AS name FROM catalog_item WHERE id = ANY(%(items)s::bigint[])
UNION ALL SELECT 'node', id, code FROM facilities_node WHERE id = ANY(%(nodes)s::bigint[])
UNION ALL SELECT 'command', id, actor FROM kernel_commandrecord WHERE id = ANY(%(commands)s::bigint[])
UNION ALL SELECT 'currency ' || code, id, currency FROM ledger_entity
"""


def _named(moves: Sequence[_Move]) -> list[MoveRow]:
    """Moves with the names of what they touch."""
    if not moves:
        return []
    ends = [end for move in moves for end in (move.source, move.target)]
    params = {
        "items": sorted({end.item_id for end in ends}),
        "nodes": sorted({end.node_id for end in ends}),
        "commands": sorted({move.entry.command_id for move in moves}),
    }
    names: dict[tuple[str, int], str] = {}
    currencies: dict[str, str] = {}
    for row in db.rows(_NAMES, params):
        if row.kind.startswith("currency "):
            currencies[row.kind.removeprefix("currency ")] = row.name
        else:
            names[row.kind, row.id] = row.name
    told = causes(subjects=sorted({move.source.subject_id for move in moves} - {0}))
    return [_row(move, names, currencies, told) for move in moves]


def _row(
    move: _Move, names: Mapping[tuple[str, int], str], currencies: Mapping[str, str], told: Mapping[int, Cause]
) -> MoveRow:
    entry, source, target = move.entry, move.source, move.target
    goods = target if target.item_id else source
    seen = target if target.state and TRAITS[State(target.state)].guarded else source
    return MoveRow(
        entry_id=entry.id,
        kind=entry.kind,
        reversal=entry.reverses != 0,
        happened_at=entry.happened_at,
        recorded_at=entry.recorded_at,
        accounting_date=entry.accounting_date,
        entity=entry.entity,
        currency=currencies.get(entry.entity, ""),
        actor=names.get(("command", entry.command_id), ""),
        item_id=goods.item_id,
        sku=names.get(("item", goods.item_id), ""),
        from_state=source.state,
        from_node=names.get(("node", source.node_id), ""),
        to_state=target.state,
        to_node=names.get(("node", target.node_id), ""),
        lot=seen.lot,
        bucket=seen.bucket,
        owner=seen.owner,
        quantity=move.quantity,
        value_minor=move.value,
        subject_id=source.subject_id,
        cause=told.get(source.subject_id),
    )

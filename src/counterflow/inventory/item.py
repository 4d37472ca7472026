"""One SKU: its places with lot and licence plates, what lies over them, its units, and its states over time."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from counterflow.inventory.holdings import NOW, When
from counterflow.inventory.queries import Which, held, params_of
from counterflow.kernel import db


@dataclass(frozen=True)
class PlaceRow:
    """One stock account of a SKU. `bucket` is `pool`, or `unit` where pieces carry licence plates."""

    account_id: int
    node: str
    pool: str
    entity: str
    currency: str
    owner: str
    custodian: str
    state: str
    lot: str
    bucket: str
    on_hand: bool
    sellable: bool
    quantity: int
    value_minor: int
    held: int
    reserved: int

    @property
    def available(self) -> int:
        """What may be promised of it."""
        return max(0, self.quantity - self.held - self.reserved) if self.sellable and self.owner == "us" else 0


_PLACES = """
SELECT id, node, pool, entity, currency, owner, custodian, state, lot, bucket, on_hand, sellable, quantity, value,
       held, reserved
FROM stock WHERE quantity <> 0 OR value <> 0 OR held > 0 OR reserved > 0
ORDER BY node, entity, owner, sellable DESC, state, custodian, lot, bucket LIMIT 1000
"""


def places(*, sku: str, node: str = "", when: When = NOW) -> list[PlaceRow]:
    """Where a SKU is, account by account. One statement."""
    return [PlaceRow(*row) for row in db.rows(held(when.axis) + _PLACES, params_of(Which(sku=sku, node=node), when))]


@dataclass(frozen=True)
class OverlayRow:
    """A hold or reservation that lies on pieces of a SKU."""

    kind: str
    node: str
    state: str
    quantity: int
    reference: str
    reason: str
    placed_at: datetime


_OVERLAYS = """
SELECT o.kind, coalesce(n.code, '') AS node, a.state, o.quantity, o.reference, o.reason, o.placed_at
FROM (SELECT 'hold' AS kind, account_id, quantity, reference, reason, placed_at, released_at FROM ledger_hold
      UNION ALL
      SELECT 'reservation', account_id, quantity, reference, '', placed_at, released_at FROM ledger_reservation) o
JOIN ledger_account a ON a.id = o.account_id
LEFT JOIN facilities_node n ON n.id = a.node_id
WHERE a.item_id = %(item)s
  AND CASE WHEN %(at)s::timestamptz IS NULL THEN o.released_at IS NULL
           ELSE o.placed_at <= %(at)s::timestamptz
                AND (o.released_at IS NULL OR o.released_at > %(at)s::timestamptz) END
ORDER BY o.placed_at, o.reference LIMIT %(limit)s
"""


def overlays(*, item: int, when: When = NOW, limit: int = 200) -> list[OverlayRow]:
    """Holds and reservations that lie on a SKU, or lay on it at the instant; the oldest first. One statement."""
    return [OverlayRow(*row) for row in db.rows(_OVERLAYS, {"item": item, "at": when.at, "limit": limit})]


@dataclass(frozen=True)
class UnitRow:
    """A unit in a place; value in minor units."""

    id: int
    lpn: str
    state: str
    stock_state: str
    node: str
    lot: str
    owner: str
    quantity: int
    grade: str
    value_minor: int
    currency: str
    received_at: datetime


_UNITS = """
SELECT u.id, u.lpn, u.state, u.stock_state, n.code AS node, u.lot, u.owner, u.quantity, u.grade,
       u.cost_minor + u.allowance_minor AS value, e.currency, u.received_at
FROM receiving_unit u
JOIN facilities_node n ON n.id = u.node_id
JOIN ledger_entity e ON e.id = u.entity_id
WHERE u.item_id = %(item)s AND u.stock_state <> ''
  AND (%(node)s::text = '' OR n.code = %(node)s::text) AND (%(state)s::text = '' OR u.stock_state = %(state)s::text)
  AND (%(lot)s::text = '' OR u.lot = %(lot)s::text) AND u.id > %(after)s
ORDER BY u.id LIMIT %(limit)s
"""


def units(
    *, item: int, node: str = "", state: str = "", lot: str = "", after: int = 0, limit: int = 50
) -> list[UnitRow]:
    """The licence plates of a SKU that are in our stock, the oldest first; `after` is the last id. One statement."""
    params = {"item": item, "node": node, "state": state, "lot": lot, "after": after, "limit": limit}
    return [UnitRow(*row) for row in db.rows(_UNITS, params)]


@dataclass(frozen=True)
class History:
    """Pieces in a state at the end of each day; `days` and `pieces` are equally long, the last is now."""

    state: str
    days: tuple[date, ...]
    pieces: tuple[int, ...]


_CHANGES = """
SELECT a.state, d.happened_date, sum(d.amount)::bigint AS amount
FROM ledger_account a
JOIN ledger_state s ON s.state = a.state AND s.guarded
JOIN (SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_day
      UNION ALL
      SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_delta) d
    ON d.account_id = a.id AND d.component = 'qty'
WHERE a.item_id = %(item)s AND d.accounting_date > %(since)s::date AND d.happened_date > %(since)s::date
GROUP BY 1, 2
UNION ALL
SELECT a.state, NULL, sum(p.quantity)::bigint
FROM ledger_account a JOIN ledger_position p ON p.account_id = a.id WHERE a.item_id = %(item)s GROUP BY 1
"""


def history(*, item: int, today: date, days: int = 90) -> list[History]:
    """Pieces by state at the end of each of the last days, by when things happened. One statement over day sums.

    It goes back from what is there now, so what came before the first day is never read.
    """
    since = today - timedelta(days=days)
    now: dict[str, int] = {}
    changes: dict[str, dict[date, int]] = defaultdict(dict)
    for row in db.rows(_CHANGES, {"item": item, "since": since}):
        if row.happened_date is None:
            now[row.state] = row.amount
        else:
            changes[row.state][row.happened_date] = row.amount
    axis = tuple(since + timedelta(days=n) for n in range(days + 1))
    found = [History(state, axis, _back(now.get(state, 0), changes[state], axis)) for state in sorted({*now, *changes})]
    return [line for line in found if any(line.pieces)]


def _back(now: int, changes: Mapping[date, int], axis: tuple[date, ...]) -> tuple[int, ...]:
    """What was there at the end of each day, from what is there now. Days may be ahead of ours in other zones."""
    level = now - sum(amount for day, amount in changes.items() if day > axis[-1])
    pieces = [level]
    for day in reversed(axis[1:]):
        level -= changes.get(day, 0)
        pieces.append(level)
    return tuple(reversed(pieces))

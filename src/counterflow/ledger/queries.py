"""Questions to the ledger about balances: now, as of a day or an instant, and as known at one.

Balances as of a time read day sums, what is not rolled yet, and the lines of the last days only; what was
believed earlier is that minus the lines recorded since. Amounts are minor units of the entity's currency,
debit > 0; pieces are integers. What single entries say is asked in `journal.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import Invalid


class TwoTimes(Invalid):
    """Ask for balances by the day they were booked or by the instant they happened, not by both."""


@dataclass(frozen=True)
class AsOf:
    """Which balance is meant; nothing set means now.

    `booked`: everything with an accounting date up to this day. `happened`: everything that happened up
    to this instant. `known`: only what was recorded up to this instant; it stands once the transactions
    that ran then are finished, and for evidence the last seal before it counts.
    """

    booked: date | None = None
    happened: datetime | None = None
    known: datetime | None = None

    def __post_init__(self) -> None:
        if self.booked is not None and self.happened is not None:
            raise TwoTimes()

    def params(self) -> dict[str, date | datetime | None]:
        """Parameters of `BALANCES`.

        Day sums know the day of happening in their entity's zone, and no zone is a day away from UTC. So
        sums of days two before the instant's own are surely whole, and the lines since then tell the rest.
        """
        day = since = None
        if self.happened is not None:
            day = self.happened.astimezone(UTC).date() - timedelta(days=1)
            since = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
        return {"booked": self.booked, "happened": self.happened, "known": self.known, "day": day, "since": since}


NOW = AsOf()

# One row an account and component of `asked(id, ...)`: what it held at the time asked for.
BALANCES = """
SELECT x.account_id, x.component, sum(x.amount)::bigint AS amount
FROM (
    SELECT d.account_id, d.component, d.amount
    FROM (SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_day
          UNION ALL
          SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_delta) d
    WHERE (%(booked)s::date IS NULL OR d.accounting_date <= %(booked)s::date)
      AND (%(day)s::date IS NULL OR d.happened_date < %(day)s::date)
    UNION ALL
    SELECT l.account_id, l.component, l.amount
    FROM ledger_entry e
    JOIN ledger_entity b ON b.id = e.entity_id
    JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
    WHERE e.happened_at > %(since)s::timestamptz AND e.happened_at <= %(happened)s::timestamptz
      AND (e.happened_at AT TIME ZONE b.zone)::date >= %(day)s::date
    UNION ALL
    SELECT l.account_id, l.component, -l.amount
    FROM ledger_entry e
    JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
    WHERE e.recorded_at > %(known)s::timestamptz AND l.recorded_at > %(known)s::timestamptz
      AND (%(booked)s::date IS NULL OR e.accounting_date <= %(booked)s::date)
      AND (%(happened)s::timestamptz IS NULL OR e.happened_at <= %(happened)s::timestamptz)
) x
JOIN asked ON asked.id = x.account_id
GROUP BY 1, 2 HAVING sum(x.amount) <> 0
"""


def simulated() -> dict[str, str]:
    """What of each entity's books is simulated, in words; entities whose books are real are left out. One statement."""
    found = db.rows("SELECT code, simulated FROM ledger_entity WHERE simulated <> '' ORDER BY code")
    return {row.code: row.simulated for row in found}


@dataclass(frozen=True)
class TrialRow:
    """One GL account of one entity: its balance, debit > 0. Stock sub-accounts are among them."""

    entity: str
    currency: str
    account: str
    kind: str
    name: str
    balance_minor: int


_TRIAL = f"""
WITH asked AS (
    SELECT a.id, a.gl, a.state, b.code, b.currency FROM ledger_account a JOIN ledger_entity b ON b.id = a.entity_id
    WHERE (a.gl <> '' OR a.valued) AND (%(entity)s::text IS NULL OR b.code = %(entity)s::text)
)
SELECT a.code AS entity, a.currency, g.code AS account, g.kind, g.name, sum(v.amount)::bigint AS balance
FROM ({BALANCES}) v
JOIN asked a ON a.id = v.account_id
JOIN ledger_gl g ON (a.gl <> '' AND g.code = a.gl)
                 OR (a.gl = '' AND g.state = a.state AND g.component = v.component)
WHERE v.component <> 'qty'
GROUP BY 1, 2, 3, 4, 5 HAVING sum(v.amount) <> 0 ORDER BY 1, 3
"""


def trial_balance(*, entity: str | None = None, as_of: AsOf = NOW) -> list[TrialRow]:
    """Every GL account with a balance, by entity and account; an entity's rows sum to 0. One statement."""
    return [TrialRow(*row) for row in db.rows(_TRIAL, {"entity": entity, **as_of.params()})]


@dataclass(frozen=True)
class StockRow:
    """Pieces in a state, and the value of those that are ours; `on_hand` and `sellable` as the chart says."""

    entity: str
    currency: str
    state: str
    owner: str
    on_hand: bool
    sellable: bool
    quantity: int
    cost_minor: int
    allowance_minor: int


_STOCK = f"""
WITH asked AS (
    SELECT a.id, b.code, b.currency, a.owner, a.state, s.on_hand, s.sellable, s.guarded, s.recognised
    FROM ledger_account a
    JOIN ledger_entity b ON b.id = a.entity_id
    JOIN ledger_state s ON s.state = a.state AND (s.guarded OR %(counter)s::boolean)
    WHERE (%(entity)s::text IS NULL OR b.code = %(entity)s::text)
      AND (%(nodes)s::bigint[] IS NULL OR a.node_id = ANY(%(nodes)s::bigint[]))
      AND (%(items)s::bigint[] IS NULL OR a.item_id = ANY(%(items)s::bigint[]))
)
SELECT a.code, a.currency, a.state, a.owner, a.on_hand, a.sellable,
       coalesce(sum(v.amount) FILTER (WHERE v.component = 'qty'), 0)::bigint,
       coalesce(sum(v.amount) FILTER (WHERE v.component = 'cost'), 0)::bigint,
       coalesce(sum(v.amount) FILTER (WHERE v.component = 'allowance'), 0)::bigint
FROM ({BALANCES}) v JOIN asked a ON a.id = v.account_id
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 3, 4
"""


def stock_by_state(
    *,
    entity: str | None = None,
    nodes: Sequence[int] | None = None,
    items: Sequence[int] | None = None,
    as_of: AsOf = NOW,
    counter_accounts: bool = False,
) -> list[StockRow]:
    """Pieces and value in every state that holds goods; with `counter_accounts` in the others too. One statement."""
    params: dict[str, Any] = {
        "entity": entity,
        "nodes": None if nodes is None else list(nodes),
        "items": None if items is None else list(items),
        "counter": counter_accounts,
        **as_of.params(),
    }
    return [StockRow(*row) for row in db.rows(_STOCK, params)]


@dataclass(frozen=True)
class TieRow:
    """One state of one entity in three sums that must meet: positions, GL sub-account, and units where told.

    `units_minor` is what units with a licence plate carry, beside `unit_positions_minor`, the positions
    that hold units. `difference_minor` is 0 where all agree.
    """

    entity: str
    currency: str
    state: str
    quantity: int
    positions_minor: int
    gl_minor: int
    unit_positions_minor: int
    units_minor: int | None
    difference_minor: int


_TIE = """
WITH positions AS (
    SELECT a.entity_id, a.state, sum(p.quantity) AS quantity, sum(p.cost + p.allowance) AS value,
           coalesce(sum(p.cost + p.allowance) FILTER (WHERE a.bucket = 'unit'), 0) AS in_units
    FROM ledger_position p JOIN ledger_account a ON a.id = p.account_id AND a.valued GROUP BY 1, 2
), books AS (
    SELECT a.entity_id, a.state, sum(d.amount) AS value
    FROM (SELECT account_id, component, amount FROM ledger_balance_day
          UNION ALL SELECT account_id, component, amount FROM ledger_balance_delta) d
    JOIN ledger_account a ON a.id = d.account_id AND a.valued
    WHERE d.component IN ('cost', 'allowance') GROUP BY 1, 2
)
SELECT b.code, b.currency, state, coalesce(p.quantity, 0)::bigint AS quantity, coalesce(p.value, 0)::bigint AS value,
       coalesce(g.value, 0)::bigint AS gl, coalesce(p.in_units, 0)::bigint AS in_units
FROM positions p FULL JOIN books g USING (entity_id, state)
JOIN ledger_entity b ON b.id = entity_id
WHERE %(entity)s::text IS NULL OR b.code = %(entity)s::text
ORDER BY 1, 3
"""


def tie_out(*, entity: str | None = None, units: Mapping[tuple[str, str], int] | None = None) -> list[TieRow]:
    """Stock value by state against its GL sub-account now; `units` is what receiving says, by (entity, state).

    One statement, so both sums are of the same moment.
    """
    found = []
    for row in db.rows(_TIE, {"entity": entity}):
        told = None if units is None else units.get((row.code, row.state), 0)
        apart = row.value - row.gl or (0 if told is None else told - row.in_units)
        found.append(
            TieRow(row.code, row.currency, row.state, row.quantity, row.value, row.gl, row.in_units, told, apart)
        )
    return found


@dataclass(frozen=True)
class AtsRow:
    """What may be promised of an item at a node: sellable pieces less holds and reservations, never below 0."""

    item_id: int
    node_id: int
    entity_id: int
    sellable: int
    held: int
    reserved: int
    available: int


_ATS = """
SELECT a.item_id, a.node_id, a.entity_id, sum(p.quantity)::bigint AS sellable, coalesce(sum(h.held), 0)::bigint AS held,
       coalesce(sum(r.reserved), 0)::bigint AS reserved,
       sum(greatest(p.quantity - coalesce(h.held, 0) - coalesce(r.reserved, 0), 0))::bigint AS available
FROM ledger_account a
JOIN ledger_state s ON s.state = a.state AND s.sellable
JOIN ledger_position p ON p.account_id = a.id
LEFT JOIN LATERAL (SELECT sum(quantity) AS held FROM ledger_hold
                   WHERE account_id = a.id AND released_at IS NULL) h ON true
LEFT JOIN LATERAL (SELECT sum(quantity) AS reserved FROM ledger_reservation
                   WHERE account_id = a.id AND released_at IS NULL) r ON true
WHERE a.owner = 'us' AND a.item_id = ANY(%(items)s::bigint[])
  AND (%(nodes)s::bigint[] IS NULL OR a.node_id = ANY(%(nodes)s::bigint[]))
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def ats(*, items: Sequence[int], nodes: Sequence[int] | None = None) -> list[AtsRow]:
    """Available to sell by item and node; the nodes of a channel pool are the caller's to name. One statement.

    The chart alone says which states are sellable. Goods of other owners are not counted.
    """
    return [
        AtsRow(*row) for row in db.rows(_ATS, {"items": list(items), "nodes": None if nodes is None else list(nodes)})
    ]


@dataclass(frozen=True)
class EntityRow:
    """A legal entity with the currency and zone of its books."""

    id: int
    code: str
    name: str
    currency: str
    zone: str


def entities() -> list[EntityRow]:
    """Legal entities, by code. One statement."""
    return [
        EntityRow(*row) for row in db.rows("SELECT id, code, name, currency, zone FROM ledger_entity ORDER BY code")
    ]

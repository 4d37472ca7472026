"""Bring stock into the books that was there before they began."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.ledger.chart import State
from counterflow.ledger.naming import Names, look_up, require_quantity
from counterflow.ledger.posting import Entry, Move, Place, post


class CostInvalid(Invalid):
    """Opening stock needs its cost as a whole number of minor units, 0 or more, not {cost}."""


@dataclass(frozen=True)
class OpenStock:
    """What lay at a node when its entity's books began. `cost_minor` is of all pieces, in the entity's currency."""

    node: str
    sku: str
    quantity: int
    cost_minor: int
    lot: str = ""
    state: str = "available"

    @property
    def identity(self) -> str:
        """What is opened once."""
        return f"{self.node}:{self.sku}:{self.state}:{self.lot}"


@dataclass(frozen=True)
class _Opened:
    entry_id: int
    quantity: int
    cost: int


@command(needs="ledger.open")
def open_books(ctx: Context, *, items: Sequence[OpenStock]) -> Batch:
    """Post an opening entry for each node, SKU, state and lot: once, dated the go-live day of the entity.

    Refuses `NodeNotFound`, `SkuNotFound`, `StateUnknown`, `QuantityInvalid`, `CostInvalid`, `IdentityReused`.
    """
    names = look_up((item.node for item in items), (item.sku for item in items))
    _one_at_a_time(names)
    opened = _opened(names, items)
    entries: list[Entry] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_open(ctx, item, names, opened, entries))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    post(ctx, entries)
    return Batch(results)


def _one_at_a_time(names: Names) -> None:
    """Openings of one entity wait for each other: what was opened is read from the journal itself."""
    entities = sorted({node.entity for node in names.nodes.values()})
    db.rows(_QUEUE, [entities])


_QUEUE = "SELECT pg_advisory_xact_lock(7004, (u %% 2147483647)::integer) FROM unnest(%s::bigint[]) u"


def _source(place: Place) -> Place:
    """The counter-account of an opening: it names node, SKU and lot, so that few lines ever stand on it."""
    return Place(place.entity, State.OPENING, place.item, place.node, lot=place.lot, bucket="pool")


def _opened(names: Names, items: Iterable[OpenStock]) -> dict[Place, _Opened]:
    """What was opened before and not reversed, by the place it was opened to."""
    wanted = {
        (node.entity, node.id, names.items[item.sku], item.lot)
        for item in items
        if (node := names.nodes.get(item.node)) and item.sku in names.items
    }
    columns = [list(column) for column in zip(*sorted(wanted), strict=True)] or [[], [], [], []]
    return {
        Place(row.entity_id, State(row.state), row.item_id, row.node_id, lot=row.lot, bucket="pool"): _Opened(
            row.entry_id, row.quantity, row.cost
        )
        for row in db.rows(_OPENED, columns)
    }


_OPENED = """
SELECT t.entity_id, t.node_id, t.item_id, t.lot, t.state, q.entry_id, q.amount AS quantity,
       coalesce((SELECT c.amount FROM ledger_line c
                 WHERE c.entry_id = q.entry_id AND c.account_id = t.id AND c.component = 'cost'), 0) AS cost
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS w(entity_id, node_id, item_id, lot)
JOIN ledger_account a ON a.entity_id = w.entity_id AND a.item_id = w.item_id AND a.state = 'opening'
    AND a.node_id = w.node_id AND a.bucket = 'pool' AND a.owner = 'us' AND a.custodian = ''
    AND a.lot = w.lot AND a.gl = ''
JOIN ledger_line o ON o.account_id = a.id AND o.component = 'qty' AND o.amount < 0
JOIN ledger_line q ON q.entry_id = o.entry_id AND q.component = 'qty' AND q.amount > 0
JOIN ledger_account t ON t.id = q.account_id
WHERE NOT EXISTS (SELECT FROM ledger_reversal r WHERE r.entry_id = o.entry_id OR r.by_entry_id = o.entry_id)
"""


def _open(ctx: Context, item: OpenStock, names: Names, opened: dict[Place, _Opened], entries: list[Entry]) -> Done:
    place = names.place(item.node, item.sku, item.state, lot=item.lot)
    require_quantity(item.quantity)
    if isinstance(item.cost_minor, bool) or not isinstance(item.cost_minor, int) or item.cost_minor < 0:
        raise CostInvalid(cost=str(item.cost_minor)[:40])
    before = opened.get(place)
    if before is not None:
        if (before.quantity, before.cost) != (item.quantity, item.cost_minor):
            raise IdentityReused(what="opening stock", identity=item.identity)
        return Done(item.identity, {"entry_id": before.entry_id}, replayed=True)
    node = names.node(item.node)
    began = datetime.combine(node.go_live, time(), ZoneInfo(node.zone)).astimezone(UTC)
    entry_id = ctx.new_id()
    move = Move(_source(place), place, item.quantity, item.cost_minor, subject=place.node)
    entries.append(Entry(entry_id, place.entity, "open", began, [move]))
    opened[place] = _Opened(entry_id, item.quantity, item.cost_minor)
    return Done(item.identity, {"entry_id": entry_id})

"""Short ways to a dock: returns that are authorised, parcels on their way, and the laws that must hold."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection

from company import ASKED, Company
from counterflow.kernel import db
from counterflow.kernel.commands import Batch
from counterflow.kernel.laws import Law
from counterflow.ledger import laws as ledger_laws
from counterflow.logistics import laws as logistics_laws
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.receiving import laws as receiving_laws
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns import laws as returns_laws
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

SENT = datetime(2026, 5, 8, 9, tzinfo=UTC)
CARRIER = "carrier-a"


def authorise(
    company: Company,
    lines: Sequence[tuple[str, int]] = (("tee", 2),),
    *,
    order: str = "",
    kind: str = "own_shop",
    reason: str = "no_longer_wanted",
) -> str:
    """An authorised RMA for pieces of items (of a new order that has five of each unless one is named)."""
    order = order or company.sell([(name, 5, 2000, 400) for name, _ in lines], kind=kind)
    asked = [AskedLine(quantity, reason, sku=company.sku(name)) for name, quantity in lines]
    item = OpenRma(company.channel(kind), f"req-{order}-{company.lpn()}", asked, order=order, happened_at=ASKED)
    result = open_rmas(company.ctx(), items=[item])
    assert [done.facts["state"] for done in result.done] == ["authorised"], result
    return str(result.done[0].facts["rma"])


def announce(company: Company, rma: str, lines: Sequence[tuple[int, int]] = (), tracking: str = "") -> str:
    """A parcel of an RMA; its tracking number."""
    tracking = tracking or f"T{company.lpn()}"
    batch = announce_parcels(
        company.ctx(), items=[AnnounceParcel(CARRIER, tracking, rma, tuple(lines), node=company.node())]
    )
    assert batch.done, batch
    return tracking


def tell(company: Company, tracking: str, *kinds: str, start: datetime = SENT) -> Batch:
    """Reports of a carrier, an hour apart, in one batch."""
    items = [ParcelReport(CARRIER, tracking, kind, start + timedelta(hours=hour)) for hour, kind in enumerate(kinds)]
    return observe_parcels(company.ctx(), items=items)


def scan(company: Company, name: str = "tee", quantity: int = 1, **more: Any) -> ReceiveUnit:
    """A dock scan of a new licence plate."""
    more.setdefault("lpn", company.lpn())
    more.setdefault("sku", company.sku(name))
    return ReceiveUnit(node=company.node(), quantity=quantity, **more)


def receive(company: Company, *items: ReceiveUnit) -> Batch:
    """Receive units in one batch."""
    return receive_units(company.ctx(), items=items)


def breaches(asked: Sequence[Law] = ()) -> list[tuple[str, str]]:
    """Every breach of laws (all of ledger, returns, logistics and receiving); empty on a sound system."""
    laws = asked or [*ledger_laws.LAWS, *returns_laws.LAWS, *logistics_laws.LAWS, *receiving_laws.LAWS]
    sql = " UNION ALL ".join(f"SELECT '{law.name}', w.what::text FROM ({law.sql}) w" for law in laws)
    connection.ensure_connection()
    raw: Any = connection.connection
    # The same laws are asked hundreds of times; planning them anew each time takes longer than asking.
    name = f"laws_{sha256(sql.encode()).hexdigest()[:16]}"
    # The driver lets go of all that is prepared when a transaction is taken back.
    if not raw.execute("SELECT 1 FROM pg_prepared_statements WHERE name = %s", [name]).fetchall():
        raw.execute(f"PREPARE {name} AS {sql}")
    return [(law, what) for law, what in raw.execute(f"EXECUTE {name}").fetchall()]


def stock(company: Company, state: str, name: str = "tee") -> tuple[int, int]:
    """Pieces and value (cost) of an item in a guarded state, all places together."""
    row = db.rows(
        "SELECT coalesce(sum(p.quantity), 0)::bigint AS q, coalesce(sum(p.cost), 0)::bigint AS c FROM ledger_position p"
        " JOIN ledger_account a ON a.id = p.account_id WHERE a.item_id = %s AND a.state = %s",
        [company.items[name], state],
    )[0]
    return row.q, row.c


def line_of(rma: str, line_no: int = 1) -> Any:
    """The row of an RMA line."""
    return db.rows(
        "SELECT l.* FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id"
        " WHERE r.number = %s AND l.line_no = %s",
        [rma, line_no],
    )[0]


def milestones(rma: str, line_no: int = 1) -> dict[str, int]:
    """Sums of the milestones of an RMA line by kind, without those that came to nothing."""
    rows = db.rows(
        "SELECT kind, sum(quantity)::int AS n FROM returns_milestone WHERE rma_line_id = %s GROUP BY kind",
        [line_of(rma, line_no).id],
    )
    return {row.kind: row.n for row in rows if row.n}


def cases(company: Company) -> list[str]:
    """Kinds of the open cases about this company's goods, in the order they were opened."""
    rows = db.rows(
        "SELECT kind FROM workqueue_case WHERE state = 'open' AND entity_id = %s ORDER BY id", [company.entity]
    )
    return [row.kind for row in rows]

"""Short ways to money: pieces that reached a milestone, credits, payouts, reports, and the laws of refunds.

Goods get their milestones by rows here, so that a test about money needs no dock; the stories use one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

from django.db import connection

from company import ASKED, Company
from counterflow.kernel import db
from counterflow.kernel.commands import Batch
from counterflow.ledger import laws as ledger_laws
from counterflow.refunds import laws as refunds_laws
from counterflow.refunds.commands.observe_money import MoneyReport, observe_money
from counterflow.refunds.commands.release_credits import CreditPieces, ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

PAID_AT = datetime(2026, 5, 20, 9, tzinfo=UTC)
THREADS = 8
_GOODS = {
    "opening_balances",
    "cost_of_sales",
    "cost_of_sales_returns",
    "handed_over_stock",
    "write_off",
    "carrier_loss",
}
_COLUMN = {
    "carrier_scan": "scanned_qty",
    "inspection_passed": "passed_qty",
    "inspection_failed": "failed_qty",
    "lost": "lost_qty",
}


def authorise(
    company: Company,
    lines: Sequence[tuple[str, int]] = (("tee", 5),),
    *,
    order: str = "",
    kind: str = "own_shop",
    reason: str = "no_longer_wanted",
    resolution: str = "refund",
    asked_at: datetime = ASKED,
    actor: str = "user:7",
) -> str:
    """An RMA for pieces of items; of a new order that has exactly these unless one is named."""
    order = order or company.sell([(name, quantity, 2000, 400) for name, quantity in lines], kind=kind)
    asked = [AskedLine(quantity, reason, sku=company.sku(name), resolution=resolution) for name, quantity in lines]
    item = OpenRma(company.channel(kind), f"req-{order}-{company.lpn()}", asked, order=order, happened_at=asked_at)
    result = open_rmas(company.ctx(actor=actor), items=[item])
    assert result.done, result
    return str(result.done[0].facts["rma"])


def reach(owner: Any, rma: str, kind: str = "received", quantity: int = 5, line_no: int = 1) -> None:
    """Let pieces of a line reach a milestone: the row, and the counters it stands for."""
    line = line_of(rma, line_no)
    owner.execute(
        "INSERT INTO returns_milestone (id, rma_line_id, kind, quantity, happened_at, recorded_at, command_id,"
        " subject_id) VALUES (nextval('kernel_id_seq'), %s, %s, %s, %s, %s, 0, 0)",
        [line.id, kind, quantity, ASKED + timedelta(days=3), ASKED + timedelta(days=3)],
    )
    if kind == "received":
        owner.execute(
            "UPDATE returns_rmaline SET allocated_qty = allocated_qty + %s, authorised_qty = authorised_qty - %s"
            " WHERE id = %s",
            [quantity, quantity, line.id],
        )
        owner.execute(
            "UPDATE orders_shipmentline SET allocated_qty = allocated_qty + %s, authorised_qty = authorised_qty - %s"
            " WHERE id = %s",
            [quantity, quantity, line.shipment_line_id],
        )
    else:
        column = _COLUMN[kind]
        owner.execute(f"UPDATE returns_rmaline SET {column} = {column} + %s WHERE id = %s", [quantity, line.id])


def returned(company: Company, owner: Any, lines: Sequence[tuple[str, int]] = (("tee", 5),), **more: Any) -> str:
    """An RMA whose goods are all here."""
    rma = authorise(company, lines, **more)
    for n, (_, quantity) in enumerate(lines, start=1):
        reach(owner, rma, "received", quantity, n)
    return rma


def release(company: Company, rma: str, ref: str = "", *pieces: tuple[int, int], **more: Any) -> Batch:
    """Release what is due of an RMA, or the (line, pieces) that are given."""
    lines = [CreditPieces(n, quantity) for n, quantity in pieces]
    return release_credits(company.ctx(), items=[ReleaseCredit(ref or f"cr-{rma}-{company.lpn()}", rma, lines, **more)])


def credit(company: Company, owner: Any, lines: Sequence[tuple[str, int]] = (("tee", 5),), **more: Any) -> int:
    """A released credit for goods that are all here; its id."""
    batch = release(company, returned(company, owner, lines, **more))
    assert batch.done, batch
    return int(batch.done[0].facts["credit_id"])


def pay(company: Company, credit_id: int, ref: str = "", **more: Any) -> Batch:
    """Request a payout."""
    return request_payouts(company.ctx(), items=[RequestPayout(ref or f"po-{company.lpn()}", credit_id, **more)])


def report(company: Company, kind: str, amount: int, ref: str = "", **more: Any) -> Batch:
    """A report of the payment provider."""
    return observe_money(company.ctx(), items=[told(company, kind, amount, ref, **more)])


def told(company: Company, kind: str, amount: int, ref: str = "", **more: Any) -> MoneyReport:
    """A report as a value."""
    more.setdefault("happened_at", PAID_AT)
    source, currency = more.pop("source", "psp"), more.pop("currency", "GBP")
    return MoneyReport(source, ref or company.lpn(), kind, amount, currency, **more)


def line_of(rma: str, line_no: int = 1) -> Any:
    """The row of an RMA line."""
    return db.rows(
        "SELECT l.* FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id"
        " WHERE r.number = %s AND l.line_no = %s",
        [rma, line_no],
    )[0]


def row(table: str, **where: Any) -> Any:
    """One row of a table."""
    (name, value), *_ = where.items()
    return db.rows(f"SELECT * FROM {table} WHERE {name} = %s", [value])[0]


def tenders(order: str) -> list[Any]:
    """The tenders of an order, first to last."""
    return db.rows(
        "SELECT t.* FROM orders_tender t JOIN orders_order o ON o.id = t.order_id WHERE o.number = %s ORDER BY t.seq",
        [order],
    )


def books(company: Company) -> dict[str, int]:
    """Balances of the company's money accounts but those of goods, debit > 0, without zeros."""
    found = db.rows(
        "SELECT a.gl, sum(l.amount)::bigint AS amount FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id"
        " WHERE a.entity_id = %s AND l.component = 'money' GROUP BY 1",
        [company.entity],
    )
    return {r.gl: r.amount for r in found if r.amount and r.gl not in _GOODS}


def cases(company: Company) -> list[str]:
    """Kinds of this company's open cases, oldest first."""
    sql = "SELECT kind FROM workqueue_case WHERE state = 'open' AND entity_id = %s ORDER BY id"
    return [r.kind for r in db.rows(sql, [company.entity])]


def breaches(owner: Any = None) -> list[tuple[str, str]]:
    """Every breach of every law of the ledger and of refunds, asked by a connection; empty on a sound system."""
    laws = [*ledger_laws.LAWS, *refunds_laws.LAWS]
    if owner is not None:
        return [(law.name, what) for law in laws for (what,) in owner.execute(law.sql).fetchall()]
    return [(law.name, found.what) for law in laws for found in db.rows(law.sql.replace("%", "%%"))]


def at_once(call: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run a call in threads that start together, each with a connection of its own; their answers in order."""
    gate = Barrier(threads)

    def one(n: int) -> Any:
        try:
            gate.wait()
            return call(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))

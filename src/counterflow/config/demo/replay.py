"""The replay of a book's returns: every one through the commands that people use, in the order of time.

The shop did accept these returns, so where policy says no or asks, staff overrides it with the reason
`history`; how often that was is counted. Where policy is enforced nobody does, and goods come back only of what it
let through. What no sale explains is a blind return and gets no credit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from counterflow import flows
from counterflow.config.demo.books import CHANNEL, CURRENCY, NODE
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.dice import dice
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.orders import history
from counterflow.orders.commands import OrderTender, record_tenders
from counterflow.orders.commands.estimate_costs import estimate_costs
from counterflow.orders.commands.settle_returns import settle_returns
from counterflow.orders.history import SoldPlace
from counterflow.orders.queries import ReturnRow, imported_returns
from counterflow.orders.states import CostBasis, LineKind
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.refunds.commands.observe_money import MoneyReport, observe_money
from counterflow.refunds.commands.release_credits import CreditPieces, ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.refunds.queries import due_credits
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

REASON, OVERRIDE = "not_stated", "history"
LINES_AT_ONCE = 1_000
PAGE = 5_000
CANCELLED_WITHIN = timedelta(hours=1)
"""A sale that is cancelled so soon was an error of entry, and nothing left."""
GRADES = ((("A", "none"), 780), (("B", "worn"), 120), (("C", "worn"), 60), (("D", "customer_damage"), 40))


@dataclass
class Comeback:
    """One credit note's pieces of one order, or its blind pieces (`order` is empty): an RMA to be."""

    ref: str
    order: str
    at: datetime
    asked: list[AskedLine] = field(default_factory=list)
    sold: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Opened:
    """A comeback with its RMA; `lines` are rows of line_no, quantity, returnless and sku."""

    back: Comeback
    number: str
    id: int
    lines: list[Any]


def replay(desk: Desk, seed: int, *, at: datetime, progress: Callable[[int, int], None], enforce: bool = False) -> None:
    """Replay everything that is left to be replayed. What an earlier run finished is left alone."""
    rows = list(_open_returns())
    places = history.sold_places(shipment_lines=sorted({m.shipment_line_id for row in rows for m in row.matches}))
    goods = _sort_out(desk, rows, places, at)
    comebacks = _unfinished(_comebacks(goods, places))
    total = sum(len(comeback.asked) for comeback in comebacks)
    done = 0
    progress(0, total)
    for batch in _batches(comebacks):
        _prepare(desk, batch, places, at)
        opened = _open(desk, batch, at, OVERRIDE if not enforce else "")
        _dock(desk, seed, opened, at)
        _money(desk, opened, at)
        flows.run_pending(at=at)
        done += sum(len(comeback.asked) for comeback in batch)
        progress(done, total)


def _open_returns() -> Iterator[ReturnRow]:
    """The book's returns that are not settled, in the order of time."""
    after = None
    while page := imported_returns(settled=False, after=after, limit=PAGE):
        yield from (row for row in page if row.channel == CHANNEL)
        after = (page[-1].happened_at, page[-1].id)


def _sort_out(desk: Desk, rows: Sequence[ReturnRow], places: dict[int, SoldPlace], at: datetime) -> list[ReturnRow]:
    """Settle what moved no goods: services, and sales cancelled before anything left. The rest is to be replayed."""
    still = [row for row in rows if row.kind != LineKind.PRODUCT or _is_error(row, places)]
    results = desk.call(settle_returns, [row.id for row in still], at=at, step=None)
    settled = {row.id for row, result in zip(still, results, strict=True) if isinstance(result, Done)}
    return [row for row in rows if row.kind == LineKind.PRODUCT and row.id not in settled]


def _is_error(row: ReturnRow, places: dict[int, SoldPlace]) -> bool:
    return row.blind_qty == 0 and all(
        row.happened_at - places[m.shipment_line_id].placed_at <= CANCELLED_WITHIN for m in row.matches
    )


def _comebacks(rows: Iterable[ReturnRow], places: dict[int, SoldPlace]) -> list[Comeback]:
    """The RMAs to be, in the order of time: a credit note's pieces by the order they came from."""
    found: dict[tuple[str, str], Comeback] = {}
    for row in rows:
        for match in row.matches:
            place = places[match.shipment_line_id]
            comeback = _comeback(found, row, place.order)
            comeback.asked.append(AskedLine(match.quantity, REASON, row.sku, place.line_no))
            comeback.sold.append(match.shipment_line_id)
        if row.blind_qty:
            _comeback(found, row, "").asked.append(AskedLine(row.blind_qty, REASON, row.sku))
    return sorted(found.values(), key=lambda comeback: (comeback.at, comeback.ref))


def _comeback(found: dict[tuple[str, str], Comeback], row: ReturnRow, order: str) -> Comeback:
    key = (row.number, order)
    if key not in found:
        found[key] = Comeback(f"{row.number}:{order or 'blind'}", order, row.happened_at)
    return found[key]


def _unfinished(comebacks: Sequence[Comeback]) -> list[Comeback]:
    """Those whose RMA is not closed yet."""
    closed = db.rows(
        "SELECT r.request_ref FROM returns_rma r JOIN orders_channel c ON c.id = r.channel_id "
        "WHERE c.code = %s AND r.state = 'closed'",
        [CHANNEL],
    )
    finished = {row.request_ref for row in closed}
    return [comeback for comeback in comebacks if comeback.ref not in finished]


def _batches(comebacks: Sequence[Comeback]) -> Iterator[list[Comeback]]:
    """Whole comebacks, about a thousand lines at a time."""
    batch: list[Comeback] = []
    lines = 0
    for comeback in comebacks:
        batch.append(comeback)
        lines += len(comeback.asked)
        if lines >= LINES_AT_ONCE:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def _prepare(desk: Desk, batch: Sequence[Comeback], places: dict[int, SoldPlace], at: datetime) -> None:
    """Simulate what the books do not hold of these sales: how they were paid, and what they cost."""
    sold = sorted({line for comeback in batch for line in comeback.sold})
    totals = history.unpaid_totals(orders=sorted({places[line].order_id for line in sold}))
    tenders = [OrderTender(order, 1, "card", total, f"book-{order}", True) for order, total in sorted(totals.items())]
    desk.call(record_tenders, tenders, at=at, step=None)
    unknown = [line for line in sold if places[line].cost_basis != CostBasis.ESTIMATED]
    desk.call(estimate_costs, unknown, at=at, step=None)


def _open(desk: Desk, batch: Sequence[Comeback], at: datetime, override: str) -> list[Opened]:
    """Open an RMA for each, and return those that are let through; those refused are counted at the desk."""
    items = [OpenRma(CHANNEL, back.ref, back.asked, back.order, back.at, override, simulated=True) for back in batch]
    results = desk.call(open_rmas, items, at=at, step=None)
    opened = [(back, r.facts) for back, r in zip(batch, results, strict=True) if isinstance(r, Done)]
    pairs = [(back, facts) for back, facts in opened if facts["state"] not in ("declined", "requested")]
    lines: dict[int, list[Any]] = defaultdict(list)
    for row in db.rows(_LINES, [[facts["rma_id"] for _, facts in pairs]]):
        lines[row.rma_id].append(row)
    return [Opened(back, facts["rma"], facts["rma_id"], lines[facts["rma_id"]]) for back, facts in pairs]


_LINES = """
SELECT l.rma_id, l.line_no, l.quantity, l.returnless, i.sku
FROM returns_rmaline l JOIN catalog_item i ON i.id = l.item_id
WHERE l.rma_id = ANY(%s::bigint[]) ORDER BY l.id
"""


def _dock(desk: Desk, seed: int, opened: Sequence[Opened], at: datetime) -> None:
    """Receive, inspect and dispose of every line under a plate of its own, some hours and days after it was asked."""
    units, inspections, disposals = [], [], []
    for rma in opened:
        for line in rma.lines:
            if line.returnless:
                continue  # the customer keeps it
            lpn = f"BOOK-{rma.back.ref}-{line.line_no}"
            rng = dice(f"{seed}:{lpn}")
            received = rma.back.at + timedelta(hours=rng.randint(1, 8))
            inspected = received + timedelta(hours=rng.randint(1, 48))
            grade, damage = rng.choices([found for found, _ in GRADES], [weight for _, weight in GRADES])[0]
            units.append(
                ReceiveUnit(
                    lpn=lpn,
                    node=NODE,
                    sku=line.sku,
                    quantity=line.quantity,
                    rma=rma.number,
                    rma_line=line.line_no,
                    happened_at=received,
                    simulated=True,
                )
            )
            inspections.append(
                InspectUnit(
                    # The shop accepted it, so it passes whatever grade is simulated.
                    lpn,
                    grade,
                    passed=True,
                    damage_code=damage,
                    answers={"simulated": True},
                    happened_at=inspected,
                )
            )
            disposals.append(DisposeUnit(lpn, happened_at=inspected + timedelta(hours=rng.randint(1, 24))))
    for command, items in ((receive_units, units), (inspect_units, inspections), (dispose_units, disposals)):
        desk.call(command, items, at=at, step=None)


def _money(desk: Desk, opened: Sequence[Opened], at: datetime) -> None:
    """Release what is due, ask for the payouts, and observe them as paid."""
    when = {rma.id: rma.back.at + timedelta(days=4) for rma in opened}
    due = due_credits(rma_ids=list(when))
    credits = [
        ReleaseCredit(
            f"book:{d.rma}:{d.method}",
            d.rma,
            [CreditPieces(line.line_no, line.quantity) for line in d.lines],
            happened_at=when[d.rma_id],
        )
        for d in due
    ]
    released = desk.call(release_credits, credits, at=at, step=None)
    payable = [
        RequestPayout(f"credit:{r.facts['credit_id']}", r.facts["credit_id"], happened_at=c.happened_at)
        for c, r in zip(credits, released, strict=True)
        if isinstance(r, Done) and r.facts["method"] == "original" and r.facts["total_minor"]
    ]
    asked = desk.call(request_payouts, payable, at=at, step=None)
    reports = [
        _report(payout, request.happened_at + timedelta(days=1))
        for request, r in zip(payable, asked, strict=True)
        if isinstance(r, Done) and request.happened_at is not None
        for payout in r.facts["payouts"]
    ]
    desk.call(observe_money, reports, at=at, step=None)


def _report(payout: dict[str, Any], at: datetime) -> MoneyReport:
    reference = payout["reference"]
    return MoneyReport(
        "order-book", reference, "refund_paid", payout["amount_minor"], CURRENCY, at, payout_ref=reference
    )

"""What follows from a fact: events of one room, commands of another.

Each row of `FLOWS` names an event and its reactions. A reaction takes a batch of RMAs or credits, reads the
truth again and calls one command, whose business identities make it safe to repeat; an event is a hint, so
its order and its age do not matter. The worker runs `pump` and `deliver`; `run_pending` does the same in
the process, for the command line, a demonstration and tests.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from procrastinate import RetryStrategy

from counterflow.clocks.asking import wait_for_customers
from counterflow.clocks.commands.sync_clocks import SyncClock, sync_clocks
from counterflow.clocks.subjects import HEARD, concerned
from counterflow.desk import events as desk
from counterflow.desk.commands.queue_messages import QueueMessage, queue_messages
from counterflow.desk.letter_rules import EVENTS, letters_due
from counterflow.kernel import clock, db
from counterflow.kernel import pump as deliveries
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.pump import Told
from counterflow.kernel.tasks import jobs
from counterflow.logistics import events as logistics
from counterflow.logistics.queries import rmas_of_parcels
from counterflow.orders import events as orders
from counterflow.receiving import events as receiving
from counterflow.refunds import events as refunds
from counterflow.refunds.commands.number_credits import number_credits
from counterflow.refunds.commands.offset_credits import OffsetCredit, offset_credits
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements
from counterflow.refunds.commands.release_credits import CreditPieces, ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.refunds.queries import (
    DueCredit,
    credits_of_rmas,
    due_credits,
    goods_waiting,
    payable_by_credits,
    rmas_of_credits,
)
from counterflow.returns import events as returns
from counterflow.returns.commands.close_rmas import CloseRma, close_rmas
from counterflow.returns.commands.note_signals import NoteSignal, note_signals
from counterflow.returns.commands.record_reviews import RecordReview, record_reviews
from counterflow.returns.commands.reopen_rmas import ReopenRma, reopen_rmas
from counterflow.returns.commands.rescore_returns import RescoreReturn, rescore_returns
from counterflow.returns.queries import finished_rmas, resumed_rmas, rmas_of_units
from counterflow.returns.risk import open_returns_of_signals, reviewed_returns, signalling_cases, under_review
from counterflow.workqueue import events as workqueue
from counterflow.workqueue.cases import CaseDraft, open_cases

PERMISSIONS: Final = frozenset(
    {"refunds.release", "refunds.pay", "refunds.replace", "returns.decide"}
    | {"workqueue.work", "desk.write", "clocks.edit"}
)
BATCH: Final = 1_000
ROUNDS_MAX: Final = 10_000
# Waits of 4, 16, 64 and 256 seconds outlast a database that restarts.
RETRY: Final = RetryStrategy(max_attempts=deliveries.ATTEMPTS_MAX, exponential_wait=4)

Find = Callable[[Sequence[int]], list[int]]
React = Callable[[datetime, Sequence[int]], None]


def reviewed(case_ids: Sequence[int]) -> list[int]:
    """The returns whose reviews these cases are."""
    return reviewed_returns(case_ids=case_ids)


def as_they_are(subjects: Sequence[int]) -> list[int]:
    """The subjects themselves."""
    return list(subjects)


def release_due(at: datetime, rma_ids: Sequence[int]) -> None:
    """Release the credits that are due. What needs a rate waits for a person, as a case; so does what is reviewed."""
    found = due_credits(rma_ids=rma_ids)
    held = under_review(rma_ids=[d.rma_id for d in found]) if found else frozenset()
    found = [d for d in found if d.rma_id not in held]
    ready = [
        ReleaseCredit(_reference(d), d.rma, [CreditPieces(line.line_no, line.quantity) for line in d.lines])
        for d in found
        if not d.needs_rate
    ]
    if ready:
        release_credits(_context("credits", at), items=ready)
    if waiting := [d for d in found if d.needs_rate]:
        ask_people(_context("credits", at), items=[_rate_case(d) for d in waiting])


def _reference(due: DueCredit) -> str:
    """The same pieces after the same credits have the same reference, whoever asks."""
    parts = "+".join(f"{line.line_no}.{line.credited}.{line.quantity}" for line in due.lines)
    return f"due:{due.rma}:{due.method}:{parts}"


def _rate_case(due: DueCredit) -> CaseDraft:
    return CaseDraft(
        kind="approval_needed",
        subject_kind="rma",
        subject_id=due.rma_id,
        dedupe_key=f"rma:{due.rma_id}:rate",
        entity_id=due.entity_id,
        facts={"rma": due.rma, "code": "rate_missing", "currency": due.currency},
    )


def pay_credits(at: datetime, credit_ids: Sequence[int]) -> None:
    """Request the payout of credits that go back the way the money came; a refusal is a case."""
    owed = payable_by_credits(credit_ids=credit_ids)
    if not owed:
        return
    batch = request_payouts(
        _context("payouts", at), items=[RequestPayout(f"credit:{credit_id}", credit_id) for credit_id in owed]
    )
    refused = {i: result.code for i, result in zip(owed, batch, strict=True) if isinstance(result, Refused)}
    if refused:
        drafts = [_unpaid_case(row, owed[row.id], refused[row.id]) for row in db.rows(_UNPAID, [sorted(refused)])]
        ask_people(_context("payouts", at), items=drafts)


_UNPAID: Final = """
SELECT c.id, c.entity_id, c.currency, r.number AS rma FROM refunds_credit c LEFT JOIN returns_rma r ON r.id = c.rma_id
WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id
"""


def _unpaid_case(credit: Any, owed_minor: int, code: str) -> CaseDraft:
    facts, key = {"rma": credit.rma, "code": code, "credit_id": credit.id}, f"credit:{credit.id}:unpaid"
    money = {"money_at_risk_minor": owed_minor, "currency": credit.currency}
    return CaseDraft("refund_failed", "credit", credit.id, key, credit.entity_id, **money, facts=facts)


def send_goods(at: datetime, credit_ids: Sequence[int]) -> None:
    """Let credits that goods meet pay for those that went ahead, and order goods for what was credited since."""
    credits, lines = goods_waiting(credit_ids=credit_ids)
    if credits:
        offset_credits(_context("offsets", at), items=[OffsetCredit(credit_id) for credit_id in credits])
    if not lines:
        return
    items = [OrderReplacement(f"goods:{w.rma}:{w.line_no}:{w.credited}", w.rma, w.line_no) for w in lines]
    batch = order_replacements(_context("goods", at), items=items)
    drafts = [
        CaseDraft(
            kind="approval_needed",
            subject_kind="rma",
            subject_id=line.rma_id,
            dedupe_key=f"rma:{line.rma_id}:{line.line_no}:goods",
            facts={"rma": line.rma, "code": result.code},
        )
        for line, result in zip(lines, batch, strict=True)
        if isinstance(result, Refused)
    ]
    if drafts:
        ask_people(_context("goods", at), items=drafts)


def number_new(at: datetime, credit_ids: Sequence[int]) -> None:
    """Give numbers to credits that have none."""
    number_credits(_context("numbers", at))


def close_finished(at: datetime, rma_ids: Sequence[int]) -> None:
    """Close returns of which nothing is open, and open those again of which something is, such as goods that came."""
    if numbers := finished_rmas(rma_ids=rma_ids):
        close_rmas(_context("returns", at), items=[CloseRma(number) for number in numbers])
    if numbers := resumed_rmas(rma_ids=rma_ids):
        reopen_rmas(_context("returns", at), items=[ReopenRma(number) for number in numbers])


def write_letters(at: datetime, subject_ids: Sequence[int]) -> None:
    """Write to customers by the rules of the desk; each letter goes once for a return."""
    found = letters_due(subject_ids=subject_ids, at=at)
    items = [QueueMessage(due.reference, due.rma, due.occasion, with_slip=due.occasion == "opened") for due in found]
    if items:
        queue_messages(_context("letters", at), items=items)


def keep_clocks(at: datetime, subject_ids: Sequence[int]) -> None:
    """Start, stop and move the clocks of returns, parcels, units, payouts and cases."""
    sync_clocks(_context("clocks", at), items=[SyncClock(subject_id) for subject_id in subject_ids])


def wait_for_answers(at: datetime, rma_ids: Sequence[int]) -> None:
    """Let clocks of returns stand still while their customers have a question to answer."""
    wait_for_customers(_context("clocks", at), rma_ids)


def explain_shortages(at: datetime, shipment_line_ids: Sequence[int]) -> None:
    """Open a case for each shipment line whose goods left although the books did not have them."""
    found = db.rows(_SHORTAGES, [list(shipment_line_ids)])
    drafts = [
        CaseDraft(
            kind="negative_fact",
            subject_kind="shipment_line",
            subject_id=row.id,
            dedupe_key=f"shipment_line:{row.id}:negative",
            entity_id=row.entity_id,
            money_at_risk_minor=row.cost * row.pieces if row.cost is not None else None,
            currency=row.currency if row.cost is not None else "",
            facts={"order": row.number, "sku": row.sku, "pieces": row.pieces},
        )
        for row in found
    ]
    if drafts:
        ask_people(_context("stock", at), items=drafts)


_SHORTAGES: Final = """
SELECT sl.id, o.number, i.sku, a.entity_id, i.standard_cost_minor AS cost, i.currency, -sum(l.amount)::bigint AS pieces
FROM orders_shipmentline sl
JOIN orders_shipment s ON s.id = sl.shipment_id
JOIN orders_order o ON o.id = s.order_id
JOIN catalog_item i ON i.id = sl.item_id
JOIN ledger_line l ON l.subject_id = sl.id AND l.component = 'qty'
JOIN ledger_account a ON a.id = l.account_id AND a.state = 'unexplained'
WHERE sl.id = ANY(%s::bigint[]) GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(l.amount) < 0 ORDER BY 1
"""


def note_cases(at: datetime, case_ids: Sequence[int]) -> None:
    """Note what cases say about customers, as far as they say anything, and score at once: money may be next."""
    found = signalling_cases(case_ids=case_ids)
    if found:
        noted = note_signals(_context("signals", at), items=[NoteSignal(case_id) for case_id in found])
        score_again(at, [done.facts["signal_id"] for done in noted.done if done.facts["signal_id"]])


def score_again(at: datetime, signal_ids: Sequence[int]) -> None:
    """Score the customers' returns whose money has not left again."""
    numbers = open_returns_of_signals(signal_ids=signal_ids) if signal_ids else []
    for start in range(0, len(numbers), BATCH):
        items = [RescoreReturn(number) for number in numbers[start : start + BATCH]]
        rescore_returns(_context("scores", at), items=items)


def keep_reviews(at: datetime, case_ids: Sequence[int]) -> None:
    """Keep what reviews of signals found, for those who judge the reasons by it."""
    found = reviewed_returns(case_ids=case_ids)
    if found:
        record_reviews(_context("reviews", at), items=[RecordReview(rma_id) for rma_id in found])


@command(needs="workqueue.work")
def ask_people(ctx: Context, *, items: Sequence[CaseDraft]) -> Batch:
    """Open cases for what a flow may not decide."""
    open_cases(ctx, items)
    return Batch([Done(draft.dedupe_key) for draft in items])


_GOODS_MOVED: Final[tuple[React, ...]] = (release_due, close_finished)
_CREDITED: Final[tuple[React, ...]] = (send_goods, pay_credits, number_new)
_CASE: Final[tuple[React, ...]] = (note_cases, keep_reviews)

# event -> how to find whom it concerns, and what follows for them; reactions run in this order.
_FLOWS: Final[Mapping[str, Sequence[tuple[Find, Sequence[React]]]]] = {
    returns.RMA_OPENED: [(as_they_are, _GOODS_MOVED)],
    returns.RMA_APPROVED: [(as_they_are, _GOODS_MOVED)],
    returns.RMA_CANCELLED: [(as_they_are, _GOODS_MOVED)],
    # A parcel that moved before it was announced reaches its milestone by the announcement.
    logistics.PARCEL_ANNOUNCED: [(rmas_of_parcels, _GOODS_MOVED)],
    logistics.PARCEL_REPORTED: [(rmas_of_parcels, _GOODS_MOVED)],
    **dict.fromkeys((receiving.UNIT_RECEIVED, receiving.UNIT_MATCHED), ((rmas_of_units, _GOODS_MOVED),)),
    **dict.fromkeys((receiving.UNIT_INSPECTED, receiving.UNIT_RECEIPT_REVERSED), ((rmas_of_units, _GOODS_MOVED),)),
    **dict.fromkeys((receiving.PARCEL_CLOSED, receiving.PARCEL_REOPENED), ((rmas_of_parcels, _GOODS_MOVED),)),
    orders.STOCK_FACT_NEGATIVE: [(as_they_are, (explain_shortages,))],
    refunds.CREDIT_APPROVED: [(as_they_are, _GOODS_MOVED)],
    refunds.CREDIT_RELEASED: [(as_they_are, _CREDITED), (rmas_of_credits, (close_finished,))],
    refunds.GOODWILL_GRANTED: [(as_they_are, (pay_credits, number_new))],
    # What goods leave of a credit is paid out; a credit that waited for its goods may be whole now.
    refunds.REPLACEMENT_ORDERED: [(credits_of_rmas, (pay_credits,))],
    refunds.CREDIT_OFFSET: [(credits_of_rmas, (pay_credits,))],
    workqueue.CASE_OPENED: [(as_they_are, (note_cases,))],
    # A review that ended lets go of the money that waited for it.
    workqueue.CASE_CLOSED: [(as_they_are, _CASE), (reviewed, _GOODS_MOVED)],
    workqueue.CASE_REOPENED: [(as_they_are, _CASE)],
    returns.SIGNAL_NOTED: [(as_they_are, (score_again,))],
    returns.SIGNAL_WITHDRAWN: [(as_they_are, (score_again,))],
    desk.MESSAGE_QUEUED: [(as_they_are, (wait_for_answers,))],
    desk.MESSAGE_FAILED: [(as_they_are, (wait_for_answers,))],
}


def _also(
    rows: Mapping[str, Sequence[tuple[Find, Sequence[React]]]], kinds: Iterable[str], find: Find, reaction: React
) -> dict[str, Sequence[tuple[Find, Sequence[React]]]]:
    """A table of reactions in which one more follows from these events."""
    return {**rows, **{kind: [*rows.get(kind, ()), (find, (reaction,))] for kind in kinds}}


FLOWS: Final[Mapping[str, Sequence[tuple[Find, Sequence[React]]]]] = _also(
    _also(_FLOWS, EVENTS, as_they_are, write_letters), HEARD, concerned, keep_clocks
)
_ORDER: Final = (
    explain_shortages,
    note_cases,
    score_again,
    keep_reviews,
    release_due,
    send_goods,
    pay_credits,
    number_new,
    close_finished,
    write_letters,
    wait_for_answers,
    keep_clocks,
)


def react(told: Sequence[Told], *, at: datetime) -> None:
    """Run the reactions to events, each once for all it concerns, at most `BATCH` at a time."""
    subjects: dict[str, set[int]] = {}
    for event in told:
        subjects.setdefault(event.kind, set()).add(event.subject_id)
    concerned: dict[React, set[int]] = {}
    for kind, ids in subjects.items():
        for find, reactions in FLOWS.get(kind, ()):
            found = find(sorted(ids))
            for reaction in reactions:
                concerned.setdefault(reaction, set()).update(found)
    for reaction in _ORDER:
        ids_in_order = sorted(concerned.get(reaction, ()))
        for start in range(0, len(ids_in_order), BATCH):
            reaction(at, ids_in_order[start : start + BATCH])


def handle(delivery_ids: Sequence[int], *, at: datetime) -> None:
    """React to deliveries and forget them. One that fails is tried alone, so that it holds up no other."""
    try:
        react(deliveries.events_of(delivery_ids), at=at)
    except Exception as error:
        if len(delivery_ids) == 1:
            _count_failure(delivery_ids[0], type(error).__name__, at)
            raise
        _one_by_one(delivery_ids, at)
    else:
        deliveries.done(delivery_ids)


def _one_by_one(delivery_ids: Sequence[int], at: datetime) -> None:
    failures: list[Exception] = []
    for delivery_id in delivery_ids:
        try:
            handle([delivery_id], at=at)
        except Exception as error:  # the others go on; the last failure is raised below, with all of them
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(delivery_ids)} deliveries failed", failures)


def _count_failure(delivery_id: int, fault: str, at: datetime) -> None:
    for parked in deliveries.failed([delivery_id]):
        draft = CaseDraft("delivery_failed", "delivery", parked, f"delivery:{parked}", facts={"fault": fault})
        ask_people(_context("deliveries", at), items=[draft])


def _context(name: str, at: datetime) -> Context:
    return Context.make(f"flow:{name}", PERMISSIONS, at, source="flow")


def run_pending(*, at: datetime | None = None, limit: int = deliveries.CHUNK) -> int:
    """React to everything that waits, and to what follows from it, in this process; the number of deliveries.

    `at` is the instant the reactions are recorded at; now unless told.
    """
    total = 0
    for _ in range(ROUNDS_MAX):
        moment = at or clock.now()
        taken = deliveries.take(at=clock.now(), kinds=FLOWS.keys(), limit=limit)
        if not taken:
            break
        handle(taken, at=moment)
        total += len(taken)
    return total


@jobs.periodic(cron="* * * * * */1")
@jobs.task(name="flows.pump", queue="flows", queueing_lock="flows.pump")
def pump(timestamp: int) -> None:
    """Hand waiting deliveries to the workers, a job a chunk; ids leave the table and enter the queue together."""
    while True:
        with transaction.atomic():
            taken = deliveries.take(at=clock.now(), kinds=FLOWS.keys())
            if taken:
                deliver.defer(delivery_ids=taken)
        if len(taken) < deliveries.CHUNK:
            return


@jobs.task(name="flows.deliver", queue="flows", retry=RETRY)
def deliver(*, delivery_ids: list[int]) -> None:
    """Bring a chunk of deliveries to their reactions; what was done before is gone and is not done again."""
    handle(delivery_ids, at=clock.now())

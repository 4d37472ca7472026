"""Returns that stand still open their cases by themselves; when they move on, the cases are settled by themselves."""

from datetime import timedelta

import pytest

from counterflow.clocks.commands.sync_clocks import SyncClock, sync_clocks
from counterflow.clocks.tasks import run_clocks
from counterflow.desk.commands.queue_messages import QueueMessage, queue_messages
from counterflow.desk.commands.record_sendings import Sending, record_sendings
from counterflow.kernel import db
from counterflow.orders.commands.record_contacts import RecordContact, record_contacts
from counterflow.orders.documents import NewContact
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from ticking import MONDAY, arrived, case, clock, inspected, lawful, office, opened, react, sent, tick

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def laws(database_copy):
    """After every story the laws of clocks hold."""
    with lawful():
        yield


def test_a_label_that_was_never_scanned(company):
    office(company)
    rma = opened(company, MONDAY)
    tick(MONDAY + 14 * DAY)
    assert clock(rma, "label").breached_at is None
    tick(MONDAY + 15 * DAY)
    stuck = case(clock(rma, "label").case_key)
    assert (stuck.kind, stuck.state, stuck.owner_role) == ("stuck_return", "open", "agent")
    assert (stuck.facts["rma"], stuck.facts["cause"]) == (rma, "customer_not_sent")
    assert stuck.money_at_risk_minor == 2 * 2400
    sent(company, rma, MONDAY + 16 * DAY)
    tick(MONDAY + 16 * DAY)
    assert (case(stuck.dedupe_key).state, case(stuck.dedupe_key).outcome) == ("closed", "moved_on")


def test_goods_that_were_received_and_never_inspected(company):
    office(company)
    rma = opened(company, MONDAY)
    (lpn,) = arrived(company, rma, MONDAY)
    tick(MONDAY + 3 * DAY + HOUR)
    stuck = case(clock(rma, "received").case_key)
    assert (stuck.kind, stuck.owner_role) == ("stuck_return", "inventory_controller")
    tick(MONDAY + 4 * DAY)
    # The case has a clock of its own, and is due with it: one working day, because it is of high severity.
    own = db.rows("SELECT due_at FROM clocks_clock WHERE subject_id = %s", [stuck.id])[0]
    assert case(stuck.dedupe_key).due_at == own.due_at
    inspected(company, lpn, MONDAY + 4 * DAY)
    tick(MONDAY + 4 * DAY)
    assert case(stuck.dedupe_key).outcome == "moved_on"
    react(MONDAY + 4 * DAY)
    ended = db.rows("SELECT ending FROM clocks_clock WHERE subject_id = %s", [stuck.id])[0]
    assert ended.ending == "done"


def test_goods_that_were_inspected_and_never_refunded(ctx, company, owner):
    """A business customer's credit waits for the inspection; what would release it by itself never ran."""
    office(company)
    rma = opened(company, MONDAY, 1, kind="b2b")
    (lpn,) = arrived(company, rma, MONDAY)
    inspected(company, lpn, MONDAY + DAY)
    rma_id = db.rows("SELECT id FROM returns_rma WHERE number = %s", [rma])[0].id
    owner.execute("DELETE FROM kernel_delivery")
    sync_clocks(ctx(at=MONDAY + DAY), items=[SyncClock(rma_id)])
    owed = clock(rma, "credit_due")
    assert owed.due_at == MONDAY + 4 * DAY
    run_clocks(at=MONDAY + 5 * DAY)
    stuck = case(clock(rma, "credit_due").case_key)
    assert (stuck.kind, stuck.owner_role, stuck.facts["stage"]) == ("stuck_return", "finance", "credit_due")
    assert release_credits(ctx(at=MONDAY + 6 * DAY), items=[ReleaseCredit(company.lpn(), rma)]).done
    tick(MONDAY + 6 * DAY)
    assert case(stuck.dedupe_key).outcome == "moved_on"


def test_a_request_that_waits_for_a_person_is_escalated_in_the_case_it_has(ctx, company):
    office(company)
    wish = OpenRma(company.channel(), company.lpn(), [AskedLine(1, "too_small", sku=company.sku())], "", MONDAY)
    rma = str(open_rmas(ctx(at=MONDAY), items=[wish]).done[0].facts["rma"])
    tick(MONDAY)
    asked = clock(rma, "asked")
    tick(asked.due_at + HOUR)
    late = clock(rma, "asked")
    assert (late.breached_at, late.case_key) == (asked.due_at + HOUR, "")
    review = case(f"rma:{late.rma_id}:decision")
    assert (review.kind, review.owner_role) == ("return_review", late.escalate_to)
    assert decide_rmas(ctx(at=asked.due_at + DAY, actor="user:2"), items=[DecideRma(rma, True, "goodwill")]).done
    tick(asked.due_at + DAY)
    assert clock(rma, "asked").ending == "done"
    assert case(review.dedupe_key).state == "closed"


def test_a_question_of_the_desk_lets_the_clocks_stand_still_unless_it_was_never_sent(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    react(MONDAY)
    ref = db.rows(
        "SELECT c.external_ref FROM returns_rma r JOIN orders_customer c ON c.id = r.customer_id WHERE r.number = %s",
        [rma],
    )[0].external_ref
    contact = RecordContact(company.channel(), ref, NewContact(email="someone@demo.example"))
    assert record_contacts(ctx(at=MONDAY), items=[contact]).done
    before = clock(rma, "received").due_at
    done = queue_messages(ctx(at=MONDAY + HOUR), items=[QueueMessage(company.lpn(), rma, "question")]).done
    react(MONDAY + HOUR)
    paused = clock(rma, "received")
    assert paused.due_at > before
    message = done[0].facts["message_id"]
    pause = db.rows("SELECT * FROM clocks_pause WHERE request_ref = %s", [f"message:{message}"])[0]
    assert (pause.reason, pause.from_at) == ("waiting_customer", MONDAY + HOUR)
    failed = Sending(message, "mailbox_gone", final=True)
    assert record_sendings(ctx(at=MONDAY + 2 * HOUR), items=[failed]).done
    react(MONDAY + 2 * HOUR)
    assert clock(rma, "received").due_at == before + HOUR
    react(MONDAY + 3 * HOUR)
    assert clock(rma, "received").due_at == before + HOUR

"""Clocks stand still while we wait for the customer, and what is due moves by the working time in between."""

from datetime import timedelta

import pytest

from counterflow.clocks.commands.pause_clocks import PauseClock, pause_clocks
from counterflow.clocks.commands.resume_clocks import ResumeClock, resume_clocks
from counterflow.clocks.commands.set_causes import SetCause, set_causes
from counterflow.clocks.commands.sync_clocks import SyncClock, sync_clocks
from counterflow.clocks.tasks import run_clocks
from counterflow.kernel import db
from refunding import at_once
from ticking import MONDAY, arrived, case, clock, inspected, lawful, office, opened, react, sent, tick

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def laws(database_copy):
    """After every test the laws of clocks hold."""
    with lawful():
        yield


@pytest.fixture
def waiting(ctx, company):
    """A return whose only piece is here since Monday, due on Thursday at nine."""
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    react(MONDAY)
    assert clock(rma, "received").due_at == MONDAY + 3 * DAY
    return rma


def pause(ctx, ref, rma, when, **more):
    return pause_clocks(ctx(at=when), items=[PauseClock(ref, "waiting_customer", rma, **more)])


def test_due_moves_by_the_working_time_of_the_pause(ctx, company, waiting):
    ref = company.lpn()
    assert pause(ctx, ref, waiting, MONDAY + HOUR).done
    found = clock(waiting, "received")
    # Two weeks from Monday, ten o'clock: 80 working hours.
    assert (found.paused_seconds, found.due_at) == (80 * 3600, MONDAY + 17 * DAY)
    assert clock(waiting, "label").due_at == MONDAY + 14 * DAY
    answered = MONDAY + DAY + HOUR
    assert resume_clocks(ctx(at=answered), items=[ResumeClock(ref)]).done
    found = clock(waiting, "received")
    assert (found.paused_seconds, found.due_at) == (8 * 3600, MONDAY + 4 * DAY)
    told = db.rows("SELECT kind FROM kernel_eventrecord WHERE subject_id = %s ORDER BY id", [found.rma_id])
    assert [row.kind for row in told if row.kind.startswith("Clocks")] == ["ClocksPaused", "ClocksResumed"]


def test_twice_is_once_and_two_at_a_time_are_refused(ctx, company, waiting):
    ref = company.lpn()
    item = PauseClock(ref, "waiting_customer", waiting)
    assert not pause_clocks(ctx(at=MONDAY), items=[item]).done[0].replayed
    assert pause_clocks(ctx(at=MONDAY + HOUR), items=[item]).done[0].replayed
    other = PauseClock(ref, "customer_asked", waiting)
    assert pause_clocks(ctx(at=MONDAY), items=[other]).refused[0].code == "identity_reused"
    assert pause(ctx, company.lpn(), waiting, MONDAY + DAY).refused[0].code == "paused_already"
    done = resume_clocks(ctx(at=MONDAY + DAY), items=[ResumeClock(ref), ResumeClock(ref)]).done
    assert [d.replayed for d in done] == [False, True]
    assert pause(ctx, company.lpn(), waiting, MONDAY + DAY).done


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"reason": "no_mood"}, "pause_reason_unknown"),
        ({"rma": "RMA-0"}, "rma_not_found"),
        ({"rma": "", "case_id": 1}, "case_not_found"),
        ({"rma": ""}, "pause_subject_unclear"),
        ({"case_id": 1}, "pause_subject_unclear"),
        ({"until": MONDAY - DAY}, "pause_too_long"),
        ({"until": MONDAY + 365 * DAY}, "pause_too_long"),
        ({"request_ref": " "}, "reference_missing"),
    ],
)
def test_what_makes_no_sense_is_refused(ctx, company, waiting, wrong, code):
    item = PauseClock(**{"request_ref": company.lpn(), "reason": "waiting_customer", "rma": waiting, **wrong})
    assert [r.code for r in pause_clocks(ctx(at=MONDAY), items=[item]).refused] == [code]


def test_a_pause_that_is_over_cannot_be_ended(ctx, company, waiting):
    assert resume_clocks(ctx(), items=[ResumeClock("nothing")]).refused[0].code == "pause_not_found"
    ref = company.lpn()
    assert pause(ctx, ref, waiting, MONDAY, until=MONDAY + DAY).done
    assert resume_clocks(ctx(at=MONDAY + 2 * DAY), items=[ResumeClock(ref)]).refused[0].code == "pause_over"
    assert clock(waiting, "received").due_at == MONDAY + 4 * DAY


def test_a_pause_that_is_told_late_takes_the_breach_back(ctx, company, waiting):
    late = MONDAY + 3 * DAY + HOUR
    run_clocks(at=late)
    found = clock(waiting, "received")
    assert found.breached_at == late
    key = found.case_key
    assert pause(ctx, company.lpn(), waiting, late + HOUR, happened_at=MONDAY + DAY).done
    found = clock(waiting, "received")
    assert (found.breached_at, found.due_at > late) == (None, True)
    assert case(key).outcome == "in_time"


def test_what_was_late_in_spite_of_the_pause_says_so(ctx, company, waiting):
    ref = company.lpn()
    assert pause(ctx, ref, waiting, MONDAY).done
    assert resume_clocks(ctx(at=MONDAY + DAY), items=[ResumeClock(ref)]).done
    run_clocks(at=MONDAY + 8 * DAY)
    found = clock(waiting, "received")
    assert found.cause == "waited_on_customer"
    items = [SetCause(found.id, "staff_short", "holidays")]
    assert set_causes(ctx(actor="user:9"), items=items).done
    assert set_causes(ctx(actor="user:9"), items=items).done[0].replayed
    run_clocks(at=MONDAY + 9 * DAY)
    found = clock(waiting, "received")
    assert (found.cause, found.cause_by, found.cause_reason) == ("staff_short", "user:9", "holidays")
    wrong = [
        SetCause(found.id, "aliens", "x"),
        SetCause(7, "other", "x"),
        SetCause(clock(waiting, "label").id, "other", "x"),
    ]
    assert [r.code for r in set_causes(ctx(), items=wrong).refused] == ["cause_unknown", "clock_not_found", "not_late"]


def test_a_case_that_was_put_off_for_the_customer_stands_still(ctx, company, waiting):
    from counterflow.workqueue.commands.snooze_cases import SnoozeCase, snooze_cases

    tick(MONDAY + 4 * DAY)
    tick(MONDAY + 4 * DAY)
    opened_case = case(clock(waiting, "received").case_key)
    running = db.rows("SELECT * FROM clocks_clock WHERE subject_id = %s", [opened_case.id])[0]
    assert running.due_at == opened_case.due_at
    until = MONDAY + 7 * DAY
    assert snooze_cases(ctx(at=MONDAY + 4 * DAY), items=[SnoozeCase(opened_case.id, until, "waiting_customer")]).done
    sync_clocks(ctx(at=MONDAY + 4 * DAY), items=[SyncClock(opened_case.id)])
    moved = db.rows("SELECT * FROM clocks_clock WHERE subject_id = %s", [opened_case.id])[0]
    assert moved.due_at > running.due_at
    assert case(opened_case.dedupe_key).due_at == moved.due_at
    assert snooze_cases(ctx(at=MONDAY + 4 * DAY + HOUR), items=[SnoozeCase(opened_case.id, None)]).done
    sync_clocks(ctx(at=MONDAY + 4 * DAY + HOUR), items=[SyncClock(opened_case.id)])
    back = db.rows("SELECT * FROM clocks_clock WHERE subject_id = %s", [opened_case.id])[0]
    assert running.due_at <= back.due_at < moved.due_at


def test_eight_that_pause_at_once_pause_once(ctx, company, waiting):
    def call(n):
        return pause(ctx, f"{company.tag}-race-{n}", waiting, MONDAY + HOUR)

    found = at_once(call)
    assert sum(len(batch.done) for batch in found) == 1
    assert {r.code for batch in found for r in batch.refused} == {"paused_already"}


def test_statements_do_not_depend_on_how_many(ctx, company):
    office(company)

    def counted(number):
        rmas = [opened(company, MONDAY, 1) for _ in range(number)]
        for rma in rmas:
            arrived(company, rma, MONDAY)
        react(MONDAY)
        refs = [company.lpn() for _ in rmas]
        counts = []
        with db.counting() as seen:
            items = [PauseClock(ref, "waiting_customer", rma) for ref, rma in zip(refs, rmas, strict=True)]
            assert len(pause_clocks(ctx(at=MONDAY + HOUR), items=items).done) == number
        counts.append(len(seen))
        with db.counting() as seen:
            batch = resume_clocks(ctx(at=MONDAY + DAY), items=[ResumeClock(ref) for ref in refs])
            assert len(batch.done) == number
        return [*counts, len(seen)]

    counted(1)
    assert counted(1) == counted(25)


def test_a_carrier_is_not_excused_by_the_customer(ctx, company, waiting):
    rma = opened(company, MONDAY)
    sent(company, rma, MONDAY)
    react(MONDAY)
    before = clock(rma, "in_transit").due_at
    assert pause(ctx, company.lpn(), rma, MONDAY).done
    assert clock(rma, "in_transit").due_at == before
    (lpn,) = arrived(company, rma, MONDAY + DAY)
    inspected(company, lpn, MONDAY + DAY)
    react(MONDAY + DAY)

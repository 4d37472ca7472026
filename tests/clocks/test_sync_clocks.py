"""Clocks follow what happened: they start, stop and move; late facts put right what was told before."""

from datetime import timedelta

import pytest

from counterflow.clocks.commands.change_calendars import ChangeCalendar, change_calendars
from counterflow.clocks.commands.pause_clocks import PauseClock, pause_clocks
from counterflow.clocks.commands.ring_clocks import RingClock, ring_clocks
from counterflow.clocks.commands.sync_clocks import SyncClock, sync_clocks
from counterflow.clocks.subjects import out_of_date, sweepable
from counterflow.clocks.tasks import run_clocks, sweep_clocks
from counterflow.kernel import db
from counterflow.policies.queries import decisions
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from ticking import (
    MONDAY,
    arrived,
    at,
    broken,
    case,
    clock,
    clocks,
    close_day,
    inspected,
    lawful,
    office,
    opened,
    react,
    sent,
    tick,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def laws(database_copy):
    """After every test the laws of clocks hold."""
    with lawful():
        yield


def test_each_stage_has_its_clock_and_its_decision(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    react(MONDAY)
    label = clock(rma, "label")
    assert (label.started_at, label.due_at) == (MONDAY, MONDAY + 14 * DAY)
    tracking = sent(company, rma, MONDAY + DAY)
    react(MONDAY + DAY)
    assert clock(rma, "label").stopped_at == MONDAY + DAY
    assert clock(rma, "in_transit").due_at == MONDAY + 11 * DAY
    (lpn,) = arrived(company, rma, MONDAY + 3 * DAY, rma_line=1)
    react(MONDAY + 3 * DAY + HOUR)
    received = clock(rma, "received")
    # Three working days of eight hours from Thursday, 9:00: Tuesday, 9:00.
    assert (received.started_at, received.due_at) == (MONDAY + 3 * DAY, MONDAY + 8 * DAY)
    assert (received.owner_role, received.escalate_to, received.row_id) == (
        "inspector",
        "inventory_controller",
        "received",
    )
    (why,) = [d for d in decisions(subject_ids=[received.subject_id], kind="sla") if d.id == received.decision_id]
    assert why.facts["stage"] == "received"
    assert why.text == "Received: inspected within three working days."
    inspected(company, lpn, MONDAY + 4 * DAY)
    react(MONDAY + 4 * DAY)
    assert clock(rma, "received").worked_seconds == 8 * 3600
    assert clock(rma, "inspected").stopped_at is None
    assert dispose_units(ctx(at=MONDAY + 5 * DAY), items=[DisposeUnit(lpn)]).done
    react(MONDAY + 5 * DAY)
    assert {c.stage: c.ending for c in clocks(rma) if c.subject_kind == "unit"} == {
        "received": "done",
        "inspected": "done",
    }
    assert tracking


def test_events_twice_and_in_any_order_change_nothing(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY + DAY)
    react(MONDAY + DAY)
    before = clocks(rma)
    ids = sorted({c.subject_id for c in before})
    for items in (ids, ids[::-1], ids + ids):
        sync_clocks(ctx(at=MONDAY + DAY), items=[SyncClock(n) for n in items])
    assert clocks(rma) == before
    assert sync_clocks(ctx(), items=[SyncClock(7)]).done[0].identity == "7"


def test_a_stop_that_is_learnt_late_takes_the_breach_back(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    (lpn,) = arrived(company, rma, MONDAY)
    late = MONDAY + 4 * DAY
    tick(late)
    found = clock(rma, "received")
    assert (found.breached_at, found.escalated_to) == (late, "inventory_controller")
    assert case(found.case_key).state == "open"
    inspected(company, lpn, MONDAY + DAY, told=late + HOUR)
    tick(late + HOUR)
    found = clock(rma, "received")
    assert (found.breached_at, found.cause, found.taken_back_at) == (None, "", late + HOUR)
    assert case(f"clock:rma:{found.rma_id}:received").outcome == "in_time"
    told = db.rows("SELECT kind FROM kernel_eventrecord WHERE subject_id = %s ORDER BY id", [found.id])
    assert [row.kind for row in told] == ["ClockBreached", "ClockTakenBack"]


def test_what_ended_late_is_late_and_opens_nothing(company):
    office(company)
    rma = opened(company, MONDAY)
    (lpn,) = arrived(company, rma, MONDAY)
    inspected(company, lpn, MONDAY + 9 * DAY)
    tick(MONDAY + 9 * DAY)
    found = clock(rma, "received")
    assert found.breached_at == MONDAY + 9 * DAY
    assert (found.cause, found.case_key, found.escalated_at) == ("nobody_took_it", "", None)
    assert case(f"clock:rma:{found.rma_id}:received") is None


def test_a_receipt_that_is_taken_back_withdraws_its_clocks(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    (lpn,) = arrived(company, rma, MONDAY)
    tick(MONDAY + 4 * DAY)
    key = clock(rma, "received").case_key
    undone = reverse_receipts(ctx(at=MONDAY + 5 * DAY), items=[ReverseReceipt(lpn, "mistaken_scan")])
    assert undone.done
    tick(MONDAY + 5 * DAY)
    found = clock("", "received", lpn)
    assert (found.ending, found.breached_at) == ("withdrawn", None)
    assert case(key).state == "closed"


def test_all_units_of_a_return_share_a_case_and_the_last_settles_it(company):
    office(company)
    rma = opened(company, MONDAY)
    one, other = arrived(company, rma, MONDAY, company.lpn(), company.lpn())
    tick(MONDAY + 4 * DAY)
    keys = {c.case_key for c in clocks(rma, "received")}
    assert len(keys) == 1
    (key,) = keys
    assert db.rows("SELECT count(*) AS n FROM workqueue_case WHERE dedupe_key = %s", [key])[0].n == 1
    inspected(company, one, MONDAY + 5 * DAY)
    tick(MONDAY + 5 * DAY)
    assert case(key).state == "open"
    inspected(company, other, MONDAY + 5 * DAY)
    tick(MONDAY + 5 * DAY + HOUR)
    assert (case(key).state, case(key).outcome) == ("closed", "moved_on")


def test_a_clock_warns_once_and_is_late_once(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    react(MONDAY)
    warn = clock(rma, "received").warn_at
    assert warn == MONDAY + 2 * DAY
    run_clocks(at=warn - HOUR)
    assert clock(rma, "received").warned_at is None
    for later in range(3):
        run_clocks(at=warn + later * HOUR)
    assert clock(rma, "received").warned_at == warn
    due = clock(rma, "received").due_at
    run_clocks(at=due)
    assert clock(rma, "received").breached_at is None
    for later in range(1, 4):
        run_clocks(at=due + later * HOUR)
    found = clock(rma, "received")
    assert found.breached_at == found.escalated_at == due + HOUR
    told = db.rows("SELECT kind FROM kernel_eventrecord WHERE subject_id = %s ORDER BY id", [found.id])
    assert [row.kind for row in told] == ["ClockWarned", "ClockBreached"]


def test_what_is_taken_back_warns_again(ctx, company):
    """It warned and was late; then somebody said that the customer had been waited for since."""
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    react(MONDAY)
    run_clocks(at=MONDAY + 2 * DAY)
    run_clocks(at=MONDAY + 3 * DAY + HOUR)
    told = MONDAY + 3 * DAY + 2 * HOUR
    asked = PauseClock(company.lpn(), "waiting_customer", rma, until=MONDAY + 7 * DAY, happened_at=MONDAY + HOUR)
    assert pause_clocks(ctx(at=told), items=[asked]).done
    found = clock(rma, "received")
    assert (found.breached_at, found.taken_back_at, found.warned_at) == (None, told, None)
    assert found.warn_at > told
    for later in range(2):
        run_clocks(at=found.warn_at + later * HOUR)
    assert clock(rma, "received").warned_at == found.warn_at
    kinds = db.rows("SELECT kind FROM kernel_eventrecord WHERE subject_id = %s ORDER BY id", [found.id])
    assert [row.kind for row in kinds] == ["ClockWarned", "ClockBreached", "ClockTakenBack", "ClockWarned"]


def test_a_calendar_made_for_a_place_counts_there_from_the_next_minute_on(ctx, company):
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    react(MONDAY)
    default = clock(rma, "received")
    code = office(company)
    run_clocks(at=MONDAY + HOUR)
    mine = clock(rma, "received")
    assert mine.calendar_version_id not in (None, default.calendar_version_id)
    assert change_calendars(ctx(at=MONDAY + HOUR), items=[ChangeCalendar(code, clear=("nodes",))]).done
    run_clocks(at=MONDAY + 2 * HOUR)
    assert clock(rma, "received").calendar_version_id == default.calendar_version_id
    assert clock(rma, "label").calendar_version_id == default.calendar_version_id
    assert out_of_date() == []


def test_a_request_waits_until_it_is_decided_though_some_of_it_was_cancelled(ctx, company):
    office(company)
    order = company.sell([("tee", 2, 2000, 400), ("mug", 2, 2000, 400)], shipped_at=MONDAY - 40 * DAY)
    lines = [AskedLine(2, "no_longer_wanted", sku=company.sku(name)) for name in ("tee", "mug")]
    wish = OpenRma(company.channel(), company.lpn(), lines, order, MONDAY)
    rma = open_rmas(ctx(at=MONDAY), items=[wish]).done[0].facts["rma"]
    assert cancel_rmas(ctx(at=MONDAY + HOUR), items=[CancelRma(rma, (1,))]).done
    react(MONDAY + HOUR)
    assert clock(rma, "asked").stopped_at is None
    answer = DecideRma(rma, approve=True, reason="goodwill")
    assert decide_rmas(ctx(at=MONDAY + DAY, actor="user:8"), items=[answer]).done
    react(MONDAY + DAY)
    assert clock(rma, "asked").stopped_at == MONDAY + DAY


def test_a_holiday_that_is_told_later_moves_what_runs_and_leaves_what_ended(company):
    code = office(company)
    ended = opened(company, MONDAY)
    (lpn,) = arrived(company, ended, MONDAY)
    inspected(company, lpn, MONDAY + DAY)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    react(MONDAY + DAY)
    before = clock(ended, "received")
    assert clock(rma, "received").due_at == MONDAY + 3 * DAY
    close_day(company, code, "2026-06-09")
    run_clocks(at=MONDAY + DAY)
    assert clock(rma, "received").due_at == MONDAY + 4 * DAY
    assert clock(ended, "received") == before


def test_the_words_of_a_day_off_may_name_another_day(company):
    close_day(company, office(company), "2026-06-10 instead of 2026-06-11")


def test_what_nothing_told_of_is_found_by_the_sweep(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    db.execute("DELETE FROM kernel_delivery")
    react(MONDAY)
    assert clocks(rma) == []
    assert sweep_clocks(at=MONDAY) >= 2
    assert {c.stage for c in clocks(rma)} >= {"label", "received", "credit_due"}
    found = sweepable(after=0, limit=100_000)
    assert sweepable(after=found[0], limit=1) == found[1:2]


def test_old_facts_reach_back_beyond_the_years_that_are_written(ctx, company):
    office(company)
    long_ago = MONDAY.replace(year=2011)
    rma = opened(company, long_ago)
    (lpn,) = arrived(company, rma, long_ago, told=MONDAY)
    inspected(company, lpn, long_ago + DAY, told=MONDAY)
    react(MONDAY)
    found = clock(rma, "received")
    assert found.worked_seconds == 8 * 3600
    assert found.due_at.year == 2011


def test_without_any_calendar_every_hour_counts(ctx, company, owner):
    with owner.transaction(force_rollback=False):
        owner.execute("UPDATE clocks_calendar SET code = 'asleep' WHERE code = 'default'")
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    tick(MONDAY + 2 * DAY)
    found = clock(rma, "received")
    assert (found.calendar_version_id, found.due_at) == (None, MONDAY + DAY)
    assert found.cause == "calendar_missing"
    owner.execute("UPDATE clocks_calendar SET code = 'default' WHERE code = 'asleep'")


def test_statements_do_not_depend_on_how_many(ctx, company):
    office(company)

    def counted(number):
        rmas = [opened(company, MONDAY, 1) for _ in range(number)]
        for rma in rmas:
            arrived(company, rma, MONDAY)
        ids = [r.id for r in db.rows("SELECT id FROM returns_rma WHERE number = ANY(%s)", [rmas])]
        ids += [
            r.subject_id
            for r in db.rows("SELECT id AS subject_id FROM receiving_unit ORDER BY id DESC LIMIT %s", [number])
        ]
        counts = []
        for when, command, item in (
            (MONDAY, sync_clocks, SyncClock),
            (MONDAY + 2 * DAY, ring_clocks, RingClock),
            (MONDAY + 20 * DAY, ring_clocks, RingClock),
            (MONDAY + 20 * DAY, ring_clocks, RingClock),
        ):
            with db.counting() as seen:
                command(ctx(at=when), items=[item(n) for n in ids])
            counts.append(len(seen))
        return counts

    counted(1)
    assert counted(1) == counted(40)
    react(MONDAY + 20 * DAY)


def test_nothing_is_broken_by_anything_above(company):
    assert broken() == []
    assert at(company, MONDAY).ctx().at == MONDAY


def test_a_unit_that_is_matched_late_keeps_the_case_it_had_on_its_own(ctx, company):
    office(company)
    rma, lpn = opened(company, MONDAY), company.lpn()
    unit = ReceiveUnit(lpn=lpn, node=company.node(), sku=company.sku(), happened_at=MONDAY)
    assert receive_units(company.ctx(at=MONDAY), items=[unit]).done
    react(MONDAY)
    alone = clock(stage="received", lpn=lpn)
    assert ring_clocks(company.ctx(at=alone.due_at + HOUR), items=[RingClock(alone.subject_id)]).done
    key = f"clock:unit:{alone.subject_id}:received"
    assert case(key).state == "open"
    assert match_units(company.ctx(at=alone.due_at + 2 * HOUR), items=[MatchUnit(lpn, rma, 1)]).done
    react(alone.due_at + 2 * HOUR)
    matched = clock(stage="received", lpn=lpn)
    assert matched.rma_id is not None
    assert matched.case_key == key
    inspected(company, lpn, matched.due_at + 3 * HOUR)
    react(matched.due_at + 3 * HOUR)
    assert case(key).state == "closed"

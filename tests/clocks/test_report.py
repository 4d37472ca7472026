"""The report of breaches and the list agree with what happened; the API tells the same."""

from datetime import timedelta

import pytest

from counterflow.clocks.queries import ClockMissing, StateUnknown, clock, clocks, clocks_of_rma, time_left
from counterflow.clocks.report import BY, ByUnknown, clock_report
from counterflow.clocks.tasks import run_clocks
from counterflow.clocks.work import waiting
from counterflow.kernel import db
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from ticking import MONDAY, arrived, inspected, office, opened, react

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def node(company):
    """Three units inspected after 8, 16 and 40 working hours, and one that still waits, late."""
    office(company)
    for days in (1, 2, 7):
        rma = opened(company, MONDAY)
        (lpn,) = arrived(company, rma, MONDAY)
        inspected(company, lpn, MONDAY + days * DAY)
    arrived(company, opened(company, MONDAY), MONDAY)
    react(MONDAY + 7 * DAY)
    run_clocks(at=MONDAY + 8 * DAY)
    return company.node()


def test_a_report_tells_share_hours_and_money(node):
    span = {"since": MONDAY, "until": MONDAY + 30 * DAY}
    (row,) = clock_report(by="stage", stage="received", node=node, **span)
    assert (row.group, row.ended, row.in_time, row.late, row.late_running) == ("received", 3, 2, 2, 1)
    assert row.share == pytest.approx(2 / 3)
    assert (row.median_hours, row.target_hours) == (16, 24)
    assert row.p90_hours == pytest.approx(16 + 0.8 * 24)
    assert (row.late_minor, row.currency) == (2 * 2400, "GBP")
    weeks = clock_report(by="week", stage="received", node=node, **span)
    assert [(w.group, w.ended) for w in weeks] == [("2026-W24", 2), ("2026-W25", 1)]
    causes = clock_report(by="cause", stage="received", node=node, **span)
    assert [(c.group, c.late) for c in causes] == [("nobody_took_it", 2)]
    for by in BY:
        assert sum(r.late for r in clock_report(by=by, stage="received", node=node, **span)) == 2
    with pytest.raises(ByUnknown):
        clock_report(by="mood", **span)


def test_lists_go_on_and_filter(node):
    now = MONDAY + 8 * DAY
    (late,) = clocks(at=now, state="late", stage="received", node=node)
    assert (late.state, late.role, late.cause) == ("late", "inventory_controller", "nobody_took_it")
    ended = clocks(at=now, state="ended", stage="received", node=node)
    assert [row.worked_seconds // 3600 for row in ended] == [40, 16, 8]
    first = clocks(at=now, state="ended", stage="received", node=node, limit=1)
    rest = clocks(at=now, state="ended", stage="received", node=node, after=first[0].cursor)
    assert [row.id for row in (*first, *rest)] == [row.id for row in ended]
    only = clocks(at=now, state="ended_late", stage="received", node=node, cause="nobody_took_it")
    assert [row.state for row in only] == ["ended_late"]
    assert clocks(at=now, state="ended", node=node, since=now) == []
    assert clock(clock_id=late.id, at=now) == late
    assert late in clocks_of_rma(rma=late.rma, at=now)
    with pytest.raises(StateUnknown):
        clocks(at=now, state="asleep")
    with pytest.raises(ClockMissing):
        clock(clock_id=7, at=now)


def test_every_figure_of_the_report_is_as_many_in_the_list(ctx, company, node):
    rma = opened(company, MONDAY)
    (lpn,) = arrived(company, rma, MONDAY)
    react(MONDAY)
    assert reverse_receipts(ctx(at=MONDAY + HOUR), items=[ReverseReceipt(lpn, "mistaken_scan")]).done
    react(MONDAY + HOUR)
    now, span = MONDAY + 8 * DAY, {"since": MONDAY, "until": MONDAY + 30 * DAY}
    for row in clock_report(by="role", node=node, **span):
        counts = {"ended": row.ended, "ended_late": row.late - row.late_running, "late": row.late_running}
        for state, count in counts.items():
            assert len(clocks(at=now, state=state, owner=row.group, node=node, **span)) == count, (row.group, state)


def test_time_left_is_working_time(node):
    now = MONDAY + 8 * DAY
    (late,) = clocks(at=now, state="late", stage="received", node=node)
    # Due on Thursday at nine; since then seven hours, a whole day, Monday, and one hour of Tuesday.
    assert time_left([late], at=now)[late.id].time == -timedelta(hours=24)
    assert time_left([late], at=late.due_at - HOUR)[late.id].time == HOUR
    assert time_left([], at=now) == {}


def test_first_pages_count_what_is_late(node):
    now = MONDAY + 8 * DAY
    assert waiting(at=now, role="inventory_controller").late >= 1
    assert waiting(at=now).late >= waiting(at=now, role="inventory_controller").late


def test_lists_and_reports_are_one_statement(node):
    for ask in (
        lambda: clocks(at=MONDAY, state="next"),
        lambda: clock_report(since=MONDAY, until=MONDAY + DAY),
        lambda: waiting(at=MONDAY),
    ):
        with db.counting() as seen:
            ask()
        assert len(seen) == 1

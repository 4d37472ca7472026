"""What a back-test says of a small shop, and that a run is done once, whoever dies or comes too."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from counterflow.backtests import tasks
from counterflow.backtests.commands import advance_backtests as advancing
from counterflow.backtests.commands.cancel_backtests import CancelBacktest, cancel_backtests
from counterflow.backtests.queries import backtest, differences, next_open, segments
from counterflow.config.cli_verify import laws
from counterflow.kernel import clock
from counterflow.policies.engine import FactsRefused
from replays import changed, row

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def small_chunks(monkeypatch):
    """One order a chunk."""
    monkeypatch.setattr(advancing, "ORDERS_AT_ONCE", 1)


def by_change(run):
    return {d.change: d for d in differences(backtest_id=run)}


def test_a_shorter_window_refuses_what_came_late(shop, fourteen_days):
    run = shop.test(fourteen_days)
    found = backtest(run)
    assert found.before.returns == {"accepted": 3, "refused": 1}
    assert found.before.answers == {"yes": 2, "ask": 1, "no": 1}
    assert found.after.returns == {"accepted": 1, "refused": 3}
    assert found.before.refunded == {"GBP": 3 * 4800}
    assert found.after.refunded == {"GBP": 4800}
    assert found.changes == {"newly_refused": 2}
    assert found.differ == {"lines": 2, "returns": 2}
    assert found.stake == {"refused": {"GBP": 2 * 4800}}
    assert found.after.disposed["restock"]["pieces"] == 2
    assert "secondary" in found.before.disposed
    assert "secondary" not in found.after.disposed
    assert [d.rma for d in differences(backtest_id=run)] == [shop.rmas["late"], shop.rmas["asked"]]
    one = by_change(run)["newly_refused"]
    assert (one.row_would, one.delta_minor) == ("window-over", -4800)
    assert one.text_was
    assert one.text_would
    assert any("amount at stake" in bound for bound in found.bounds)


def test_a_longer_window_lets_through_whose_goods_nobody_knows(shop, ninety_days):
    found = backtest(shop.test(ninety_days))
    assert found.after.returns == {"accepted": 4}
    assert found.after.refunded == found.before.refunded
    assert found.after.possible == {"GBP": 4800}
    assert found.after.unknown == {"lines": 1, "pieces": 2}
    assert found.changes == {"newly_allowed": 1}
    assert any("lower bound" in bound for bound in found.bounds)


def test_what_is_asked_anew_is_bounded_and_what_a_person_said_before_is_kept(shop):
    ask = row("eligibility", "look", {"order_age_days": "[15..45]"}, answer="ask")
    kept = changed("eligibility", lambda rows: [*rows[:3], ask, *(r for r in rows[3:] if r.id != "just-over")])
    found = backtest(shop.test(kept))
    assert found.after.returns == {"accepted": 2, "waiting": 1, "refused": 1}
    assert found.after.refunded == {"GBP": 2 * 4800}
    assert found.after.possible == {"GBP": 4800}
    assert found.changes == {"newly_asked": 1}


def test_a_fee_takes_its_part_of_the_goods_without_their_tax(shop):
    table = changed("refund", lambda rows: [replace(r, then={**r.then, "restocking_fee_bp": 1000}) for r in rows])
    run = shop.test(table)
    found = backtest(run)
    assert found.after.fees == {"GBP": 3 * 400}
    assert found.after.refunded == {"GBP": 3 * 4400}
    assert found.before.days_median == found.after.days_median == 5
    assert by_change(run).keys() == {"less_money"}


def test_a_later_milestone_is_later_by_what_is_on_record(shop):
    table = changed("refund", lambda rows: [replace(r, then={**r.then, "milestone": "inspected"}) for r in rows])
    run = shop.test(table)
    found = backtest(run)
    assert found.after.refunded == found.before.refunded
    assert found.changes == {"later": 3}
    assert (found.before.days_p90, found.after.days_p90) == (6, 8)
    at_once = changed("refund", lambda rows: [replace(r, then={**r.then, "milestone": "authorised"}) for r in rows])
    found = backtest(shop.test(at_once))
    assert found.changes == {"sooner": 3}
    assert (found.after.days_median, found.after.days_p90) == (0, 1)


def test_a_milestone_that_was_never_reached_is_said_so(shop):
    shop.ask("never_sent", 6)
    found = backtest(shop.test(changed("refund", lambda rows: rows)))
    assert found.before.waiting == found.after.waiting == {"lines": 1, "pieces": 2, "minor": {"GBP": 4800}}


def test_earlier_requests_leave_more_where_the_draft_refused_them(shop):
    """The second request for one sale was told that two of four pieces were left; under the draft all four were."""
    order = shop.company.sell([("mug", 4, 2000, 400)])
    shop.ask("first", 20, order=order)
    shop.ask("second", 21, order=order)
    late = row("eligibility", "few", {"order_age_days": "20"}, answer="no")
    many = row("eligibility", "many", {"order_age_days": "21", "quantity_left": ">= 4"}, answer="no")
    run = shop.test(changed("eligibility", lambda rows: [*rows[:3], late, many, *rows[3:]]))
    rows = {d.rma: d.row_would for d in differences(backtest_id=run)}
    assert rows[shop.rmas["first"]] == "few"
    assert rows[shop.rmas["second"]] == "many"


def test_who_was_let_through_anew_leaves_less_for_those_after(shop, ninety_days):
    order = shop.company.sell([("mug", 2, 2000, 400)])
    shop.ask("too_late", 60, order=order)
    assert shop.ask("after", 5, order=order)
    run = shop.test(ninety_days)
    found = {d.rma: d for d in differences(backtest_id=run)}
    assert found[shop.rmas["too_late"]].would == "accepted"
    assert found[shop.rmas["after"]].would == "refused"
    assert backtest(run).after.answers["nothing_left"] == 1


def test_overrides_stay_go_or_are_taken_for_all(shop, fourteen_days):
    shop.ask("overridden", 60, override="goodwill")
    kept, none, every = (backtest(shop.test(fourteen_days, overrides=how)) for how in ("kept", "none", "all"))
    assert kept.after.returns == {"accepted": 2, "refused": 3}
    assert none.after.returns == {"accepted": 1, "refused": 4}
    assert every.after.returns == {"accepted": 5}


def test_a_scope_narrows_who_is_answered_by_the_draft(shop, fourteen_days):
    brand = f"brand-{shop.company.tag}"
    elsewhere = shop.start(shop.draft(fourteen_days, scope={"brand": ["another"]}))
    here = shop.start(shop.draft(fourteen_days, scope={"brand": [brand]}))
    for run, differ in ((elsewhere, 0), (here, 2)):
        tasks.finish(run, now=clock.now, progress=lambda done, total: None)
        assert backtest(run).differ["returns"] == differ
    assert [s.value for s in segments(backtest_id=here, dimension="brand")] == [brand]
    assert backtest(shop.test(fourteen_days, brand="another")).returns == 0


def test_segments_and_lists_are_two_views_of_one_thing(shop, fourteen_days):
    run = shop.test(fourteen_days)
    found = backtest(run)
    for dimension in ("family", "zone", "value_band", "channel_kind"):
        rows = segments(backtest_id=run, dimension=dimension)
        assert sum(r.lines for r in rows) == found.lines
        assert sum(r.differ for r in rows) == found.differ["lines"]
        assert sum(r.refunded_after.get("GBP", 0) for r in rows) == found.after.refunded["GBP"]
        listed = [differences(backtest_id=run, **{dimension: r.value}) for r in rows]
        assert [len(one) for one in listed] == [r.differ for r in rows]


def test_chunks_come_to_the_same_as_one(shop, fourteen_days, monkeypatch):
    whole = backtest(shop.test(fourteen_days))
    monkeypatch.setattr(advancing, "ORDERS_AT_ONCE", 1)
    parts = backtest(shop.test(fourteen_days))
    assert parts.backtest.total == 4
    assert (parts.before, parts.after, parts.changes, parts.rows) == (
        whole.before,
        whole.after,
        whole.changes,
        whole.rows,
    )


@pytest.mark.usefixtures("small_chunks")
def test_two_workers_at_once_do_every_chunk_once(shop, fourteen_days):
    run = shop.start(shop.draft(fourteen_days))
    together = Barrier(3)

    def work(n):
        try:
            together.wait()
            while next_open(backtest_id=run) is not None:
                tasks.step(at=clock.now(), backtest_id=run)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert backtest(run).backtest.state == "done"
    assert len(differences(backtest_id=run)) == 2


def test_a_defect_ends_the_run_and_leaves_nothing_of_its_chunk(shop, fourteen_days, monkeypatch):
    run = shop.start(shop.draft(fourteen_days))

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(advancing, "_copy", broken)
    assert tasks.step(at=clock.now(), backtest_id=run)
    with pytest.raises(RuntimeError):
        tasks.step(at=clock.now(), backtest_id=run)
    found = backtest(run)
    assert (found.backtest.state, found.returns) == ("failed", 0)
    assert "RuntimeError" in found.backtest.fault


def test_a_version_that_cannot_answer_ends_its_run_with_why_and_holds_up_no_other(shop, fourteen_days, monkeypatch):
    """Facts on record that the list of facts has no more are refused by the engine."""
    run = shop.start(shop.draft(fourteen_days))
    assert tasks.step(at=clock.now(), backtest_id=run)

    def refusing(*_):
        raise FactsRefused(kind="eligibility", position=3, reason="Additional properties are not allowed")

    with monkeypatch.context() as patch:
        patch.setattr(advancing, "compare", refusing)
        assert tasks.step(at=clock.now(), backtest_id=run)
    found = backtest(run).backtest
    assert (found.state, found.done) == ("failed", 0)
    assert "item 3: Additional properties" in found.fault
    assert next_open(backtest_id=run) is None
    assert backtest(shop.test(fourteen_days)).backtest.state == "done"


@pytest.mark.usefixtures("small_chunks")
def test_a_run_that_is_cancelled_keeps_what_its_chunks_came_to(shop, fourteen_days, ctx, owner):
    run = shop.start(shop.draft(fourteen_days))
    for _ in range(3):
        assert tasks.step(at=clock.now(), backtest_id=run)
    assert backtest(run).returns == 0
    for replayed in (False, True):
        assert cancel_backtests(ctx(), items=[CancelBacktest(run)]).done[0].replayed is replayed
    found = backtest(run)
    assert (found.backtest.state, found.backtest.done, found.backtest.total, found.returns) == ("cancelled", 2, 4, 2)
    assert sum(found.changes.values()) == len(differences(backtest_id=run))
    assert not tasks.step(at=clock.now(), backtest_id=run)
    assert [law.name for law in laws() if law.name.startswith("backtests.") and owner.execute(law.sql).fetchall()] == []


PROGRAM = """
import sys, time
sys.path.insert(0, {tests!r})
import django
django.setup()
from counterflow.backtests import tasks
from counterflow.backtests.commands import advance_backtests as advancing
from counterflow.kernel import clock
advancing.ORDERS_AT_ONCE = 1
tasks.step(at=clock.now(), backtest_id={run})
tasks.step(at=clock.now(), backtest_id={run})
real = advancing._copy
def slow(*given):
    real(*given)
    print("inside", flush=True)
    time.sleep(60)
advancing._copy = slow
tasks.step(at=clock.now(), backtest_id={run})
"""


def test_a_killed_worker_is_gone_on_from(shop, fourteen_days):
    """Killed in the middle of its second chunk, after that wrote: the chunk is undone, and another worker does it."""
    run = shop.start(shop.draft(fourteen_days))
    program = PROGRAM.format(tests=str(TESTS), run=run)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env={**os.environ}) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"inside\n"
        assert tasks.step(at=clock.now(), backtest_id=run)  # the third, beside it
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert backtest(run).backtest.done == 2
    tasks.finish(run, now=clock.now, progress=lambda done, total: None)
    assert backtest(run).backtest.state == "done"
    assert len(differences(backtest_id=run)) == 2


def test_the_laws_of_back_tests_hold_and_miss_a_row_that_is_gone(shop, fourteen_days, owner):
    run = shop.test(fourteen_days)
    ours = [law for law in laws() if law.name.startswith("backtests.")]
    assert [owner.execute(law.sql).fetchall() for law in ours] == [[], [], []]
    with owner.transaction(force_rollback=True):
        owner.execute("DELETE FROM backtests_difference WHERE backtest_id = %s", [run])
        assert [bool(owner.execute(law.sql).fetchall()) for law in ours] == [True, True, False]

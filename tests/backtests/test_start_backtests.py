"""Starting, cancelling and failing back-tests: what is refused, what is a replay, and who comes first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from counterflow.backtests.commands.advance_backtests import AdvanceBacktest, advance_backtests
from counterflow.backtests.commands.cancel_backtests import CancelBacktest, cancel_backtests
from counterflow.backtests.commands.fail_backtests import FailBacktest, fail_backtests
from counterflow.backtests.commands.finish_backtests import FinishBacktest, finish_backtests
from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.queries import backtest, backtests, next_open
from counterflow.backtests.tasks import finish
from counterflow.kernel import clock, db
from counterflow.policies.tables import shipped
from replays import changed
from trying import SINCE, UNTIL

STARTS = 6


def wish(shop, version_id, **more):
    return StartBacktest(
        **{"request_ref": shop.company.lpn(), "version_id": version_id, "since": SINCE, "until": UNTIL, **more}
    )


def code(ctx, item):
    (result,) = start_backtests(ctx(), items=[item])
    return getattr(result, "code", "done")


def test_what_cannot_be_tested_is_refused_with_a_reason(shop, ctx, fourteen_days):
    version = shop.draft(fourteen_days)
    (routing,) = db.rows("SELECT id FROM policies_policyversion WHERE kind = 'routing' ORDER BY id LIMIT 1")
    bad = changed("eligibility", lambda rows: [rows[-1], *rows])
    assert code(ctx, wish(shop, 1)) == "version_unknown"
    assert code(ctx, wish(shop, routing.id)) == "kind_not_replayed"
    assert code(ctx, wish(shop, shop.draft(bad))) == "table_refused"
    assert code(ctx, wish(shop, version, until=SINCE)) == "period_empty"
    assert code(ctx, wish(shop, version, overrides="some")) == "overrides_unknown"
    assert code(ctx, wish(shop, version, request_ref=" ")) == "reference_missing"
    assert code(ctx, wish(shop, version, request_ref="mine")) == "done"
    assert code(ctx, wish(shop, version, request_ref="mine", brand="other")) == "identity_reused"


def test_the_same_wish_while_one_is_open_is_that_one(shop, fourteen_days):
    version = shop.draft(fourteen_days)
    first = shop.start(version)
    assert shop.start(version) == first
    assert shop.start(version, overrides="none") != first
    finish(first, now=clock.now, progress=lambda done, total: None)
    assert shop.start(version) != first


def test_many_who_start_the_same_at_once_get_one_run(shop, ctx, fourteen_days):
    version = shop.draft(fourteen_days)
    together = Barrier(STARTS)

    def start(n):
        try:
            together.wait()
            (done,) = start_backtests(ctx(), items=[wish(shop, version, request_ref=f"{shop.company.tag}-race-{n}")])
            return done.facts["backtest_id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(STARTS) as pool:
        found = set(pool.map(start, range(STARTS)))
    assert len(found) == 1
    assert len(backtests(version_id=version)) == 1


def test_a_run_is_cancelled_once_and_does_not_go_on(shop, ctx, fourteen_days):
    run = shop.start(shop.draft(fourteen_days))
    assert advance_backtests(ctx(), items=[AdvanceBacktest(run, 0)]).done
    first, again = (cancel_backtests(ctx(), items=[CancelBacktest(run)]).done[0] for _ in range(2))
    assert (first.replayed, again.replayed) == (False, True)
    (refused,) = advance_backtests(ctx(), items=[AdvanceBacktest(run, 1)])
    assert refused.code == "move_not_allowed"
    assert next_open(backtest_id=run) is None
    assert backtest(run).backtest.state == "cancelled"
    assert cancel_backtests(ctx(), items=[CancelBacktest(7)]).refused[0].code == "backtest_not_found"


def test_what_failed_says_why(shop, ctx, fourteen_days):
    run = shop.start(shop.draft(fourteen_days))
    assert fail_backtests(ctx(), items=[FailBacktest(run, "The disk is full.")]).done
    assert fail_backtests(ctx(), items=[FailBacktest(run, "Again.")]).done[0].replayed
    assert backtest(run).backtest.fault == "The disk is full."
    (refused,) = cancel_backtests(ctx(), items=[CancelBacktest(run)])
    assert refused.code == "move_not_allowed"


def test_a_run_is_finished_once_and_only_when_every_chunk_is_done(shop, ctx, fourteen_days):
    run = shop.start(shop.draft(fourteen_days))
    assert finish_backtests(ctx(), items=[FinishBacktest(run)]).refused[0].code == "move_not_allowed"
    assert advance_backtests(ctx(), items=[AdvanceBacktest(run, 0)]).done
    assert finish_backtests(ctx(), items=[FinishBacktest(run)]).refused[0].code == "chunks_left"
    assert advance_backtests(ctx(), items=[AdvanceBacktest(run, 1)]).done
    assert advance_backtests(ctx(), items=[AdvanceBacktest(run, 1)]).refused[0].code == "elsewhere"
    first, again = (finish_backtests(ctx(), items=[FinishBacktest(run)]).done[0] for _ in range(2))
    assert (first.replayed, again.replayed) == (False, True)
    assert backtest(run).differ["returns"] == 2


def test_a_draft_that_is_edited_meanwhile_does_not_change_a_run(shop, fourteen_days):
    version = shop.draft(fourteen_days)
    run = shop.start(version)
    (row,) = db.rows("SELECT content FROM backtests_backtest WHERE id = %s", [run])
    assert row.content == fourteen_days.as_json() != shipped("eligibility").as_json()


def test_statements_do_not_depend_on_the_size_of_a_batch(shop, ctx, fourteen_days):
    version = shop.draft(fourteen_days)

    def counted(number, first):
        items = [wish(shop, version, until=UNTIL + timedelta(days=first + n)) for n in range(number)]
        with db.counting() as seen:
            batch = start_backtests(ctx(), items=items)
        assert not batch.refused
        ends = [CancelBacktest(done.facts["backtest_id"]) for done in batch.done]
        with db.counting() as more:
            assert not cancel_backtests(ctx(), items=ends).refused
        return len(seen), len(more)

    assert counted(1, 0) == counted(50, 100)


def test_a_chunk_takes_the_same_statements_whatever_is_in_it(shop, ctx, fourteen_days):
    def counted(more):
        for n in range(more):
            shop.ask(f"more-{n}", 20)
        run = shop.start(shop.draft(fourteen_days))
        counts = []
        for chunk in (0, 1):
            with db.counting() as seen:
                assert advance_backtests(ctx(), items=[AdvanceBacktest(run, chunk)]).done
            counts.append(len(seen))
        return counts

    counted(0)
    assert counted(0) == counted(30)


@pytest.mark.parametrize("name", ["since", "until"])
def test_requests_outside_of_the_period_are_not_counted(name, shop, fourteen_days):
    edge = {"since": SINCE, "until": UNTIL, name: SINCE + timedelta(days=30)}
    run = shop.test(fourteen_days, **edge)
    assert backtest(run).returns == {"since": 3, "until": 1}[name]

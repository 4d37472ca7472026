"""Two who ring at once have one effect, and who stops a clock at the same time is not overheard."""

from datetime import timedelta

from counterflow.clocks.commands.sync_clocks import SyncClock, sync_clocks
from counterflow.clocks.tasks import run_clocks
from counterflow.kernel import db
from refunding import at_once
from ticking import MONDAY, arrived, broken, case, clocks, inspected, office, opened, react

DAY = timedelta(days=1)


def test_eight_runners_at_once_warn_once_and_open_one_case(ctx, company):
    office(company)
    rmas = [opened(company, MONDAY, 1) for _ in range(6)]
    for rma in rmas:
        arrived(company, rma, MONDAY)
    react(MONDAY)
    for when in (MONDAY + 2 * DAY, MONDAY + 5 * DAY):
        at_once(lambda n, when=when: run_clocks(at=when))
    for rma in rmas:
        (found,) = clocks(rma, "received")
        told = db.rows("SELECT kind FROM kernel_eventrecord WHERE subject_id = %s ORDER BY id", [found.id])
        assert [row.kind for row in told] == ["ClockWarned", "ClockBreached"]
        cases = db.rows("SELECT count(*) AS n FROM workqueue_case WHERE dedupe_key = %s", [found.case_key])
        assert cases[0].n == 1
    assert broken() == []


def test_eight_who_start_the_same_clocks_start_them_once(ctx, company):
    office(company)
    rma = opened(company, MONDAY)
    arrived(company, rma, MONDAY)
    ids = [row.id for row in db.rows("SELECT id FROM returns_rma WHERE number = %s", [rma])]
    ids += [row.id for row in db.rows("SELECT max(id) AS id FROM receiving_unit")]
    at_once(lambda n: sync_clocks(ctx(at=MONDAY), items=[SyncClock(i) for i in ids]))
    assert sorted(c.stage for c in clocks(rma)) == ["credit_due", "label", "received"]
    react(MONDAY)
    assert broken() == []


def test_the_last_of_several_units_settles_the_case_whoever_it_is(ctx, company):
    office(company)
    rma = opened(company, MONDAY, 8)
    plates = arrived(company, rma, MONDAY, *[company.lpn() for _ in range(8)])
    react(MONDAY)
    run_clocks(at=MONDAY + 5 * DAY)
    key = clocks(rma, "received")[0].case_key
    for lpn in plates:
        inspected(company, lpn, MONDAY + 6 * DAY)
    units = [row.subject_id for row in clocks(rma, "received")]
    at_once(lambda n: sync_clocks(ctx(at=MONDAY + 6 * DAY), items=[SyncClock(units[n])]))
    assert case(key).state == "closed"
    react(MONDAY + 6 * DAY)
    assert broken() == []

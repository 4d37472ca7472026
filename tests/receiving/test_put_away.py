"""Putting away: the right tote confirms a disposal, the wrong one stops it, and a tote knows what is in it."""

import pytest

import dock
from company import Company
from counterflow.facilities.commands.record_totes import RecordTote, record_totes
from counterflow.facilities.rules import Purpose
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.empty_totes import EmptyTote, empty_totes
from counterflow.receiving.commands.put_away_units import PutUnitAway, put_away_units
from counterflow.receiving.commands.reverse_disposals import ReverseDisposal, reverse_disposals
from counterflow.receiving.queries import unit
from counterflow.receiving.rules import Disposition
from quality import dispose, graded
from together import together

CLERK = ("receiving.dispose",)


def tote(company: Company, purpose: str = "restock", node: str = "dc1", capacity: int | None = None) -> str:
    """A tote that nobody used before; its code."""
    code = f"T-{purpose}-{company.lpn()}"
    assert record_totes(company.ctx(), items=[RecordTote(code, company.node(node), purpose, capacity)]).done
    return code


def inside(code: str) -> list[str]:
    """Plates in a tote."""
    rows = db.rows(
        "SELECT u.lpn FROM receiving_unit u JOIN facilities_tote t ON t.id = u.tote_id WHERE t.code = %s ORDER BY u.id",
        [code],
    )
    return [row.lpn for row in rows]


def put(company: Company, lpn: str, code: str):
    """Put a disposed unit into a tote."""
    return put_away_units(company.ctx(*CLERK), items=[PutUnitAway(lpn, code)])


def test_a_tote_is_for_every_way_that_units_may_go():
    assert set(map(str, Purpose)) == set(map(str, Disposition))


def test_the_right_tote_confirms_and_the_wrong_one_posts_nothing(company):
    lpn, right, wrong = graded(company), tote(company), tote(company, "scrap")
    (refused,) = dispose(company, DisposeUnit(lpn, tote=wrong), may=CLERK).refused
    assert (refused.code, refused.facts["purpose"], refused.facts["disposition"]) == ("wrong_tote", "scrap", "restock")
    assert unit(lpn=lpn).unit.state == "inspected"
    assert dispose(company, DisposeUnit(lpn, tote=right), may=CLERK).done
    assert inside(right) == [lpn]
    assert dispose(company, DisposeUnit(lpn, tote=right), may=CLERK).done[0].replayed
    assert dock.stock(company, "available") == (1, 800)
    assert dock.breaches() == []


@pytest.mark.parametrize("what", ["unknown", "off", "elsewhere", "full"])
def test_a_tote_that_will_not_do_is_refused_with_the_reason(company, what):
    lpn, code = graded(company), "no-such-tote"
    if what == "off":
        code = tote(company)
        assert record_totes(company.ctx(), items=[RecordTote(code, company.node(), "restock", active=False)]).done
    if what == "elsewhere":
        code = tote(company, node="3pl")
    if what == "full":
        code = tote(company, capacity=1)
        assert dispose(company, DisposeUnit(graded(company), tote=code)).done
    (refused,) = dispose(company, DisposeUnit(lpn, tote=code)).refused
    assert (
        refused.code
        == {
            "unknown": "tote_not_found",
            "off": "tote_not_in_use",
            "elsewhere": "tote_elsewhere",
            "full": "tote_full",
        }[what]
    )
    assert unit(lpn=lpn).unit.stock_state == "inspection"
    assert dock.breaches() == []


def test_a_unit_disposed_of_before_is_put_away_and_moved_to_another_tote(company):
    lpn, first, second, other = graded(company), tote(company), tote(company), tote(company, "secondary")
    (early,) = put(company, lpn, first).refused
    assert early.code == "nothing_to_put_away"
    assert dispose(company, DisposeUnit(lpn)).done
    assert put(company, lpn, first).done[0].replayed is False
    assert put(company, lpn, first).done[0].replayed is True
    assert put(company, lpn, other).refused[0].code == "wrong_tote"
    assert put(company, lpn, second).done
    assert (inside(first), inside(second)) == ([], [lpn])
    assert empty_totes(company.ctx(), items=[EmptyTote(second)]).done[0].facts == {"units": 1}
    assert empty_totes(company.ctx(), items=[EmptyTote(second)]).done[0].replayed
    assert empty_totes(company.ctx(), items=[EmptyTote("none")]).refused[0].code == "tote_not_found"
    assert inside(second) == []
    assert dock.breaches() == []


def test_eight_clerks_and_one_unit_put_it_away_once(company):
    lpn, code = graded(company), tote(company)
    batches = together([lambda: dispose(company, DisposeUnit(lpn, tote=code))] * 8)
    assert sum(not batch.done[0].replayed for batch in batches) == 1
    assert inside(code) == [lpn]
    totes = [tote(company) for _ in range(4)]
    together([lambda c=c: put(company, lpn, c) for c in totes * 2])
    assert sum(lpn in inside(c) for c in totes) == 1
    assert dock.breaches() == []


def test_a_tote_for_three_takes_three_of_eight_at_once(company):
    code, lpns = tote(company, capacity=3), [graded(company) for _ in range(8)]
    batches = together([lambda i=lpn: dispose(company, DisposeUnit(i, tote=code)) for lpn in lpns])
    assert sum(len(batch.done) for batch in batches) == 3
    assert len(inside(code)) == 3
    assert dock.breaches() == []


@pytest.mark.parametrize("number", [1, 40])
def test_putting_away_takes_a_fixed_number_of_statements(company, number):
    code = tote(company)
    lpns = [graded(company) for _ in range(number)]
    counts = []
    for run in (
        lambda: dispose(company, *[DisposeUnit(lpn, tote=code) for lpn in lpns]),
        lambda: empty_totes(company.ctx(), items=[EmptyTote(code)]),
        lambda: put_away_units(company.ctx(), items=[PutUnitAway(lpn, code) for lpn in lpns]),
        lambda: reverse_disposals(company.ctx(), items=[ReverseDisposal(lpn, "oops") for lpn in lpns]),
    ):
        with db.counting() as seen:
            assert not run().refused
        counts.append(len(seen))
    # One more statement fetches ids, a thousand at a time, where one tote stands for many plates.
    assert counts == [9, 7 + (number > 1), 6, 7]

"""Splitting: pieces get a plate of their own, with their share of value, allocation and origin."""

import dock
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.commands.split_units import SplitUnit, split_units
from counterflow.receiving.queries import unit, units_of_rma
from quality import arrived, dispose, inspect
from together import together


def split(company, *items, key=None):
    return split_units(company.ctx(key=key), items=items)


def test_pieces_take_their_share_of_value_and_allocation_and_live_on_alone(company):
    lpn, rma = arrived(company, quantity=5)
    part = company.lpn()
    (done,) = split(company, SplitUnit(lpn, part, 2)).done
    whole, piece = unit(lpn=lpn).unit, unit(lpn=part).unit
    assert (whole.quantity, whole.cost_minor, piece.quantity, piece.cost_minor) == (3, 2400, 2, 1600)
    assert (piece.state, piece.rma, piece.parent_id) == ("received", rma, whole.id)
    assert done.facts == {"unit_id": piece.id, "quantity": 2}
    assert dock.stock(company, "received") == (5, 4000)
    assert dock.breaches() == []
    inspect(company, InspectUnit(lpn, "A"), InspectUnit(part, "D"))
    line = dock.line_of(rma)
    assert (line.passed_qty, line.failed_qty, line.allocated_qty) == (3, 2, 5)
    dispose(company, DisposeUnit(lpn), DisposeUnit(part, disposition="scrap", override_reason="broken"))
    assert dock.stock(company, "available") == (3, 2400)
    assert dock.breaches() == []


def test_odd_values_stay_whole_to_the_cent(company, monkeypatch):
    monkeypatch.setitem(company.costs, "mug", 333)
    lpn, _ = arrived(company, "mug", 5)
    value = unit(lpn=lpn).unit.cost_minor
    parts = [company.lpn() for _ in range(3)]
    batch = split(company, *[SplitUnit(lpn, part, 1) for part in parts], SplitUnit(parts[0], company.lpn(), 1))
    assert [r.code for r in batch.refused] == ["not_a_part"]
    units = [unit(lpn=plate).unit for plate in (lpn, *parts)]
    assert sum(u.cost_minor for u in units) == value
    assert sum(u.quantity for u in units) == 5
    assert dock.breaches() == []


def test_a_part_may_be_split_again_within_one_batch(company):
    lpn, rma = arrived(company, quantity=5)
    first, second = company.lpn(), company.lpn()
    assert len(split(company, SplitUnit(lpn, first, 3), SplitUnit(first, second, 1)).done) == 2
    assert [(u.lpn, u.quantity, u.cost_minor) for u in units_of_rma(rma=rma)] == [
        (lpn, 2, 1600),
        (first, 2, 1600),
        (second, 1, 800),
    ]
    assert dock.breaches() == []


def test_refusals_and_replays(company):
    lpn, _ = arrived(company, quantity=2)
    other, _ = arrived(company, quantity=2)
    part = company.lpn()
    assert split(company, SplitUnit(lpn, part, 1)).done
    (again,) = split(company, SplitUnit(lpn, part, 1)).done
    assert again.replayed
    inspect(company, InspectUnit(other, "A"))
    batch = split(
        company,
        SplitUnit("nowhere", company.lpn(), 1),
        SplitUnit(lpn, company.lpn(), 1),
        SplitUnit(lpn, company.lpn(), 0),
        SplitUnit(other, company.lpn(), 1),
        SplitUnit(other, part, 1),
        SplitUnit(lpn, lpn, 1),
    )
    assert [r.code for r in batch.refused] == [
        "unit_not_found",
        "not_a_part",
        "not_a_part",
        "move_not_allowed",
        "identity_reused",
        "identity_reused",
    ]


def test_eight_splits_have_one_effect_and_never_take_more_than_is_there(company):
    lpn, _ = arrived(company, quantity=5)
    part = company.lpn()
    batches = together([lambda: split(company, SplitUnit(lpn, part, 1))] * 8)
    assert sum(not b.done[0].replayed for b in batches) == 1
    plates = [company.lpn() for _ in range(8)]
    racing = together([lambda p=p: split(company, SplitUnit(lpn, p, 1)) for p in plates])
    assert sum(len(b.done) for b in racing) == 3
    assert unit(lpn=lpn).unit.quantity == 1
    assert dock.breaches() == []


def test_one_split_and_two_hundred_take_the_same_statements(company):
    rma = dock.authorise(company, [("tee", 500)], order=company.sell([("tee", 500, 2000, 400)]))
    lpn, _ = arrived(company, quantity=400, rma=rma)
    split(company, SplitUnit(lpn, company.lpn(), 1))
    with db.counting() as one:
        split(company, SplitUnit(lpn, company.lpn(), 1))
    with db.counting() as many:
        batch = split(company, *[SplitUnit(lpn, company.lpn(), 1) for _ in range(200)])
    assert len(batch.done) == 200
    assert many == one
    assert len(one) <= 6
    assert dock.breaches() == []

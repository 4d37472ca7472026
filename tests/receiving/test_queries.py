"""Questions to receiving give flat rows by a fixed number of statements."""

import pytest

import dock
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.queries import UnitMissing, bench, unit, units_by_lpn, units_of_rma
from quality import SHOWN, arrived, dispose, graded, inspect


def test_the_bench_lists_what_is_still_to_be_decided_oldest_first(company):
    waiting, _ = arrived(company)
    looked_at = graded(company)
    apart = graded(company)
    dispose(company, DisposeUnit(apart, disposition="quarantine", override_reason="later"))
    gone = graded(company)
    dispose(company, DisposeUnit(gone))
    with db.counting() as statements:
        rows = bench(node=company.node())
    assert len(statements) == 1
    assert [(row.lpn, row.state, row.actions) for row in rows] == [
        (waiting, "received", ["inspect", "set_apart", "reverse"]),
        (looked_at, "inspected", ["inspect", "set_apart", "dispose"]),
        (apart, "set_apart", ["inspect", "release", "dispose"]),
    ]
    assert [row.lpn for row in bench(node=company.node(), state="inspected")] == [looked_at]
    assert [row.lpn for row in bench(node=company.node(), after_id=rows[0].id, limit=1)] == [looked_at]
    assert bench(node=company.node("3pl")) == []


def test_a_units_file_holds_its_rounds(company):
    lpn, rma = arrived(company, "phone", serial="S-9")
    inspect(company, InspectUnit(lpn, "D", serial="S-9", damage_code="defective", answers=SHOWN))
    dispose(company, DisposeUnit(lpn, disposition="quarantine", override_reason="second_look"))
    inspect(company, InspectUnit(lpn, "B", round=2, serial="S-9", answers=SHOWN))
    with db.counting() as statements:
        file = unit(lpn=lpn)
    assert len(statements) == 3
    assert [(i.round, i.grade, i.passed) for i in file.inspections] == [(1, "D", True), (2, "B", True)]
    assert [(d.round, d.disposition, d.asked) for d in file.disposals] == [(1, "quarantine", "to_supplier")]
    assert (file.unit.rma, file.unit.sku, file.unit.serial) == (rma, company.sku("phone"), "S-9")
    assert (file.unit.rma_line_no, file.unit.node, file.unit.currency) == (1, company.node(), "GBP")
    with pytest.raises(UnitMissing):
        unit(lpn="nowhere")


def test_units_by_plate_and_by_return(company):
    rma = dock.authorise(company, [("tee", 2), ("mug", 2)])
    plates = [arrived(company, name, rma=rma)[0] for name in ("mug", "tee")]
    with db.counting() as statements:
        assert set(units_by_lpn(lpns=[*plates, "nowhere"])) == set(plates)
        assert [row.lpn for row in units_of_rma(rma=rma)] == [plates[1], plates[0]]
    assert len(statements) == 2

"""Inspection by plan: the suggestion and who differs from it, and what electronics must show before any money."""

import pytest

import dock
import refunding
from company import SOLD
from counterflow import flows
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.kernel import db
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.queries import unit
from counterflow.refunds.queries import credits
from everything import ask, buy
from pictures import picture
from quality import SHOWN, arrived, inspect

CLEAN = {"packaging": "intact", "size": "right", "tags": "on", "worn": "no", "odour": "none", "stains": "none"}
TORN = {**CLEAN, "stains": "torn"}
WORKS = {**SHOWN, "packaging": "intact", "housing": "marks", "accessories": True, "wiped": True}


@pytest.fixture(autouse=True)
def sound():
    """Every law holds at the end."""
    yield
    assert dock.breaches() + refunding.breaches() == []


def photographed(company, lpn, shade=1):
    item = KeepPhoto("unit", unit(lpn=lpn).unit.id, picture((50, 50), colour=(shade, 0, 0)))
    assert keep_photos(company.ctx(), items=[item]).done


def phone(company, serial="A1", *, order="", **more):
    """A phone of a return on the dock; its plate and the return. The order names the serials A1 and A2 as sold."""
    rma = ask(company, order or buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    return arrived(company, "phone", rma=rma, serial=serial, **more)


def test_the_plan_suggests_and_the_inspector_may_leave_the_grade_to_it(company):
    lpn, _ = arrived(company)
    (done,) = inspect(company, InspectUnit(lpn, answers={**CLEAN, "tags": "gone"})).done
    assert (done.facts["grade"], done.facts["suggested_grade"]) == ("B", "B")
    seen = unit(lpn=lpn).inspections[0]
    assert (seen.plan_row, seen.suggested_grade, seen.grade_reason) == ("A9", "B", "")
    assert seen.plan.startswith("apparel/")


def test_who_differs_says_why_and_both_are_kept(company):
    lpn, _ = arrived(company)
    (refused,) = inspect(company, InspectUnit(lpn, "C", answers=CLEAN)).refused
    assert refused.code == "grade_reason_missing"
    assert "As new, with its tags" in refused.message
    (done,) = inspect(company, InspectUnit(lpn, "C", answers=CLEAN, grade_reason="crumpled")).done
    assert (done.facts["grade"], done.facts["suggested_grade"]) == ("C", "A")
    assert unit(lpn=lpn).inspections[0].grade_reason == "crumpled"


def test_a_bare_grade_is_enough_where_the_plan_wants_nothing_shown(company):
    lpn, _ = arrived(company)
    (done,) = inspect(company, InspectUnit(lpn, "B")).done
    assert (done.facts["passed"], done.facts["suggested_grade"]) == (True, "")
    assert inspect(company, InspectUnit(lpn, round=2)).refused[0].code == "grade_missing"
    assert inspect(company, InspectUnit(lpn, "B", round=2, answers={"tags": "none"})).refused[0].code == "answers_wrong"


def test_damage_has_to_be_photographed_in_the_same_round(company):
    lpn, _ = arrived(company)
    (refused,) = inspect(company, InspectUnit(lpn, answers=TORN)).refused
    assert (refused.code, refused.facts["missing"]) == ("photos_missing", 1)
    photographed(company, lpn)
    (done,) = inspect(company, InspectUnit(lpn, answers=TORN)).done
    assert (done.facts["grade"], done.facts["damage_code"], done.facts["passed"]) == ("D", "customer_damage", False)
    assert inspect(company, InspectUnit(lpn, round=2, answers=TORN)).refused[0].code == "photos_missing"
    photographed(company, lpn, shade=9)
    assert inspect(company, InspectUnit(lpn, round=2, answers=TORN)).done


def test_a_mistaken_inspection_is_corrected_by_a_further_round_that_moves_nothing(company):
    lpn, rma = arrived(company)
    inspect(company, InspectUnit(lpn, "D"))
    entries = db.rows("SELECT count(*) AS n FROM ledger_entry")[0].n
    (done,) = inspect(company, InspectUnit(lpn, "A", round=2)).done
    assert done.facts["passed"] is True
    assert db.rows("SELECT count(*) AS n FROM ledger_entry")[0].n == entries
    assert dock.milestones(rma)["inspection_passed"] == 1
    assert "inspection_failed" not in dock.milestones(rma)
    assert dock.stock(company, "inspection") == (1, 800)
    assert [i.round for i in unit(lpn=lpn).inspections] == [1, 2]


def test_no_money_for_a_phone_before_serial_lock_and_diagnostics_are_shown(company):
    lpn, rma = phone(company)
    for wanting in (
        InspectUnit(lpn, "A"),
        InspectUnit(lpn, "A", passed=True),
        InspectUnit(lpn, "A", serial="A1"),
        InspectUnit(lpn, "A", answers=WORKS),
        InspectUnit(lpn, "A", serial="A1", answers={"activation_lock": "off"}),
    ):
        (refused,) = inspect(company, wanting).refused
        assert refused.code == "not_proven", wanting
    assert "The result of the diagnostics is recorded" in refused.message
    flows.run_pending()
    assert credits(rma=rma) == []
    (done,) = inspect(company, InspectUnit(lpn, serial="A1", answers=WORKS)).done
    assert (done.facts["grade"], done.facts["passed"]) == ("B", True)
    flows.run_pending()
    assert [credit.total_minor for credit in credits(rma=rma)] == [2399]


def test_a_locked_phone_fails_whatever_the_inspector_says_and_is_not_paid(company):
    lpn, rma = phone(company)
    locked = {**WORKS, "activation_lock": "on"}
    (done,) = inspect(company, InspectUnit(lpn, "A", passed=True, serial="A1", answers=locked, grade_reason="ok")).done
    assert (done.facts["passed"], done.facts["suggested_grade"]) == (False, "D")
    flows.run_pending()
    assert credits(rma=rma) == []
    assert dock.milestones(rma)["inspection_failed"] == 1


@pytest.mark.parametrize(("serial", "sold"), [("B1", "to_another"), ("Z9", "never")])
def test_a_serial_number_of_another_sale_fails_with_a_case_and_no_money(company, serial, sold):
    other = buy(company, ("phone", 1))
    renamed = (
        "UPDATE orders_soldserial z SET serial = 'B1' FROM orders_shipmentline l"
        " JOIN orders_shipment s ON s.id = l.shipment_id JOIN orders_order o ON o.id = s.order_id"
        " WHERE l.id = z.shipment_line_id AND o.number = %s"
    )
    assert db.execute(renamed, [other]) == 1
    lpn, rma = phone(company, serial)
    (done,) = inspect(company, InspectUnit(lpn, "A", passed=True, serial=serial, answers=WORKS, grade_reason="x")).done
    assert (done.facts["passed"], done.facts["damage_code"]) == (False, "serial_mismatch")
    assert "wrong_serial" in dock.cases(company)
    found = db.rows("SELECT facts FROM workqueue_case WHERE kind = 'wrong_serial' ORDER BY id DESC LIMIT 1")[0]
    assert found.facts["sold"] == sold
    flows.run_pending()
    assert credits(rma=rma) == []


def test_where_no_serial_number_was_told_with_the_shipment_a_scanned_one_is_enough(company):
    lpn, _ = arrived(company, "phone", serial="S1")
    assert inspect(company, InspectUnit(lpn, "A", serial="S1", answers=SHOWN)).done[0].facts["passed"]


def test_a_phone_of_no_sale_passes_only_once_it_is_matched(company):
    blind = dock.scan(company, "phone", serial="A1")
    dock.receive(company, blind)
    (refused,) = inspect(company, InspectUnit(blind.lpn, serial="A1", answers=WORKS)).refused
    assert refused.code == "not_proven"
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    assert match_units(company.ctx(), items=[MatchUnit(blind.lpn, rma, 1)]).done
    assert inspect(company, InspectUnit(blind.lpn, serial="A1", answers=WORKS)).done[0].facts["passed"]


def test_what_passed_without_a_name_is_not_matched_to_electronics(company):
    nameless = dock.scan(company, sku="")
    dock.receive(company, nameless)
    assert inspect(company, InspectUnit(nameless.lpn, "A")).done[0].facts["passed"]
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    (refused,) = match_units(company.ctx(), items=[MatchUnit(nameless.lpn, rma, 1)]).refused
    assert refused.code == "passed_unproven"
    assert inspect(company, InspectUnit(nameless.lpn, "A", round=2, passed=False)).done
    assert match_units(company.ctx(), items=[MatchUnit(nameless.lpn, rma, 1)]).done
    assert "inspection_passed" not in dock.milestones(rma)


def test_a_batch_of_phones_takes_one_statement_more_than_one_of_tees(company):
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    phones = [arrived(company, "phone", rma=rma, serial=f"A{n}")[0] for n in (1, 2)]
    tee, _ = arrived(company)
    inspect(company, InspectUnit(arrived(company)[0], "A"))

    def statements(*items):
        with db.counting() as seen:
            assert not inspect(company, *items).refused
        return len(seen)

    looks = [InspectUnit(lpn, serial=f"A{n}", answers=WORKS) for n, lpn in enumerate(phones, start=1)]
    assert statements(*looks) == statements(InspectUnit(tee, answers=CLEAN)) + 1


def test_serial_numbers_are_kept_with_the_shipment_and_belong_to_its_content(company):
    order = buy(company, ("phone", 2))
    same = ReportShipment(company.channel(), order, "S1", company.node(), SOLD, [ShippedLine(1, 2, ["A2", "A1"])])
    assert record_shipments(company.ctx(), items=[same]).done[0].replayed
    other = ReportShipment(company.channel(), order, "S1", company.node(), SOLD, [ShippedLine(1, 2, ["A1", "A3"])])
    assert record_shipments(company.ctx(), items=[other]).refused[0].code == "identity_reused"
    for wrong in (["A1", "A1"], ["A1", "A2", "A3"], [" "]):
        bad = ReportShipment(company.channel(), order, "S2", company.node(), SOLD, [ShippedLine(1, 2, wrong)])
        assert record_shipments(company.ctx(), items=[bad]).refused[0].code == "serials_malformed"

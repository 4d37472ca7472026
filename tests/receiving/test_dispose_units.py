"""Disposal: policy sends a unit on, its value goes along, and who differs needs the right and a reason."""

import pytest

import dock
from agreeing import as_, ask, person, request_of, say
from counterflow.kernel import db
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.ledger.commands.release_holds import ReleaseHold, release_holds
from counterflow.policies.queries import decisions
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.queries import unit
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from quality import arrived, dispose, gl, graded, inspect
from together import together

CLERK = ("receiving.dispose",)
BENCH = ("receiving.dispose", "receiving.override")


def test_like_new_goods_join_the_pool_with_their_value(company):
    lpn = graded(company, quantity=2)
    (done,) = dispose(company, DisposeUnit(lpn), may=CLERK).done
    assert done.facts["disposition"] == "restock"
    assert dock.stock(company, "available") == (2, 1600)
    assert dock.stock(company, "inspection") == (0, 0)
    file = unit(lpn=lpn)
    assert (file.unit.state, file.unit.stock_state, file.unit.cost_minor) == ("disposed", "", 0)
    assert file.unit.actions == []
    (decision,) = decisions(subject_ids=[file.unit.id], kind="disposition")
    assert (decision.id, decision.row_id, decision.override) == (file.disposals[0].decision_id, "like-new", None)
    assert dock.breaches() == []


@pytest.mark.parametrize(
    ("disposition", "state", "cost", "value_in"),
    [
        ("refurbish", "refurbishable", 800, None),
        ("secondary", "secondary_channel", 800, None),
        ("to_supplier", "to_supplier", 800, None),
        ("return_to_customer", "return_to_customer", 800, None),
        ("quarantine", "quarantine", 800, None),
        ("scrap", "scrapped", 0, "write_off"),
        ("hand_over", "handed_over", 0, "handed_over_stock"),
    ],
)
def test_every_way_takes_the_value_along(company, disposition, state, cost, value_in):
    lpn = graded(company)
    (done,) = dispose(company, DisposeUnit(lpn, disposition=disposition, override_reason="by_hand")).done
    file = unit(lpn=lpn)
    assert (file.unit.stock_state, file.unit.cost_minor, file.unit.disposition) == (state, cost, disposition)
    assert file.unit.state == ("set_apart" if disposition == "quarantine" else "disposed")
    assert (file.disposals[0].asked, file.disposals[0].override_reason) == ("restock", "by_hand")
    (decision,) = decisions(subject_ids=[file.unit.id], kind="disposition")
    assert (decision.override, decision.override_reason) == ({"disposition": disposition}, "by_hand")
    if value_in:
        assert gl(company, value_in) == 800
    else:
        assert dock.stock(company, state) == (1, 800)
    assert done.facts["decision_id"] == decision.id
    assert dock.breaches() == []


def test_who_differs_from_policy_needs_the_right_and_a_reason(company):
    lpn = graded(company)
    (no_right,) = dispose(company, DisposeUnit(lpn, disposition="scrap", override_reason="x"), may=CLERK).refused
    assert no_right.code == "override_not_allowed"
    (no_reason,) = dispose(company, DisposeUnit(lpn, disposition="scrap"), may=BENCH).refused
    assert no_reason.code == "override_reason_missing"
    (no_code,) = dispose(company, DisposeUnit(lpn, disposition="scrap", override_reason="a b"), may=BENCH).refused
    assert no_code.code == "code_malformed"
    (unknown,) = dispose(company, DisposeUnit(lpn, disposition="eat")).refused
    assert unknown.code == "disposition_unknown"
    assert dispose(company, DisposeUnit(lpn, disposition="restock"), may=CLERK).done


def test_what_needs_a_second_person_is_refused_with_a_case_until_one_agrees(company):
    lpn = graded(company, "D", "phone", damage="customer_damage", serial="S1")
    for _ in range(2):
        (refused,) = dispose(company, DisposeUnit(lpn), may=CLERK).refused
        assert refused.code == "approval_needed"
    assert dock.cases(company).count("approval_needed") == 1
    assert unit(lpn=lpn).unit.stock_state == "inspection"
    # 300.00 in the books: who may approve asks a second person too.
    (refused,) = dispose(company, DisposeUnit(lpn), may=(*CLERK, "receiving.approve")).refused
    assert (refused.code, refused.facts["role"]) == ("approval_needed", "inventory_controller")
    asker, second = (person(company.ctx, "inventory_controller") for _ in range(2))
    asked = ask(as_(asker), dispose_units, DisposeUnit(lpn))
    assert say(as_(second), request_of(asked)).done[0].facts["result"]["disposition"] == "scrap"
    assert "approval_needed" not in dock.cases(company)
    assert gl(company, "write_off") == 30000
    assert dock.breaches() == []


def test_goods_of_others_are_kept_or_returned_and_never_sold(company):
    sku = company.sku()
    scan = dock.scan(company, "tee", 1, owner="consignor")
    assert dock.receive(company, scan).done
    assert inspect(company, InspectUnit(scan.lpn, "A")).done
    (refused,) = dispose(company, DisposeUnit(scan.lpn, disposition="restock", override_reason="x")).refused
    assert refused.code == "goods_of_others"
    (done,) = dispose(company, DisposeUnit(scan.lpn), may=CLERK).done
    assert done.facts["disposition"] == "to_supplier"
    assert (unit(lpn=scan.lpn).unit.cost_minor, unit(lpn=scan.lpn).unit.sku) == (0, sku)
    assert dock.stock(company, "to_supplier") == (1, 0)
    assert dock.breaches() == []


def test_beside_another_system_of_record_restocked_goods_are_handed_over(company):
    lpn = graded(company)
    db.execute("UPDATE facilities_node SET scope = 'returns_only' WHERE id = %s", [company.nodes["dc1"]])
    (done,) = dispose(company, DisposeUnit(lpn), may=CLERK).done
    assert done.facts["disposition"] == "hand_over"
    assert unit(lpn=lpn).disposals[0].asked == ""
    assert dock.stock(company, "available") == (0, 0)
    assert gl(company, "handed_over_stock") == 800
    assert dock.breaches() == []


def test_a_held_unit_is_only_set_apart(company):
    first, second, third = (graded(company) for _ in range(3))
    hold = HoldStock("RECALL-1", company.node(), company.sku(), 2, "recall", state="inspection", bucket="unit")
    assert hold_stock(company.ctx(), items=[hold]).done
    batch = dispose(company, DisposeUnit(first), DisposeUnit(second), may=CLERK)
    assert [r.facts["disposition"] for r in batch.done] == ["restock", "quarantine"]
    (refused,) = dispose(company, DisposeUnit(third, disposition="restock", override_reason="x")).refused
    assert refused.code == "unit_on_hold"
    assert release_holds(company.ctx(), items=[ReleaseHold("RECALL-1")]).done
    (done,) = dispose(company, DisposeUnit(third), may=CLERK).done
    assert done.facts["disposition"] == "restock"
    assert dock.breaches() == []


def test_nobody_sells_what_was_not_inspected_but_it_may_be_set_apart(company):
    lpn, _ = arrived(company)
    (refused,) = dispose(company, DisposeUnit(lpn, 0, "restock", "x")).refused
    assert refused.code == "move_not_allowed"
    (done,) = dispose(company, DisposeUnit(lpn, 0, "quarantine"), may=CLERK).done
    assert done.facts["disposition"] == "quarantine"
    assert dock.stock(company, "quarantine") == (1, 800)
    assert inspect(company, InspectUnit(lpn, "A")).done
    (again,) = dispose(company, DisposeUnit(lpn), may=CLERK).done
    assert again.facts["disposition"] == "restock"
    assert dock.breaches() == []


def test_wrong_rounds_unknown_plates_and_second_disposals_are_refused(company):
    lpn = graded(company)
    batch = dispose(company, DisposeUnit("nowhere"), DisposeUnit(lpn, 2))
    assert [r.code for r in batch.refused] == ["unit_not_found", "not_the_round"]
    assert dispose(company, DisposeUnit(lpn), key="k").done
    assert dispose(company, DisposeUnit(lpn), key="k").done[0].replayed is False
    (again,) = dispose(company, DisposeUnit(lpn)).done
    assert again.replayed
    (reused,) = dispose(company, DisposeUnit(lpn, disposition="scrap", override_reason="x")).refused
    assert (reused.code, reused.kind) == ("identity_reused", "conflict")
    assert dock.stock(company, "available") == (1, 800)


def test_a_serial_number_that_differs_keeps_the_unit_apart(company):
    lpn, _ = arrived(company, "phone", serial="SN-1")
    inspect(company, InspectUnit(lpn, "A", serial="SN-2", damage_code="none"))
    (done,) = dispose(company, DisposeUnit(lpn), may=CLERK).done
    assert done.facts["disposition"] == "quarantine"


def test_a_batch_gives_what_its_items_would_give_one_by_one(company):
    def life(in_one_batch):
        lpns = [graded(company, grade) for grade in "AABCA"]
        hold = HoldStock(f"H{in_one_batch}", company.node(), company.sku(), 3, "x", state="inspection", bucket="unit")
        assert hold_stock(company.ctx(), items=[hold]).done
        items = [
            DisposeUnit(lpns[0]),
            DisposeUnit(lpns[0]),
            DisposeUnit(lpns[1], disposition="scrap"),
            DisposeUnit(lpns[2]),
            DisposeUnit("nowhere"),
            DisposeUnit(lpns[3]),
            DisposeUnit(lpns[4], disposition="restock"),
        ]
        if in_one_batch:
            results = list(dispose(company, *items, may=BENCH))
        else:
            results = [r for item in items for r in dispose(company, item, may=BENCH)]
        release_holds(company.ctx(), items=[ReleaseHold(f"H{in_one_batch}")])
        for lpn in lpns:
            dispose(company, DisposeUnit(lpn, disposition="scrap", override_reason="tidy"))
        return [getattr(r, "code", "") or (r.facts["disposition"], r.replayed) for r in results]

    assert life(True) == life(False)


def test_one_disposal_and_two_hundred_take_the_same_statements(company):
    rma = dock.authorise(company, [("tee", 250)], order=company.sell([("tee", 250, 2000, 400)]))
    scans = [dock.scan(company, rma=rma) for _ in range(202)]
    assert len(dock.receive(company, *scans).done) == 202
    assert len(inspect(company, *[InspectUnit(scan.lpn, "A") for scan in scans]).done) == 202
    dispose(company, DisposeUnit(scans[0].lpn))
    with db.counting() as one:
        dispose(company, DisposeUnit(scans[1].lpn))
    with db.counting() as many:
        batch = dispose(company, *[DisposeUnit(scan.lpn) for scan in scans[2:]])
    assert len(batch.done) == 200
    assert many == one
    assert len(one) <= 9
    assert dock.stock(company, "available") == (202, 202 * 800)


def test_eight_disposals_of_one_unit_have_one_effect(company):
    lpn = graded(company)
    batches = together([lambda: dispose(company, DisposeUnit(lpn))] * 8)
    assert sum(not batch.done[0].replayed for batch in batches) == 1
    other = graded(company)
    same = together([lambda: dispose(company, DisposeUnit(other), key="same")] * 8)
    assert all(batch == same[0] for batch in same)
    third = graded(company)
    ways = ["restock", "scrap", "secondary", "refurbish"] * 2
    racing = together([lambda w=w: dispose(company, DisposeUnit(third, 1, w, "race")) for w in ways])
    assert sum(bool(b.done) and not b.done[0].replayed for b in racing) == 1
    assert {b.refused[0].code for b in racing if b.refused} == {"identity_reused"}
    assert len(unit(lpn=third).disposals) == 1
    assert dock.breaches() == []


def test_overlapping_batches_in_opposite_order_and_inspections_beside_them_do_not_deadlock(company):
    lpns = [graded(company, name=name) for name in ("tee", "mug", "cheap") for _ in range(4)]
    fresh = [arrived(company, name)[0] for name in ("tee", "mug", "cheap") for _ in range(4)]
    items = [DisposeUnit(lpn) for lpn in lpns]
    calls = [lambda i=i: dispose(company, *(items if i % 2 else items[::-1])) for i in range(4)]
    looks = [InspectUnit(lpn, "A") for lpn in fresh]
    calls += [lambda i=i: inspect_units(company.ctx(), items=looks if i % 2 else looks[::-1]) for i in range(4)]
    batches = together(calls)
    assert all(len(batch.done) == 12 for batch in batches)
    assert sum(not r.replayed for batch in batches for r in batch.done) == 24
    assert dock.breaches() == []


def test_a_blind_unit_of_unknown_value_is_graded_and_sold_at_nothing(company):
    item = OpenRma(
        company.channel(), f"blind-{company.tag}", [AskedLine(1, "no_longer_wanted", sku=company.sku("mug"))]
    )
    assert open_rmas(company.ctx(), items=[item]).done
    scan = dock.scan(company, "mug")
    assert dock.receive(company, scan).done
    assert inspect(company, InspectUnit(scan.lpn, "A")).done
    assert dispose(company, DisposeUnit(scan.lpn)).done[0].facts["disposition"] == "restock"
    assert dock.stock(company, "available", "mug") == (1, 0)
    assert dock.breaches() == []

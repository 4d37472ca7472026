"""Inspection: quality is found by rounds, and the RMA line counts what passed and what failed."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from time import sleep

import pytest
from django.db import connection

import dock
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, command
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.queries import unit
from quality import arrived, inspect
from together import together


def test_an_inspected_unit_keeps_its_value_and_its_line_counts_it(company):
    lpn, rma = arrived(company, quantity=2)
    assert dock.stock(company, "received") == (2, 1600)
    batch = inspect(company, InspectUnit(lpn, "A", answers={"seal": "intact", "scratches": 0}))
    (done,) = batch.done
    assert done.facts["passed"] is True
    assert dock.stock(company, "received") == (0, 0)
    assert dock.stock(company, "inspection") == (2, 1600)
    line = dock.line_of(rma)
    assert (line.passed_qty, line.failed_qty) == (2, 0)
    assert dock.milestones(rma)["inspection_passed"] == 2
    file = unit(lpn=lpn)
    assert (file.unit.state, file.unit.stock_state, file.unit.round, file.unit.grade) == (
        "inspected",
        "inspection",
        1,
        "A",
    )
    assert file.inspections[0].answers == {"seal": "intact", "scratches": 0}
    assert file.unit.actions == ["inspect", "set_apart", "dispose"]
    assert dock.breaches() == []


@pytest.mark.parametrize(
    ("grade", "damage", "said", "passed"),
    [
        ("C", "", None, True),
        ("D", "", None, False),
        ("D", "customer_damage", None, False),
        ("D", "defective", None, True),
        ("A", "", False, False),
        ("D", "", True, True),
    ],
)
def test_whether_a_unit_passes_follows_from_what_was_found_unless_it_is_said(company, grade, damage, said, passed):
    lpn, rma = arrived(company)
    (done,) = inspect(company, InspectUnit(lpn, grade, passed=said, damage_code=damage)).done
    assert done.facts["passed"] is passed
    assert dock.milestones(rma)["inspection_passed" if passed else "inspection_failed"] == 1


def test_another_serial_number_fails_and_opens_a_case(company):
    lpn, rma = arrived(company, "phone", serial="SN-1")
    (done,) = inspect(company, InspectUnit(lpn, "A", serial="SN-2")).done
    assert (done.facts["passed"], done.facts["damage_code"]) == (False, "serial_mismatch")
    assert "wrong_serial" in dock.cases(company)
    assert dock.milestones(rma)["inspection_failed"] == 1


def test_a_second_round_takes_back_what_the_first_counted(company):
    lpn, rma = arrived(company, quantity=2)
    inspect(company, InspectUnit(lpn, "D"))
    assert dock.milestones(rma)["inspection_failed"] == 2
    dispose_units(company.ctx(), items=[DisposeUnit(lpn, 1, "quarantine", "second_look")])
    (done,) = inspect(company, InspectUnit(lpn, "B", round=2)).done
    assert done.facts["passed"] is True
    line = dock.line_of(rma)
    assert (line.passed_qty, line.failed_qty) == (2, 0)
    assert dock.milestones(rma) == {"authorised": 2, "received": 2, "inspection_passed": 2}
    assert dock.stock(company, "inspection") == (2, 1600)
    assert dock.breaches() == []


def test_what_cannot_be_is_refused_with_a_reason_and_changes_nothing(company):
    lpn, rma = arrived(company)
    other, _ = arrived(company)
    batch = inspect(
        company,
        InspectUnit("nowhere", "A"),
        InspectUnit(lpn, "Z"),
        InspectUnit(lpn, "A", round=2),
        InspectUnit(lpn, "A", damage_code="it was broken when it came"),
        InspectUnit(lpn, "A", answers={"why": "free text"}),
        InspectUnit(lpn, "A", serial="\t"),
        InspectUnit(lpn, "A", happened_at=datetime(2026, 6, 1)),
        InspectUnit(other, "A"),
    )
    assert [r.code for r in batch.refused] == [
        "unit_not_found",
        "grade_unknown",
        "round_not_next",
        "code_malformed",
        "code_malformed",
        "serial_malformed",
        "time_invalid",
    ]
    assert [r.identity for r in batch.done] == [f"{other}:1"]
    assert "inspection_passed" not in dock.milestones(rma)
    assert dock.breaches() == []


def test_a_unit_that_was_disposed_of_is_not_inspected_again(company):
    lpn, _ = arrived(company)
    inspect(company, InspectUnit(lpn, "A"))
    dispose_units(company.ctx(), items=[DisposeUnit(lpn)])
    (refused,) = inspect(company, InspectUnit(lpn, "B", round=2)).refused
    assert refused.code == "move_not_allowed"


def test_the_same_inspection_is_a_replay_and_another_one_of_its_round_a_conflict(company):
    lpn, rma = arrived(company)
    first = inspect(company, InspectUnit(lpn, "B"), key="k1")
    assert inspect(company, InspectUnit(lpn, "B"), key="k1") == first
    (again,) = inspect(company, InspectUnit(lpn, "B")).done
    assert again.replayed
    assert again.facts == first.done[0].facts
    (reused,) = inspect(company, InspectUnit(lpn, "C")).refused
    assert (reused.code, reused.kind) == ("identity_reused", "conflict")
    within = inspect(company, InspectUnit(lpn, "B"), InspectUnit(lpn, "C"))
    assert [type(r).__name__ for r in within] == ["Done", "Refused"]
    assert dock.milestones(rma)["inspection_passed"] == 1


def test_a_batch_gives_what_its_items_would_give_one_by_one(company):
    def life(in_one_batch):
        rma = dock.authorise(company, [("tee", 5)])
        lpns = [arrived(company, rma=rma)[0] for _ in range(3)]
        items = [
            InspectUnit(lpns[0], "A"),
            InspectUnit(lpns[0], "A"),
            InspectUnit(lpns[1], "D"),
            InspectUnit(lpns[0], "B"),
            InspectUnit("nowhere", "A"),
            InspectUnit(lpns[2], "D", damage_code="defective"),
        ]
        if in_one_batch:
            results = list(inspect(company, *items))
        else:
            results = [r for item in items for r in inspect(company, item)]
        line = dock.line_of(rma)
        shape = [(type(r).__name__, getattr(r, "replayed", r.__dict__.get("code"))) for r in results]
        return shape, line.passed_qty, line.failed_qty

    assert life(True) == life(False)


def test_one_inspection_and_two_hundred_take_the_same_statements(company):
    big = dock.authorise(company, [("tee", 250)], order=company.sell([("tee", 250, 2000, 400)]))
    scans = [dock.scan(company, rma=big) for _ in range(202)]
    assert len(dock.receive(company, *scans).done) == 202
    inspect(company, InspectUnit(scans[0].lpn, "A"))
    with db.counting() as one:
        inspect(company, InspectUnit(scans[1].lpn, "A"))
    with db.counting() as many:
        batch = inspect(company, *[InspectUnit(scan.lpn, "A") for scan in scans[2:]])
    assert len(batch.done) == 200
    assert many == one
    assert len(one) <= 8


def test_eight_inspectors_of_one_unit_have_one_effect(company):
    lpn, rma = arrived(company)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    item = InspectUnit(lpn, "B", happened_at=at)
    other_keys = together([lambda: inspect(company, item)] * 8)
    assert sum(not batch.done[0].replayed for batch in other_keys) == 1
    lpn2, _ = arrived(company, rma=rma)
    same_key = together([lambda: inspect(company, InspectUnit(lpn2, "B"), key="one")] * 8)
    assert all(batch == same_key[0] for batch in same_key)
    lpn3, _ = arrived(company)
    grades = together([lambda g=g: inspect(company, InspectUnit(lpn3, g)) for g in "ABCDABCD"])
    done = [batch.done[0] for batch in grades if batch.done]
    assert sum(not d.replayed for d in done) == 1
    assert {d.facts["grade"] for d in done} == {unit(lpn=lpn3).unit.grade}
    assert dock.milestones(rma)["inspection_passed"] == 2
    assert dock.breaches() == []


def test_overlapping_batches_in_opposite_order_do_not_wait_for_each_other_for_ever(company):
    rmas = [dock.authorise(company, [("tee", 5)]) for _ in range(4)]
    lpns = [arrived(company, rma=rma)[0] for rma in rmas for _ in range(4)]
    started = datetime.now(UTC)
    items = [InspectUnit(lpn, "A") for lpn in lpns]
    batches = together([lambda i=i: inspect(company, *(items if i % 2 else items[::-1])) for i in range(4)])
    assert all(len(batch.done) == 16 for batch in batches)
    assert sum(not r.replayed for batch in batches for r in batch.done) == 16
    assert datetime.now(UTC) - started < timedelta(seconds=20)
    assert all(dock.milestones(rma)["inspection_passed"] == 4 for rma in rmas)


def test_inspection_and_disposal_nest_in_one_command(company):
    lpn, _ = arrived(company)

    @command(needs="receiving.receive")
    def work_the_bench(ctx, *, plate):
        inspected = inspect_units(ctx, items=[InspectUnit(plate, "A")])
        disposed = dispose_units(ctx, items=[DisposeUnit(plate)])
        return Batch([*inspected, *disposed])

    batch = work_the_bench(company.ctx(), plate=lpn)
    assert [r.facts.get("disposition", r.facts.get("grade")) for r in batch.done] == ["A", "restock"]
    assert dock.stock(company, "available") == (1, 800)
    assert dock.breaches() == []


def test_a_unit_matched_elsewhere_while_we_waited_counts_on_its_new_line(company, owner):
    lpn, rma = arrived(company)
    other = dock.authorise(company)
    answers = []

    # The owner moves the unit behind everybody's back, so this test comes last: the laws would notice.
    def wait_and_inspect():
        answers.append(inspect(company, InspectUnit(lpn, "A")))
        connection.close()

    owner.autocommit = False
    owner.execute("SELECT 1 FROM returns_rmaline WHERE id = %s FOR UPDATE", [dock.line_of(rma).id])
    waiting = Thread(target=wait_and_inspect)
    waiting.start()
    behind_us = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    for _ in range(500):
        if owner.execute(behind_us).fetchone():
            break
        sleep(0.01)
    owner.execute("UPDATE receiving_unit SET rma_line_id = %s WHERE lpn = %s", [dock.line_of(other).id, lpn])
    owner.commit()
    waiting.join()
    assert answers[0].done
    assert "inspection_passed" not in dock.milestones(rma)
    assert dock.milestones(other)["inspection_passed"] == 1

"""What `@command` promises: permission, one transaction, at most once, audit, lock order, retries."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.db import connection, connections

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, canonical, command
from counterflow.kernel.context import Rank
from counterflow.kernel.errors import (
    BatchTooLarge,
    InvariantBroken,
    KeyConflict,
    PermissionDenied,
    Refusal,
)
from counterflow.kernel.events import Event, emit


@dataclass(frozen=True)
class Note:
    """An item: a payload row with a reference of its own."""

    reference: str
    refuse: bool = False


class NoteRefused(Refusal):
    """The note {reference} is refused."""


@command(needs="notes.keep")
def keep_notes(ctx, *, items):
    results = []
    for item in items:
        if item.refuse:
            results.append(Refused.of(item.reference, NoteRefused(reference=item.reference)))
            continue
        db.rows(
            "INSERT INTO kernel_payload (id, kind, subject_id, source, reference, kept_at)"
            " VALUES (%s, 'note', 0, 'test', %s, %s) RETURNING id",
            [ctx.new_id(), item.reference, ctx.at],
        )
        results.append(Done(item.reference, {"command": ctx.command_id}))
    emit(ctx, [Event("NoteKept", 1, facts={"n": len(items)})])
    return Batch(results)


def kept(reference):
    sql = "SELECT count(*) AS n FROM kernel_payload WHERE source = 'test' AND reference = %s"
    return db.rows(sql, [reference])[0].n


@pytest.fixture(autouse=True)
def _on_a_copy(database_copy):
    """Every test here works on this module's database."""


def test_a_missing_permission_is_refused_before_anything_is_written(ctx):
    with pytest.raises(PermissionDenied) as raised:
        keep_notes(ctx("other.thing", key="p1"), items=[Note("p")])
    assert raised.value.facts["permission"] == "notes.keep"
    assert kept("p") == 0
    assert not db.rows("SELECT 1 FROM kernel_commandkey WHERE key = 'p1'")


def test_the_same_key_with_the_same_content_answers_word_for_word(ctx):
    first = keep_notes(ctx(key="k1"), items=[Note("k"), Note("no", refuse=True)])
    again = keep_notes(ctx(key="k1"), items=[Note("k"), Note("no", refuse=True)])
    assert again == first
    assert kept("k") == 1


def test_the_same_key_with_other_content_is_a_conflict(ctx):
    keep_notes(ctx(key="k2"), items=[Note("k2")])
    with pytest.raises(KeyConflict):
        keep_notes(ctx(key="k2"), items=[Note("k2-other")])
    assert kept("k2-other") == 0


def test_keys_belong_to_one_actor_and_one_command(ctx):
    keep_notes(ctx(key="k3", actor="user:1"), items=[Note("k3-a")])
    keep_notes(ctx(key="k3", actor="user:2"), items=[Note("k3-b")])
    assert kept("k3-a") == kept("k3-b") == 1


def test_a_failure_leaves_nothing_and_the_key_is_free_again(ctx):
    @command(needs="x")
    def break_down(inner, *, items):
        keep_notes(inner, items=items)
        raise InvariantBroken("broken on purpose")

    with pytest.raises(InvariantBroken):
        break_down(ctx(key="k4"), items=[Note("k4")])
    assert kept("k4") == 0
    assert not db.rows("SELECT 1 FROM kernel_commandkey WHERE key = 'k4'")


def test_eight_equal_calls_at_once_have_one_effect_and_one_answer(ctx):
    barrier = threading.Barrier(8)

    def call(_):
        barrier.wait()
        try:
            return keep_notes(ctx(key="race"), items=[Note("race")])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert kept("race") == 1
    assert all(answer == answers[0] for answer in answers)


def test_a_unique_violation_of_another_call_is_decided_again_from_the_top(ctx):
    """Two calls with the same business identity and different keys: one inserts, the other starts again."""
    barrier = threading.Barrier(2)
    tries = []

    @command(needs="x")
    def keep_once(inner, *, reference):
        tries.append(1)
        found = db.rows("SELECT id FROM kernel_payload WHERE source = 'test' AND reference = %s", [reference])
        if found:
            return Batch([Done(reference, replayed=True)])
        if len(tries) <= 2:
            barrier.wait(timeout=5)
        return keep_notes(inner, items=[Note(reference)])

    def call(_):
        try:
            return keep_once(ctx(), reference="twice").results[0].replayed
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(call, range(2))) == [False, True]
    assert kept("twice") == 1
    assert len(tries) == 3


def test_an_inner_command_shares_the_transaction_and_the_audit_row_names_both(ctx):
    @command(needs="outer.act")
    def outer(inner, *, items):
        return keep_notes(inner, items=items)

    done = outer(ctx(key="nest"), items=[Note("nest")]).done[0]
    record = db.rows("SELECT name, trail FROM kernel_commandrecord WHERE id = %s", [done.facts["command"]])[0]
    assert record.name == "outer"
    assert [step["command"] for step in record.trail] == ["keep_notes", "outer"]
    with pytest.raises(PermissionDenied):
        outer(ctx("outer.act"), items=[Note("nest-2")])


def test_locks_go_up_the_ranks_and_never_down(ctx):
    @command(needs="x")
    def wrong(inner):
        db.lock(inner, Rank.UNIT, "SELECT id FROM kernel_payload ORDER BY id FOR NO KEY UPDATE")
        db.lock(inner, Rank.SHIPMENT_LINE, "SELECT id FROM kernel_payload ORDER BY id FOR NO KEY UPDATE")
        return Batch([])

    with pytest.raises(InvariantBroken, match="SHIPMENT_LINE after UNIT"):
        wrong(ctx())


def test_events_are_written_with_one_delivery_row_a_command(ctx):
    done = keep_notes(ctx(), items=[Note("ev")]).done[0]
    events = db.rows("SELECT kind FROM kernel_eventrecord WHERE command_id = %s", [done.facts["command"]])
    deliveries = db.rows("SELECT kinds FROM kernel_delivery WHERE command_id = %s", [done.facts["command"]])
    assert [e.kind for e in events] == ["NoteKept"]
    assert [d.kinds for d in deliveries] == [["NoteKept"]]


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_batch_has_one_to_ten_thousand_items(ctx, count):
    with pytest.raises(BatchTooLarge) as raised:
        keep_notes(ctx(), items=[Note(f"many-{n}") for n in range(count)])
    assert raised.value.facts["count"] == count
    assert kept("many-0") == 0


def test_ids_grow_and_never_run_out(ctx):
    taken = []

    @command(needs="x")
    def take(inner):
        taken.extend(inner.new_id() for _ in range(3_000))
        return Batch([Done("x")])

    take(ctx())
    assert len(set(taken)) == 3_000
    assert taken == sorted(taken)


def test_the_canonical_form_ignores_the_order_of_keys_and_counts_records():
    assert canonical({"b": 1, "a": [Note("x")]}) == canonical({"a": [Note("x")], "b": 1})
    assert canonical([Note("x"), Note("y")])[1] == 2
    assert canonical({"a": 1})[0] != canonical({"a": "1"})[0]


def test_a_command_outside_a_transaction_leaves_the_connection_clean(ctx):
    keep_notes(ctx(), items=[Note("clean")])
    assert not connection.in_atomic_block

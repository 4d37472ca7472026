"""A count: create_counts, record_counts, compare_counts, close_counts, cancel_counts, and what each refuses."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company import make_company
from console_life import asked, received
from counterflow.inventory.holdings import Axis, When
from counterflow.inventory.queries import Which, totals
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.kernel.errors import PermissionDenied
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.cancel_counts import CancelCount, cancel_counts
from counterflow.reconciliation.commands.close_counts import CloseCount, close_counts
from counterflow.reconciliation.commands.compare_counts import CompareCount, compare_counts
from counterflow.reconciliation.commands.create_counts import CreateCount, create_counts
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from counterflow.reconciliation.commands.record_counts import RecordCount, record_counts
from counting import Counting, holds, later
from statements import MORNING, NIGHT
from together import together


def told(breaks):
    """(kind, SKU, pieces, value) of each break."""
    return sorted((row.kind, row.sku.partition("-")[0], row.quantity, row.value_minor) for row in breaks)


def lines(counting):
    """(SKU, state, what became of it, counted, booked) of each line."""
    return [
        (row.sku.partition("-")[0], row.stock_state, row.state, row.counted, row.book)
        for row in db.rows(
            "SELECT i.sku, l.* FROM reconciliation_countline l JOIN catalog_item i ON i.id = l.item_id"
            " WHERE l.count_id = %s ORDER BY i.sku, l.stock_state",
            [counting.id],
        )
    ]


def test_a_count_lists_what_has_stock_in_its_states(shelves):
    assert [line[:3] for line in lines(Counting.of(shelves))] == [
        ("mug", "available", "due"),
        ("tee", "available", "due"),
    ]
    both = Counting.of(shelves, states=("available", "quarantine"), family="apparel")
    assert [line[:2] for line in lines(both)] == [("tee", "available"), ("tee", "quarantine")]


def test_named_skus_are_counted_even_where_the_books_have_none(shelves):
    found = Counting.of(shelves, skus=(shelves.sku("cheap"), shelves.sku("tee")))
    assert [line[:2] for line in lines(found)] == [("cheap", "available"), ("tee", "available")]


def test_a_sample_draws_so_many_of_each_class(shelves):
    for item, pieces, cost in (("phone", 2, 60000), ("cheap", 3, 300)):
        shelves.put("open", "opening", "available", item, pieces, cost)
    # By value: phone 60,000 is the first 80 %, tee 8,000 the next 15 %, mug and cheap the rest.
    assert [line[0] for line in lines(Counting.of(shelves, sample_a=5))] == ["phone"]
    assert [line[0] for line in lines(Counting.of(shelves, sample_a=5, sample_b=1))] == ["phone", "tee"]
    drawn = Counting.of(shelves, sample_c=1, reference=f"seed {shelves.company.tag}")
    assert len(lines(drawn)) == 1


def test_a_count_that_agrees_has_no_break(shelves):
    counting = Counting.of(shelves).counted(tee=10, mug=4)
    assert counting.breaks(leave_uncounted=False) == []
    assert [line[2:] for line in lines(counting)] == [("agreed", 4, 4), ("agreed", 10, 10)]
    assert holds()


def test_entries_of_several_people_add_up(shelves):
    counting = Counting.of(shelves)
    counting.entry("tee", 6, who="user:7")
    assert counting.entry("tee", 3, who="user:6").facts["counted"] == 9
    assert told(counting.breaks()) == [("missing", "tee", 1, 800)]


def test_an_entry_may_be_taken_back_once(shelves):
    counting = Counting.of(shelves)
    counting.entry("tee", 6, ref="a")
    counting.entry("tee", 4, ref="b")
    assert counting.entry("", ref="undo", voids="b").facts["counted"] == 6
    assert counting.entry("", ref="undo", voids="b").replayed
    assert counting.entry("", ref="again", voids="b").code == "entry_taken"
    assert counting.entry("", ref="other", voids="x").code == "entry_not_found"
    counting.entry("", ref="all", voids="a")
    assert ("tee", "available", "due", 0, None) in lines(counting)
    assert holds()


def test_what_is_not_on_the_list_is_found(shelves):
    counting = Counting.of(shelves).counted(tee=10, mug=4, cheap=2)
    assert told(counting.breaks()) == [("over", "cheap", 2, 0)]


def test_none_there_is_counted_as_none(shelves):
    counting = Counting.of(shelves).counted(mug=0)
    assert told(counting.breaks()) == [("missing", "mug", 4, 1000)]
    assert ("tee", "available", "skipped", 0, None) in lines(counting)


def test_pieces_in_another_state_are_no_loss(shelves):
    counting = Counting.of(shelves, states=("available", "quarantine"))
    counting.entry("tee", 8, state="available")
    counting.entry("tee", 5, state="quarantine")
    assert told(counting.breaks()) == [("wrong_state", "tee", 2, 1600)]


def test_lines_beyond_the_tolerance_are_counted_again_once(shelves):
    counting = Counting.of(shelves, tolerance_pieces=1).counted(tee=7, mug=3)
    first = counting.compare()
    assert first.facts == {"count": counting.id, "round": 2, "recount": 1}
    assert counting.compare().replayed
    assert counting.entry("mug", 1).code == "line_settled"
    assert counting.compare(2, leave_uncounted=False).code == "not_all_counted"
    counting.entry("tee", 9)
    done = counting.compare(2)
    assert told(queries.breaks(statement=done.facts["statement"])) == [
        ("missing", "mug", 1, 250),
        ("missing", "tee", 1, 800),
    ]
    assert counting.compare(2).replayed
    assert holds()


def test_a_percentage_is_a_tolerance_too(shelves):
    counting = Counting.of(shelves, tolerance_percent=10).counted(tee=9)
    assert "statement" in counting.compare().facts


def test_each_line_is_compared_as_of_its_own_time(shelves):
    counting = Counting.of(shelves)
    counting.entry("tee", 10, at=later(1), now=later(1))
    shelves.put("ship", "available", "customer", "tee", 4, 3200, later(2))
    shelves.put("ship", "available", "customer", "mug", 1, 250, later(2))
    counting.entry("mug", 3, at=later(3), now=later(3))
    assert counting.breaks() == []
    assert holds()


def test_a_fact_of_before_that_is_told_after_is_no_break(shelves):
    counting = Counting.of(shelves)
    counting.entry("tee", 6, at=later(1), now=later(1))
    shelves.put("ship", "available", "customer", "tee", 4, 3200, later(0.5), recorded=later(4))
    assert counting.breaks() == []


def test_goods_that_moved_while_they_were_counted_are_no_alarm(shelves):
    counting = Counting.of(shelves)
    counting.entry("tee", 6, at=later(1))
    shelves.put("ship", "available", "customer", "tee", 2, 1600, later(1.5))
    counting.entry("tee", 3, at=later(2))
    # 10 before, 8 after: 9 may be right, as one of the two was seen before it went.
    rows = counting.breaks()
    assert told(rows) == [("timing", "tee", 2 - 1, 0)]
    assert rows[0].state == "explained"
    assert holds()


STEPS = st.lists(st.tuples(st.integers(-4, 6), st.integers(0, 300), st.integers(0, 200)), max_size=10)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, times=st.lists(st.integers(1, 299), min_size=3, max_size=3))
def test_a_true_count_is_never_a_false_alarm_whatever_moves(shelves, steps, times):
    """Goods move before, between and after, and are told late; who counts what is there finds no break."""
    made = type(shelves)(make_company(shelves.ctx), shelves.ctx)
    level, moved = 40, []
    for item in ("tee", "mug", "cheap"):
        made.put("open", "opening", "available", item, 40, 4000)
    for change, minute, late in sorted(steps, key=lambda step: step[1]):
        if change and level + change >= 0:
            level += change
            moved.append((change, minute, late))
    counting = Counting.of(made, states=("available",))
    for item, minute in zip(("tee", "mug", "cheap"), times, strict=True):
        there = 40 + sum(change for change, when, _ in moved if when <= minute)
        assert isinstance(counting.entry(item, there, at=later(minute / 60)), Done)
    # Facts are told in the order in which they are told, which is not the order in which they happened.
    stock = 40
    for change, minute, late in moved:
        stock += change
        for item in ("tee", "mug", "cheap"):
            path = ("open", "opening", "available") if change > 0 else ("ship", "available", "customer")
            happened = later(minute / 60)
            made.put(*path, item, abs(change), 100 * abs(change), happened, recorded=happened + timedelta(minutes=late))
    assert counting.breaks(now=later(24)) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counted=st.dictionaries(
        st.sampled_from([(i, s) for i in ("tee", "mug", "cheap") for s in ("available", "quarantine")]),
        st.integers(0, 15),
        min_size=1,
    ),
    moves=st.lists(st.tuples(st.sampled_from(["tee", "mug"]), st.integers(1, 3)), max_size=3),
)
def test_count_then_adjust_makes_the_books_what_was_counted(shelves, counted, moves):
    made = type(shelves)(make_company(shelves.ctx), shelves.ctx)
    for item in ("tee", "mug"):
        made.put("open", "opening", "available", item, 12, 9607)
        made.put("open", "opening", "quarantine", item, 5, 4001)
    counting = Counting.of(made, states=("available", "quarantine"))
    for (item, state), pieces in counted.items():
        assert isinstance(counting.entry(item, pieces, state=state, at=later(1)), Done)
    for item, pieces in moves:
        made.put("open", "opening", "available", item, pieces, pieces * 800, later(2))
    breaks = counting.breaks(now=later(3))
    assert all(isinstance(result, Done) for result in counting.post(breaks, now=later(4)))
    then = When(Axis.HAPPENED, later(1))
    for (item, state), pieces in counted.items():
        rows = totals(which=Which(sku=made.sku(item), state=state, node=made.company.node()), when=then)
        assert sum(row.quantity for row in rows) == pieces
    again = Counting.of(
        made, states=("available", "quarantine"), skus=tuple(made.sku(i) for i in ("tee", "mug", "cheap"))
    )
    for (item, state), pieces in counted.items():
        again.entry(item, pieces, state=state, at=later(1))
    assert again.breaks(now=later(5)) == []
    assert holds()


def test_a_licence_plate_is_counted_once_and_the_missing_one_is_named(ctx):
    from statements import Shelves

    company = make_company(ctx)
    rma = asked(company, quantity=3)
    first, second = received(company, rma, 1), received(company, rma, 2)
    now = MORNING + timedelta(days=400)
    shelves = Shelves(company, ctx)
    counting = Counting.of(shelves, states=("received",))
    assert counting.entry(second, at=now, now=now).facts["quantity"] == 2
    assert counting.entry(second, at=now, now=now).code == "plate_counted_twice"
    rows = counting.breaks(now=now)
    assert told(rows) == [("missing", "tee", 1, 800)]
    assert (rows[0].proposal, first in rows[0].cause, second in rows[0].cause) == ("by_unit", True, False)


def test_who_counted_may_not_post(shelves):
    from counterflow.access.commands import NewUser, create_users

    name = f"controller{shelves.company.tag}@demo.example"
    create_users(shelves.ctx(), items=[NewUser(name, "Controller", ("inventory_controller",), "!")])
    counting = Counting.of(shelves).counted(tee=9)
    breaks = counting.breaks()
    assert counting.post(breaks, actor="user:7")[0].code == "counter_may_not_post"
    # Who compared may: it was another who counted.
    assert isinstance(counting.post(breaks, actor="user:8")[0], Done)


def test_two_who_post_the_same_have_one_effect(shelves):
    counting = Counting.of(shelves).counted(tee=8)
    breaks = counting.breaks()
    answers = together([lambda who=who: counting.post(breaks, actor=f"user:{who}")[0] for who in range(20, 26)])
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5
    assert len({answer.facts["entry"] for answer in answers}) == 1
    assert holds()


def test_many_who_count_at_once_lose_nothing(shelves):
    counting = Counting.of(shelves)
    together([lambda n=n: counting.entry("tee", n, ref=f"r{n}", who=f"user:{n}") for n in range(1, 9)])
    together([lambda n=n: counting.entry("tee", n, ref=f"r{n}", who=f"user:{n}") for n in range(1, 9)])
    assert ("tee", "available", "counted", 36, None) in lines(counting)


def test_a_later_count_of_the_same_goods_makes_older_differences_void(shelves):
    first, second, other = (Counting.of(shelves) for _ in range(3))
    first.counted(tee=8)
    old = first.breaks()
    other.entry("mug", 3, at=later(2))
    other.breaks()
    second.entry("tee", 9, at=later(1))
    second.breaks()
    assert first.post(old)[0].code == "newer_statement"


def test_the_entry_is_of_when_it_was_counted(shelves):
    counting = Counting.of(shelves)
    counting.entry("tee", 9, at=later(1))
    counting.entry("mug", 3, at=later(2))
    rows = counting.breaks()
    assert {row.sku: row.as_of for row in rows} == {shelves.sku("tee"): later(1), shelves.sku("mug"): later(2)}
    for done in counting.post(rows):
        entry = db.rows("SELECT happened_at FROM ledger_entry WHERE id = %s", [done.facts["entry"]])[0]
        assert entry.happened_at in (later(1), later(2))
    assert holds()


def test_a_count_is_closed_when_its_differences_are_settled(shelves):
    counting = Counting.of(shelves).counted(tee=9)

    def close(**options):
        return close_counts(shelves.ctx(at=MORNING), items=[CloseCount(counting.id, **options)]).results[0]

    assert close().code == "move_not_allowed"
    breaks = counting.breaks()
    assert close().code == "breaks_open"
    counting.post(breaks)
    assert not close().replayed
    assert close().replayed
    left = Counting.of(shelves).counted(mug=1)
    left.breaks()
    item = CloseCount(left.id, leave_open=True)
    assert close_counts(shelves.ctx(at=MORNING), items=[item]).done
    assert holds()


def test_a_cancelled_count_has_no_effect(shelves):
    counting = Counting.of(shelves).counted(tee=1)
    for replayed in (False, True):
        done = cancel_counts(shelves.ctx(at=MORNING), items=[CancelCount(counting.id)]).results[0]
        assert done.replayed is replayed
    assert counting.entry("mug", 1).code == "count_ended"
    assert counting.compare().code == "count_ended"
    assert holds()


def test_refusals_of_creating_say_why(shelves):
    node = shelves.company.node()
    for options, code in (
        ({"node": "nowhere"}, "node_not_found"),
        ({"reference": ""}, "reference_invalid"),
        ({"states": ()}, "state_not_counted"),
        ({"states": ("customer",)}, "state_not_counted"),
        ({"sample_a": -1}, "sample_invalid"),
        ({"tolerance_percent": 101}, "sample_invalid"),
        ({"family": "none"}, "scope_empty"),
    ):
        item = CreateCount(**{"reference": "r", "node": node, **options})
        assert create_counts(shelves.ctx(at=NIGHT), items=[item]).results[0].code == code, options


def test_the_same_count_again_is_a_replay_and_another_is_refused(shelves):
    item = CreateCount(f"same {shelves.company.tag}", shelves.company.node())
    other = CreateCount(item.reference, shelves.company.node(), ("quarantine",))
    first, second, third = create_counts(shelves.ctx(at=NIGHT), items=[item, item, other]).results
    assert (first.replayed, second.replayed, third.code) == (False, True, "identity_reused")
    again, refused = create_counts(shelves.ctx(at=MORNING), items=[item, other]).results
    assert (again.replayed, again.facts, refused.code) == (True, first.facts, "identity_reused")


def test_refusals_of_counting_say_why(shelves):
    counting = Counting.of(shelves, states=("available", "quarantine"))
    assert counting.entry("nothing", 1, state="available").code == "code_unknown"
    assert counting.entry("tee", 1).code == "state_unclear"
    assert counting.entry("tee", 1, state="received").code == "state_unclear"
    assert counting.entry("tee", -1, state="available").code == "counted_invalid"
    assert counting.entry("tee", 1, state="available", at=MORNING + timedelta(hours=1)).code == "instant_invalid"
    assert counting.entry("tee", 1, state="available", ref="x" * 101).code == "reference_invalid"
    ghost = RecordCount(1, "r", shelves.sku("tee"), 1)
    assert record_counts(shelves.ctx(at=MORNING), items=[ghost]).results[0].code == "count_not_found"
    assert counting.entry("tee", 1, state="available", ref="once").facts["counted"] == 1
    assert counting.entry("tee", 1, state="available", ref="once").replayed
    assert counting.entry("tee", 2, state="available", ref="once").code == "identity_reused"


def test_a_gtin_is_a_code(shelves, owner):
    gtin = f"{40000000000000 + shelves.company.items['mug']}"
    owner.execute("UPDATE catalog_item SET gtin = %s WHERE id = %s", [gtin, shelves.company.items["mug"]])
    counting = Counting.of(shelves)
    assert counting.entry(gtin, 4).facts["sku"] == shelves.sku("mug")


def test_refusals_of_comparing_say_why(shelves):
    counting = Counting.of(shelves)
    assert counting.compare().code == "not_all_counted"
    counting.counted(tee=10)
    assert counting.compare(leave_uncounted=False).facts == {"left": 1}
    assert counting.compare(2).code == "round_passed"
    items = [CompareCount(counting.id, 1, True), CompareCount(counting.id, 1, True), CompareCount(counting.id, 1)]
    first, same, other = compare_counts(shelves.ctx(at=MORNING), items=items).results
    assert (first.replayed, same.replayed, other.code) == (False, True, "round_passed")
    ghost = compare_counts(shelves.ctx(at=MORNING), items=[CompareCount(1)]).results[0]
    assert ghost.code == "count_not_found"


def test_only_who_may(shelves):
    for run, needs in (
        (lambda c: create_counts(c, items=[CreateCount("r", "n")]), "reconciliation.compare"),
        (lambda c: compare_counts(c, items=[CompareCount(1)]), "reconciliation.compare"),
        (lambda c: close_counts(c, items=[CloseCount(1)]), "reconciliation.compare"),
        (lambda c: cancel_counts(c, items=[CancelCount(1)]), "reconciliation.compare"),
        (lambda c: record_counts(c, items=[RecordCount(1, "r")]), "counts.count"),
        (lambda c: post_adjustments(c, items=[PostAdjustment(1)]), "reconciliation.post"),
    ):
        with pytest.raises(PermissionDenied, match=needs):
            run(shelves.ctx("catalog.view"))


def test_as_many_statements_of_sql_for_one_as_for_many(shelves):
    def spent(number):
        names = [f"many {shelves.company.tag} {number} {n}" for n in range(number)]
        sent = {}
        with db.counting() as sent["create"]:
            made = create_counts(
                shelves.ctx(at=NIGHT), items=[CreateCount(name, shelves.company.node()) for name in names]
            ).done
        ids = [done.facts["count"] for done in made]
        entries = [RecordCount(i, f"{item}", shelves.sku(item), 3) for i in ids for item in ("tee", "mug", "cheap")]
        with db.counting() as sent["record"]:
            assert not record_counts(shelves.ctx(at=MORNING), items=entries).refused
        compared = [CompareCount(i, recount=False) for i in ids]
        with db.counting() as sent["compare"]:
            assert not compare_counts(shelves.ctx(at=MORNING), items=compared).refused
        with db.counting() as sent["close"]:
            close_counts(shelves.ctx(at=MORNING), items=[CloseCount(i, True) for i in ids])
        return {name: len(texts) for name, texts in sent.items()}

    one = spent(1)
    assert one == spent(20)
    assert max(one.values()) <= 12, one

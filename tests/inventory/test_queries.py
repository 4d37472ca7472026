"""Stock by SKU and node: now and at any instant it is what the lines of the journal add up to, on either axis."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterflow.inventory import item as items
from counterflow.inventory.holdings import NOW, Axis, When
from counterflow.inventory.queries import MatrixRow, Which, matrix, totals
from counterflow.kernel import db
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.ledger.commands.release_holds import ReleaseHold, release_holds
from counterflow.ledger.commands.reserve_stock import ReserveStock, reserve_stock
from counterflow.ledger.queries import AsOf, ats, stock_by_state
from statements import BEFORE, MORNING, NIGHT

HOUR = timedelta(hours=1)


def of(shelves, **more) -> list[MatrixRow]:
    """The rows of this company's books."""
    when, sort = more.pop("when", NOW), more.pop("sort", "sku")
    place, limit = more.pop("place", None), more.pop("limit", 500)
    which = Which(**{"entity": f"UK{shelves.company.tag}", **more})
    return matrix(which=which, when=when, sort=sort, place=place, limit=limit)


def pieces(rows):
    """Pieces of each item by state."""
    return {(row.sku.partition("-")[0], state): cell.quantity for row in rows for state, cell in row.states.items()}


def test_a_row_has_the_pieces_and_value_of_every_state(shelves):
    tee = next(row for row in of(shelves) if row.sku == shelves.sku("tee"))
    assert {state: (c.quantity, c.value_minor) for state, c in tee.states.items()} == {
        "available": (10, 8000),
        "quarantine": (3, 2400),
    }
    assert (tee.on_hand, tee.sellable, tee.available, tee.value_minor) == (13, 10, 10, 10400)
    assert (tee.node, tee.currency, tee.owner) == (shelves.company.node(), "GBP", "us")


def test_what_is_held_and_reserved_may_not_be_promised(shelves):
    node, sku = shelves.company.node(), shelves.sku("tee")
    assert hold_stock(shelves.ctx(at=NIGHT), items=[HoldStock(f"recall {sku}", node, sku, 3, "recall")]).done
    assert reserve_stock(shelves.ctx(at=NIGHT + HOUR), items=[ReserveStock(f"order {sku}", node, sku, 2)]).done
    row = next(row for row in of(shelves) if row.sku == sku)
    assert (row.sellable, row.held, row.reserved, row.available) == (10, 3, 2, 5)
    assert ats(items=[row.item_id])[0].available == row.available
    told = [(o.kind, o.quantity, o.reference) for o in items.overlays(item=row.item_id)]
    assert told == [("hold", 3, f"recall {sku}"), ("reservation", 2, f"order {sku}")]
    then = When(Axis.HAPPENED, NIGHT + HOUR / 2)
    assert next(row for row in of(shelves, when=then) if row.sku == sku).available == 7
    assert release_holds(shelves.ctx(at=MORNING), items=[ReleaseHold(f"recall {sku}")]).done
    assert next(row for row in of(shelves) if row.sku == sku).available == 8
    assert next(row for row in of(shelves, when=then) if row.sku == sku).available == 7


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        ({"state": "quarantine"}, {("tee", "quarantine"): 3}),
        ({"family": "electronics"}, {("phone", "received"): 2}),
        ({"search": "MUG"}, {("mug", "available"): 4}),
        ({"search": "100%"}, {}),
        ({"owner": "customer"}, {}),
        ({"sellable": True}, {("tee", "available"): 10, ("mug", "available"): 4}),
    ],
)
def test_filters_leave_what_they_say(shelves, asks, found):
    assert pieces(of(shelves, **asks)) == found


def test_rows_may_be_skus_or_nodes(shelves):
    shelves.put("open", "opening", "available", "tee", 5, 4000, node="3pl")
    by_item = {row.sku: row.on_hand for row in of(shelves, group="item")}
    assert by_item[shelves.sku("tee")] == 18
    by_node = {row.node: row.on_hand for row in of(shelves, group="node")}
    assert by_node == {shelves.company.node(): 19, shelves.company.node("3pl"): 5}


@pytest.mark.parametrize(
    "sort", ["sku", "-sku", "node", "-node", "pieces", "-pieces", "ats", "-ats", "value", "-value"]
)
def test_pages_one_after_another_are_the_whole_in_order(shelves, sort):
    for item in ("tee", "mug", "cheap"):
        shelves.put("open", "opening", "available", item, 4, 400, node="3pl")
    whole, seen, place = of(shelves, sort=sort), [], None
    while page := of(shelves, sort=sort, place=place, limit=2):
        seen, place = [*seen, *page], page[-1].place
    assert seen == whole
    assert len(whole) == 6


def test_a_place_that_is_nonsense_begins_at_the_start(shelves):
    for place in ("x", "1.2", "....", "a.b.c.d.e", "9" * 40 + ".1.1.a.b"):
        assert of(shelves, place=place) == of(shelves)


def test_totals_are_the_sums_of_the_rows(shelves):
    sums = totals(which=Which(entity=f"UK{shelves.company.tag}"))
    rows = of(shelves)
    assert sum(row.quantity for row in sums) == sum(row.on_hand for row in rows)
    assert sum(row.value_minor for row in sums) == sum(row.value_minor for row in rows)
    assert sum(row.available for row in sums) == sum(row.available for row in rows)


def test_late_facts_are_in_what_happened_and_not_in_what_we_knew(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, NIGHT - HOUR, recorded=MORNING)
    at = NIGHT
    assert pieces(of(shelves, search="tee", when=When(Axis.HAPPENED, at)))["tee", "available"] == 6
    assert pieces(of(shelves, search="tee", when=When(Axis.KNOWN, at)))["tee", "available"] == 10
    later = of(shelves, when=When(Axis.LATER, at))
    assert pieces(later) == {("tee", "available"): -4}
    assert later[0].value_minor == -3200


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in", "out", "aside"]),
        st.integers(1, 3),
        st.integers(0, 240),
        st.integers(0, 120),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, back=st.integers(0, 300))
def test_any_past_is_what_the_lines_of_then_add_up_to(shelves, steps, back):
    """Against the plain sum over the journal, whatever was rolled, late or booked at the edge of a day."""
    made = type(shelves)(type(shelves.company)(**vars(shelves.company)), shelves.ctx)
    left = made_stock(made)
    for what, count, hours, late, rolled in steps:
        happened = BEFORE + timedelta(hours=hours)
        recorded = happened + timedelta(hours=late)
        if what != "in" and left < count:
            continue
        left += {"in": count, "out": -count, "aside": -count}[what]
        path = {"in": ("open", "opening", "available"), "out": ("ship", "available", "customer")}.get(what)
        path = path or ("adjust", "available", "quarantine")
        made.put(*path, "mug", count, count * 250, happened, recorded=recorded)
        if rolled:
            db.rows("SELECT ledger_roll()")
    at = BEFORE + timedelta(hours=back)
    entity = f"UK{made.company.tag}"
    for axis, as_of, where in (
        (Axis.HAPPENED, AsOf(happened=at), "e.happened_at <= %(at)s"),
        (Axis.KNOWN, AsOf(known=at), "e.recorded_at <= %(at)s"),
        (Axis.LATER, None, "e.happened_at <= %(at)s AND e.recorded_at > %(at)s"),
    ):
        mine = {
            (row.state): (row.quantity, row.value_minor)
            for row in totals(which=Which(entity=entity, sku=made.sku("mug")), when=When(axis, at))
        }
        assert mine == _plain(made, where, at), axis
        if as_of is not None:
            rows = stock_by_state(entity=entity, items=[made.company.items["mug"]], as_of=as_of)
            assert mine == {row.state: (row.quantity, row.cost_minor) for row in rows}


def made_stock(shelves):
    """Pieces of mugs available now."""
    return sum(row.states["available"].quantity for row in of(shelves, search="mug", sellable=True))


def _plain(shelves, where, at):
    rows = db.rows(
        f"""
        SELECT a.state, coalesce(sum(l.amount) FILTER (WHERE l.component = 'qty'), 0)::bigint AS pieces,
               coalesce(sum(l.amount) FILTER (WHERE l.component <> 'qty'), 0)::bigint AS value
        FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
        JOIN ledger_account a ON a.id = l.account_id AND a.guarded
        WHERE a.item_id = %(item)s AND {where} GROUP BY 1
        """,
        {"item": shelves.company.items["mug"], "at": at},
    )
    return {row.state: (row.pieces, row.value) for row in rows if row.pieces or row.value}


def test_the_days_of_a_state_end_with_what_is_there_now(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, NIGHT)
    lines = {
        line.state: line for line in items.history(item=shelves.company.items["tee"], today=MORNING.date(), days=7)
    }
    assert lines["available"].pieces == (0, 10, 10, 10, 10, 10, 6, 6)
    assert lines["quarantine"].pieces[-1] == 3
    assert len(lines["available"].days) == 8


def test_places_tell_lots_and_licence_plates_apart(shelves):
    rows = items.places(sku=shelves.sku("phone"))
    assert [(row.state, row.bucket, row.quantity, row.available) for row in rows] == [("received", "unit", 2, 0)]


def test_one_statement_each(shelves):
    which = Which(entity=f"UK{shelves.company.tag}")
    for when in (NOW, *(When(axis, NIGHT) for axis in (Axis.HAPPENED, Axis.KNOWN, Axis.LATER))):
        with db.counting() as sent:
            matrix(which=which, when=when)
            totals(which=which, when=when)
        assert len(sent) == 2

"""Balances now, as of a day or an instant, as known at one; entries, lines and movements."""

from datetime import UTC, date, datetime, timedelta

import pytest

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.ledger import journal, queries
from counterflow.ledger.chart import GL, State
from counterflow.ledger.posting import Entry, Money, Move, Place, post
from counterflow.ledger.queries import AsOf

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LEARNT = datetime(2026, 3, 12, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 15, 9, tzinfo=UTC)


@command(needs="ledger.open")
def _move(ctx, *, entity, item, kind, source, target, quantity, cost, at, node=5, refund=0):
    """One entry; pools on both sides. With a refund, money beside the goods."""
    places = [
        Place(entity, State(state), item, node=node if state not in ("opening", "customer") else 0, bucket="pool")
        for state in (source, target)
    ]
    legs = [Money(entity, GL.SALES_RETURNS, refund, 9), Money(entity, GL.REFUNDS_PAYABLE, -refund, 9)]
    entry = ctx.new_id()
    post(ctx, [Entry(entry, entity, kind, at, [Move(*places, quantity, cost, subject=item)], legs)])
    return Batch([Done(str(entry))])


@pytest.fixture(scope="module")
def entity(database_copy):
    keep = "SELECT ledger_keep_entity(nextval('kernel_id_seq'), 'NZ', 'Shop', 'NZD', 'Pacific/Auckland', %s) AS id"
    return db.rows(keep, [date(2026, 1, 1)])[0].id


@pytest.fixture
def move(ctx, entity):
    def run(item, kind, source, target, quantity, cost, at=NOON, recorded=LEARNT, **more):
        batch = _move(
            ctx(at=recorded),
            entity=entity,
            item=item,
            kind=kind,
            source=source,
            target=target,
            quantity=quantity,
            cost=cost,
            at=at,
            **more,
        )
        return int(batch.done[0].identity)

    return run


def pieces(item, as_of=queries.NOW):
    found = queries.stock_by_state(items=[item], as_of=as_of)
    return {row.state: (row.quantity, row.cost_minor) for row in found}


@pytest.mark.parametrize("rolled", [False, True])
def test_stock_as_of_an_instant_counts_what_had_happened_to_the_second(move, rolled):
    item = 200 + rolled
    move(item, "open", "opening", "available", 10, 1000, at=NOON - timedelta(days=40))
    move(item, "ship", "available", "customer", 4, 400, at=NOON)
    move(item, "receive", "customer", "received", 1, 100, at=NOON + timedelta(seconds=1))
    if rolled:
        db.rows("SELECT ledger_roll()")
    second = timedelta(seconds=1)
    assert pieces(item, AsOf(happened=NOON - second)) == {"available": (10, 1000)}
    assert pieces(item, AsOf(happened=NOON)) == {"available": (6, 600)}
    assert pieces(item, AsOf(happened=NOON + second)) == {"available": (6, 600), "received": (1, 100)}
    assert pieces(item, AsOf(happened=NOON - timedelta(days=60))) == {}
    assert pieces(item) == pieces(item, AsOf(happened=NOON + timedelta(days=90)))


def test_every_instant_of_a_week_is_answered_as_the_lines_say(move):
    item = 210
    hours = [0, 1, 5, 11, 12, 13, 23, 24, 36, 47, 48, 60, 71, 72, 100]
    for hour in hours:
        move(item, "open", "opening", "available", hour + 1, 10, at=NOON + timedelta(hours=hour))
    db.rows("SELECT ledger_roll()")
    for hour in range(-2, 110):
        at = NOON + timedelta(hours=hour)
        wanted = sum(h + 1 for h in hours if h <= hour)
        assert pieces(item, AsOf(happened=at)).get("available", (0, 0))[0] == wanted


def test_the_accounting_axis_takes_the_day_in_the_entitys_zone(move):
    # Noon UTC on the 10th is the 11th in Auckland.
    move(220, "open", "opening", "available", 3, 300)
    assert pieces(220, AsOf(booked=date(2026, 3, 10))) == {}
    assert pieces(220, AsOf(booked=date(2026, 3, 11))) == {"available": (3, 300)}


def test_a_past_belief_can_be_shown_again(move):
    move(230, "open", "opening", "available", 10, 1000, at=NOON - timedelta(days=3), recorded=LEARNT)
    move(230, "ship", "available", "customer", 4, 400, at=NOON, recorded=LATER)
    assert pieces(230, AsOf(happened=NOON)) == {"available": (6, 600)}
    assert pieces(230, AsOf(happened=NOON, known=LEARNT)) == {"available": (10, 1000)}
    assert pieces(230, AsOf(booked=date(2026, 3, 31), known=LEARNT)) == {"available": (10, 1000)}
    assert pieces(230, AsOf(known=LEARNT - timedelta(seconds=1))) == {}


def test_two_times_are_refused():
    with pytest.raises(queries.TwoTimes):
        AsOf(booked=date(2026, 3, 1), happened=NOON)


def test_the_trial_balance_sums_to_nothing_and_agrees_with_the_stock(move, entity):
    move(240, "open", "opening", "available", 10, 1000)
    move(240, "receive", "customer", "received", 2, 150, refund=500)
    rows = queries.trial_balance(entity="NZ")
    assert sum(row.balance_minor for row in rows) == 0
    stock = {row.state: row.cost_minor + row.allowance_minor for row in queries.stock_by_state(entity="NZ")}
    for row in rows:
        if row.account.startswith("stock."):
            assert stock[row.account.removeprefix("stock.")] == row.balance_minor
    accounts = {row.account: row for row in rows}
    assert accounts["refunds_payable"].balance_minor < 0
    assert (accounts["sales_returns"].kind, accounts["sales_returns"].currency) == ("income", "NZD")
    assert queries.trial_balance(entity="nobody") == []


def test_positions_tie_out_to_the_gl_and_to_what_units_say(move):
    move(250, "open", "opening", "available", 10, 1000)
    rows = {row.state: row for row in queries.tie_out(entity="NZ")}
    assert rows["available"].positions_minor == rows["available"].gl_minor > 0
    assert all(row.difference_minor == 0 and row.units_minor is None for row in rows.values())
    told = {row.state: row for row in queries.tie_out(entity="NZ", units={("NZ", "available"): 5})}
    assert told["available"].difference_minor == 5
    assert told["received"].units_minor == 0


def test_only_what_the_chart_marks_sellable_may_be_promised(move, owner):
    move(260, "open", "opening", "available", 10, 1000)
    move(260, "open", "opening", "quarantine", 5, 500)
    move(260, "open", "opening", "available", 3, 300, node=6)
    account = db.rows("SELECT id FROM ledger_account WHERE item_id = 260 AND node_id = 5 AND state = 'available'")[0].id
    owner.execute(
        "INSERT INTO ledger_hold (account_id, quantity, reason, reference, placed_at) VALUES (%s, 4, 'r', 'x', now())",
        [account],
    )
    owner.execute(
        "INSERT INTO ledger_reservation (account_id, quantity, reference, placed_at) VALUES (%s, 2, 'o', now())",
        [account],
    )
    by_node = {row.node_id: row for row in queries.ats(items=[260])}
    assert (by_node[5].sellable, by_node[5].held, by_node[5].reserved, by_node[5].available) == (10, 4, 2, 4)
    assert by_node[6].available == 3
    assert [row.node_id for row in queries.ats(items=[260], nodes=[6])] == [6]


def test_an_entry_is_shown_with_its_lines(move):
    made = move(270, "receive", "customer", "received", 2, 150, refund=500)
    found = journal.entry(id=made)
    assert (found.kind, found.entity, found.accounting_date) == ("receive", "NZ", date(2026, 3, 11))
    assert [(line.account, line.component, line.amount) for line in found.lines] == [
        ("", "qty", -2),
        ("", "qty", 2),
        ("cost_of_sales_returns", "money", -150),
        ("stock.received", "cost", 150),
        ("sales_returns", "money", 500),
        ("refunds_payable", "money", -500),
    ]
    assert journal.entry(id=-1) is None


def test_lines_are_found_by_what_they_are_about_and_movements_by_item(move):
    first = move(280, "open", "opening", "available", 2, 200)
    second = move(280, "ship", "available", "customer", 1, 100)
    assert {row.line.entry_id for row in journal.lines_about(subjects=[280])} == {first, second}
    assert journal.lines_about(subjects=[0]) == []
    moves = journal.movements_of(item=280)
    assert [(row.line.entry_id, row.line.amount) for row in moves] == [(second, -1), (first, 2)]
    assert [row.line.entry_id for row in journal.movements_of(item=280, before=second)] == [first]


@pytest.mark.parametrize(
    ("ask", "statements"),
    [
        (lambda: queries.trial_balance(), 1),
        (lambda: queries.stock_by_state(as_of=AsOf(happened=NOON)), 1),
        (lambda: queries.tie_out(), 1),
        (lambda: queries.ats(items=[1, 2, 3]), 1),
        (lambda: journal.entries(ids=[1, 2, 3]), 2),
        (lambda: journal.lines_about(subjects=[1, 2]), 1),
        (lambda: journal.movements_of(item=1), 1),
    ],
)
def test_a_question_is_a_pinned_number_of_statements(entity, ask, statements):
    with db.counting() as sent:
        ask()
    assert len(sent) == statements

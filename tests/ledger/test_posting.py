"""Posting through the one door, as the application's role."""

from datetime import UTC, date, datetime

import psycopg
import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import InvariantBroken

T = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def books(database_copy):
    """An entity in pounds with closed books up to the end of February."""
    row = db.rows(
        "SELECT ledger_keep_entity(nextval('kernel_id_seq'), 'UK', 'Shop', 'GBP', 'Europe/London', %s) AS id",
        [date(2026, 3, 1)],
    )
    return row[0].id


def opening(ctx, entity, item, quantity, cost, state="available", bucket="pool", at=T, kind="open", source="opening"):
    """Run a command that posts one opening entry; its entry id."""
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.ledger.chart import State
    from counterflow.ledger.posting import Entry, Move, Place, post

    made = []

    @command(needs="ledger.open")
    def open_one(inner):
        entry_id = inner.new_id()
        source_place = Place(entity, State(source), item)
        target = Place(entity, State(state), item, node=5, bucket=bucket)
        post(inner, [Entry(entry_id, entity, kind, at, [Move(source_place, target, quantity, cost)])])
        made.append(entry_id)
        return Batch([Done("x")])

    open_one(ctx())
    return made[-1]


def test_an_entry_balances_in_pieces_and_in_money(ctx, books):
    entry = opening(ctx, books, 100, 5, 4000)
    lines = db.rows("SELECT component, amount FROM ledger_line WHERE entry_id = %s ORDER BY n", [entry])
    assert [(row.component, row.amount) for row in lines] == [
        ("qty", -5),
        ("qty", 5),
        ("money", -4000),
        ("cost", 4000),
    ]
    position = db.rows(
        "SELECT quantity, cost FROM ledger_position p JOIN ledger_account a ON a.id = account_id WHERE item_id = 100"
    )
    assert [(row.quantity, row.cost) for row in position] == [(5, 4000)]


def test_a_path_that_the_chart_lacks_is_refused_by_python_and_by_the_database(ctx, books, owner):
    with pytest.raises(InvariantBroken):
        opening(ctx, books, 101, 1, 100, kind="restock")
    owner.execute("DELETE FROM ledger_movement WHERE kind = 'open' AND target = 'received'")
    with pytest.raises(Exception, match="the chart has no movement open from opening to received"):
        opening(ctx, books, 101, 1, 100, state="received")
    assert not db.rows("SELECT 1 FROM ledger_account WHERE item_id = 101")


def test_a_closed_period_takes_nothing_and_a_late_fact_goes_to_the_open_one(ctx, books):
    late = opening(ctx, books, 102, 1, 100, at=datetime(2026, 1, 15, tzinfo=UTC))
    row = db.rows("SELECT accounting_date, happened_at FROM ledger_entry WHERE id = %s", [late])[0]
    assert row.accounting_date == date(2026, 3, 1)
    assert row.happened_at == datetime(2026, 1, 15, tzinfo=UTC)


def test_the_accounting_date_is_the_day_in_the_entitys_zone(ctx, books):
    summer = opening(ctx, books, 103, 1, 100, at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    row = db.rows("SELECT accounting_date FROM ledger_entry WHERE id = %s", [summer])[0]
    assert row.accounting_date == date(2026, 7, 2)


def test_no_position_goes_below_zero(ctx, books):
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.ledger.chart import State
    from counterflow.ledger.posting import Entry, Move, Place, post

    @command(needs="x")
    def ship(inner):
        pool = Place(books, State.AVAILABLE, 104, node=5, bucket="pool")
        move = Move(pool, Place(books, State.CUSTOMER, 104), 3, 300)
        post(inner, [Entry(inner.new_id(), books, "ship", T, [move])])
        return Batch([Done("x")])

    opening(ctx, books, 104, 2, 200)
    with pytest.raises(Exception, match="ledger_never_below_zero"):
        ship(ctx())


def test_the_application_cannot_write_the_journal_and_the_owner_cannot_rewrite_it(ctx, books, owner):
    opening(ctx, books, 105, 1, 100)
    with pytest.raises(Exception, match="permission denied"):
        db.execute("UPDATE ledger_line SET amount = amount + 1")
    with pytest.raises(Exception, match="permission denied"):
        db.execute("UPDATE ledger_position SET quantity = 7")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        owner.execute("UPDATE ledger_line SET amount = amount + 1")
    month = datetime.now(UTC).strftime("%Y_%m")
    for statement in (
        "DELETE FROM ledger_line_{}",
        "TRUNCATE ledger_entry_{}",
        "UPDATE ledger_entry_{} SET kind = 'x'",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            owner.execute(statement.format(month))


def test_a_line_cannot_join_an_entry_of_another_transaction(ctx, books, owner):
    entry = opening(ctx, books, 106, 1, 100)
    month = datetime.now(UTC).strftime("%Y_%m")
    for table in ("ledger_line", f"ledger_line_{month}"):
        with pytest.raises(psycopg.errors.CheckViolation, match="another transaction"):
            owner.execute(
                f"INSERT INTO {table} SELECT entry_id, (n + 10)::smallint, recorded_at, account_id, entity_id, item_id,"
                " currency, component, amount, tx_currency, tx_amount, rate, subject_id"
                " FROM ledger_line WHERE entry_id = %s",
                [entry],
            )


def test_rolling_moves_deltas_without_changing_any_sum(ctx, books):
    opening(ctx, books, 107, 4, 400)
    sums = """SELECT coalesce(sum(amount), 0) AS s FROM (SELECT amount FROM ledger_balance_delta d JOIN ledger_account a
              ON a.id = d.account_id WHERE item_id = 107 AND state = 'available' AND component = 'cost'
              UNION ALL SELECT amount FROM ledger_balance_day d JOIN ledger_account a ON a.id = d.account_id
              WHERE item_id = 107 AND state = 'available' AND component = 'cost') x"""
    assert db.rows(sums)[0].s == 400
    assert db.rows("SELECT ledger_roll() AS n")[0].n > 0
    assert db.rows(sums)[0].s == 400
    assert not db.rows("SELECT 1 FROM ledger_balance_delta")


def test_an_entry_is_reversed_once_and_exactly(ctx, books):
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.ledger.posting import Reverse, reverse

    entry = opening(ctx, books, 108, 2, 250)

    @command(needs="x")
    def undo(inner):
        reverse(inner, [Reverse(inner.new_id(), entry, "open", T)])
        return Batch([Done("x")])

    undo(ctx())
    position = db.rows(
        "SELECT quantity, cost FROM ledger_position p JOIN ledger_account a ON a.id = account_id WHERE item_id = 108"
    )
    assert [(row.quantity, row.cost) for row in position] == [(0, 0)]
    with pytest.raises(Exception, match="ledger_reversal_pkey"):
        undo(ctx())

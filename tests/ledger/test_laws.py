"""What a superuser changes behind the ledger's back is found by `counterflow verify`, which names the law."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest

from counterflow.config.cli import main
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.ledger.chart import GL, State
from counterflow.ledger.posting import Entry, Money, Move, Place, Reverse, post, reverse

SPRING = datetime(2026, 3, 4, 12, tzinfo=UTC)
SUMMER = datetime(2026, 6, 20, 12, tzinfo=UTC)
TABLES = (
    "ledger_entry",
    "ledger_line",
    "ledger_account",
    "ledger_position",
    "ledger_balance_day",
    "ledger_balance_delta",
    "ledger_reversal",
    "ledger_seal",
    "ledger_entity",
    "kernel_commandrecord",
)


@command(needs="ledger.open")
def _trade(ctx, *, entity, item):
    """Goods come in, some are sold, one comes back and is written down; a mistaken opening is taken back."""
    pool = Place(entity, State.AVAILABLE, item, node=5, bucket="pool")
    customer, received = Place(entity, State.CUSTOMER, item), Place(entity, State.RECEIVED, item, node=5)
    first = ctx.new_id()
    opening = Place(entity, State.OPENING, item)
    money = [
        Money(entity, GL.SALES_RETURNS, 2000, 7, "EUR", 2300, Decimal("0.8696")),
        Money(entity, GL.REFUNDS_PAYABLE, -2000, 7, "EUR", -2300, Decimal("0.8696")),
    ]
    post(
        ctx,
        [
            Entry(first, entity, "open", SPRING, [Move(opening, pool, 10, 5000)]),
            Entry(ctx.new_id(), entity, "ship", SPRING, [Move(pool, customer, 4, 2000, subject=7)]),
            Entry(ctx.new_id(), entity, "receive", SPRING, [Move(customer, received, 1, 500, subject=7)], money),
        ],
    )
    return Batch([Done(str(first))])


@command(needs="ledger.open")
def _mistake(ctx, *, entity, item):
    place = Place(entity, State.AVAILABLE, item, node=6, bucket="pool")
    entry = ctx.new_id()
    post(ctx, [Entry(entry, entity, "open", SPRING, [Move(Place(entity, State.OPENING, item), place, 3, 900)])])
    return Batch([Done(str(entry))])


@command(needs="ledger.reverse")
def _undo(ctx, *, entry):
    reverse(ctx, [Reverse(ctx.new_id(), entry, "open", SPRING)])
    return Batch([Done(str(entry))])


@pytest.fixture(scope="module")
def books(database_copy):
    """A company with a sealed month, an open one, rolled and unrolled sums; and a copy of every table."""
    from counterflow.kernel.context import Context

    def ctx(at):
        return Context.make("user:1", ("*",), at)

    keep = "SELECT ledger_keep_entity(nextval('kernel_id_seq'), %s, 'Shop', 'GBP', 'Europe/London', %s) AS id"
    entity = db.rows(keep, ["UK", date(2026, 1, 1)])[0].id
    other = db.rows(keep, ["IE", date(2026, 1, 1)])[0].id
    _trade(ctx(SPRING), entity=entity, item=100)
    _trade(ctx(datetime(2026, 4, 2, tzinfo=UTC)), entity=other, item=100)
    assert db.rows("SELECT ledger_seal_before(%s, %s) AS n", [date(2026, 5, 1), SUMMER])[0].n == 2
    db.rows("SELECT ledger_roll()")
    _trade(ctx(SUMMER), entity=entity, item=101)
    _trade(ctx(SUMMER), entity=entity, item=102)
    mistaken = _mistake(ctx(SUMMER), entity=entity, item=103).done[0].identity
    _undo(ctx(SUMMER), entry=int(mistaken))
    with psycopg.connect(database_copy, autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
    return entity


@pytest.fixture
def tamper(books, owner):
    """Run statements as a superuser whom no trigger stops; everything is put back afterwards."""
    owner.execute("SET session_replication_role = replica")

    def run(*statements):
        for statement in statements:
            assert owner.execute(statement).rowcount > 0, f"nothing was changed by {statement}"

    yield run
    owner.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    for table in TABLES:
        owner.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")


def verdicts(capsys, *options):
    """The breaches of each law of the ledger. The books here have no units and no credits, so other rooms' laws
    have something to say as well; the exit code speaks for all of them."""
    code = main(["verify", "--json", *options])
    found = {v["law"]: v["breaches"] for v in json.loads(capsys.readouterr().out)["verdicts"]}
    assert code == (1 if any(found.values()) else 0)
    return {name: count for name, count in found.items() if name.startswith("ledger.")}


def broken(capsys, *options):
    """Names of the ledger's laws that are broken."""
    return {name for name, count in verdicts(capsys, *options).items() if count}


# One entry that stands in the open month: goods received back from a customer, with money.
ENTRY = "(SELECT e.id FROM ledger_entry e WHERE kind = 'receive' ORDER BY id DESC LIMIT 1)"
LINE = f"entry_id = {ENTRY} AND n = 1"
BOTH_PIECES = f"entry_id = {ENTRY} AND component = 'qty'"
MONEY = f"entry_id = {ENTRY} AND component = 'money' AND subject_id = 7"
IN_BALANCE = [
    # Legs that stay balanced against each other, column by column.
    ("line amount, pieces", f"UPDATE ledger_line SET amount = 3 * amount WHERE {BOTH_PIECES}"),
    ("line amount, money", f"UPDATE ledger_line SET amount = 3 * amount WHERE {MONEY}"),
    (
        "line account, swapped",
        f"UPDATE ledger_line l SET account_id = o.account_id FROM ledger_line o "
        f"WHERE l.entry_id = {ENTRY} AND o.entry_id = l.entry_id AND o.component = 'qty' AND l.component = 'qty' "
        "AND o.n <> l.n",
    ),
    ("line currency", f"UPDATE ledger_line SET currency = 'EUR' WHERE entry_id = {ENTRY} AND component <> 'qty'"),
    ("line item", f"UPDATE ledger_line SET item_id = 999 WHERE {BOTH_PIECES}"),
    ("line tx_amount", f"UPDATE ledger_line SET tx_amount = 2 * tx_amount WHERE {MONEY}"),
]
COLUMNS = {
    "ledger_line": {
        "entry_id": "-5",
        "n": "(n + 90)::smallint",
        "recorded_at": "recorded_at + interval '1 microsecond'",
        "account_id": "account_id + 1",
        "entity_id": "entity_id + 1",
        "item_id": "item_id + 1",
        "currency": "'JPY'",
        "component": "'allowance'",
        "amount": "amount - 1",
        "tx_currency": "'ZZZ'",
        "tx_amount": "tx_amount + 1",
        "rate": "rate + 0.01",
        "subject_id": "subject_id + 1",
    },
    "ledger_entry": {
        "id": "-6",
        "recorded_at": "recorded_at + interval '1 microsecond'",
        "entity_id": "entity_id + 1",
        "kind": "'adjust'",
        "happened_at": "happened_at - interval '1 second'",
        "accounting_date": "accounting_date + 1",
        "command_id": "command_id - 1",
        "reverses": "1",
        "lines": "(lines + 1)::smallint",
        "digest": "sha256('x')",
        "tx": "'1'::xid8",
    },
    "ledger_account": {
        "id": "-7",
        "entity_id": "(SELECT id FROM ledger_entity WHERE code = 'IE')",
        "gl": "gl || 'x'",
        "owner": "'consignor'",
        "node_id": "99",
        "custodian": "'carrier'",
        "state": "'scrapped'",
        "item_id": "1",
        "lot": "'L1'",
        "bucket": "'unit2'",
        "guarded": "NOT guarded",
        "valued": "NOT valued",
        "digest": "sha256('x')",
    },
}
PICKED = {
    "ledger_line": {
        "currency": f"entry_id = {ENTRY} AND n = 3",
        "component": f"entry_id = {ENTRY} AND component = 'cost'",
        "tx_currency": MONEY,
        "tx_amount": MONEY,
    },
    "ledger_entry": {},
    "ledger_account": {},
}
WHERE = {
    "ledger_line": LINE,
    "ledger_entry": f"id = {ENTRY}",
    "ledger_account": "state = 'received' AND item_id = 101",
}
CELLS = [(table, column) for table, columns in COLUMNS.items() for column in columns]
DIGEST = {"ledger_line": "ledger.digests_hold", "ledger_entry": "ledger.digests_hold"}


def test_the_books_hold_as_they_were_written(books, capsys):
    found = verdicts(capsys)
    assert sum(found.values()) == 0
    assert len(found) >= 14
    assert sum(verdicts(capsys, "--full").values()) == 0


def test_every_column_is_tampered_with(owner, books):
    for table, columns in COLUMNS.items():
        found = owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        assert {row[0] for row in found} == set(columns)


@pytest.mark.parametrize(("table", "column"), CELLS, ids=[".".join(cell) for cell in CELLS])
def test_a_changed_column_is_found(tamper, capsys, table, column):
    where = PICKED[table].get(column, WHERE[table])
    tamper(f"UPDATE {table} SET {column} = {COLUMNS[table][column]} WHERE {where}")
    assert DIGEST.get(table, "ledger.accounts_hold") in broken(capsys)


@pytest.mark.parametrize("statement", [s for _, s in IN_BALANCE], ids=[name for name, _ in IN_BALANCE])
def test_legs_changed_in_balance_are_found(tamper, capsys, statement):
    tamper(statement)
    assert "ledger.digests_hold" in broken(capsys)


OTHERS = [
    ("ledger.positions_are_lines", "UPDATE ledger_position SET quantity = quantity + 1 WHERE cost > 500"),
    ("ledger.positions_are_lines", "UPDATE ledger_position SET cost = cost - 1 WHERE cost > 500"),
    ("ledger.positions_are_lines", "UPDATE ledger_position SET allowance = allowance - 1 WHERE cost > 500"),
    ("ledger.positions_are_lines", "DELETE FROM ledger_position WHERE cost > 500"),
    ("ledger.stock_is_gl", "UPDATE ledger_position SET cost = cost + 1 WHERE cost > 500"),
    ("ledger.day_sums_are_lines", "UPDATE ledger_balance_day SET amount = amount + 1 WHERE component = 'money'"),
    ("ledger.day_sums_are_lines", "UPDATE ledger_balance_day SET accounting_date = accounting_date + 1"),
    ("ledger.day_sums_are_lines", "UPDATE ledger_balance_day SET happened_date = happened_date + 1"),
    ("ledger.day_sums_are_lines", "UPDATE ledger_balance_delta SET amount = amount + 1 WHERE component = 'qty'"),
    ("ledger.day_sums_are_lines", "DELETE FROM ledger_balance_day WHERE component = 'cost'"),
    ("ledger.stock_is_gl", "DELETE FROM ledger_balance_delta WHERE component = 'cost'"),
    ("ledger.seals_hold", "UPDATE ledger_seal SET digest = sha256('x') WHERE month = '2026-03-01'"),
    ("ledger.seals_hold", "UPDATE ledger_seal SET entries = entries + 1 WHERE month = '2026-04-01'"),
    ("ledger.seals_hold", "UPDATE ledger_seal SET previous = sha256('x') WHERE month = '2026-04-01'"),
    ("ledger.seals_hold", "DELETE FROM ledger_seal WHERE month = '2026-03-01'"),
    ("ledger.reversals_cancel", "DELETE FROM ledger_reversal"),
    ("ledger.reversals_cancel", "UPDATE ledger_reversal SET by_entry_id = by_entry_id + 1"),
    ("ledger.entries_have_commands", "DELETE FROM kernel_commandrecord WHERE name = '_undo'"),
    ("ledger.lines_fit_accounts", "UPDATE ledger_entity SET currency = 'USD' WHERE code = 'IE'"),
    ("ledger.day_sums_are_lines", "UPDATE ledger_entity SET zone = 'Pacific/Auckland' WHERE code = 'IE'"),
    ("ledger.dates_follow_facts", "UPDATE ledger_entity SET go_live = '2026-03-05' WHERE code = 'IE'"),
]


@pytest.mark.parametrize(("law", "statement"), OTHERS, ids=[statement[:60] for _, statement in OTHERS])
def test_a_changed_sum_is_found(tamper, capsys, law, statement):
    tamper(statement)
    assert law in broken(capsys)


def test_an_entry_that_vanishes_with_its_lines_is_missed(tamper, capsys):
    tamper(f"CREATE TEMP TABLE gone AS SELECT {ENTRY} AS id")
    tamper(
        "DELETE FROM ledger_line WHERE entry_id IN (SELECT id FROM gone)",
        "DELETE FROM ledger_entry WHERE id IN (SELECT id FROM gone)",
    )
    assert {"ledger.day_sums_are_lines", "ledger.positions_are_lines"} <= broken(capsys)


def test_an_entry_of_a_sealed_month_that_vanishes_with_all_its_sums_breaks_the_seal(tamper, capsys):
    month = "recorded_at < '2026-04-01'"
    tamper(
        f"DELETE FROM ledger_line WHERE {month}",
        f"DELETE FROM ledger_entry WHERE {month}",
        "UPDATE ledger_position SET quantity = 0, cost = 0 FROM ledger_account a JOIN ledger_entity b "
        "ON b.id = a.entity_id WHERE a.id = account_id AND a.item_id = 100 AND b.code = 'UK'",
        "DELETE FROM ledger_balance_day d USING ledger_account a JOIN ledger_entity b ON b.id = a.entity_id "
        "WHERE a.id = d.account_id AND b.code = 'UK'",
    )
    assert "ledger.seals_hold" in broken(capsys)


def test_an_entry_whose_digest_was_forged_too_breaks_its_seal(tamper, capsys):
    forge = (
        "UPDATE ledger_entry e SET digest = sha256(convert_to(ledger_entry_text(e.id, e.recorded_at, e.entity_id, "
        "e.kind, e.happened_at, e.accounting_date, e.command_id, e.reverses, e.lines, e.tx) || E'\\n' || "
        "(SELECT string_agg(ledger_line_text(n, account_id, entity_id, item_id, currency, component, amount, "
        "tx_currency, tx_amount, rate, subject_id), E'\\n' ORDER BY n) FROM ledger_line WHERE entry_id = e.id), "
        "'UTF8')) WHERE recorded_at < '2026-04-01'"
    )
    tamper("UPDATE ledger_line SET subject_id = 8 WHERE subject_id = 7 AND recorded_at < '2026-04-01'", forge)
    assert broken(capsys) == {"ledger.seals_hold"}


def test_much_that_is_sealed_is_proved_again_only_when_asked(tamper, capsys):
    sealed = "recorded_at < '2026-04-01'"
    tamper(f"UPDATE ledger_line SET subject_id = 8 WHERE subject_id = 7 AND {sealed}")
    assert broken(capsys) == {"ledger.digests_hold"}
    # A seal that claims more than it has must not be a way to hide in the crowd.
    tamper("UPDATE ledger_seal SET entries = 5000000 WHERE month = '2026-03-01'")
    assert broken(capsys) == {"ledger.seals_hold"}
    assert broken(capsys, "--full") == {"ledger.seals_hold", "ledger.digests_hold"}


def test_goods_on_a_path_that_the_chart_lacks_are_found(tamper, capsys, books):
    tamper(
        f"UPDATE ledger_line l SET account_id = a.id FROM ledger_account b, ledger_account a "
        f"WHERE l.entry_id = {ENTRY} AND b.id = l.account_id "
        "AND b.state = 'received' AND a.state = 'available' AND a.item_id = b.item_id"
    )
    assert "ledger.movements_follow_chart" in broken(capsys)


def test_the_report_names_the_law_and_the_row(tamper, capsys):
    tamper(f"UPDATE ledger_line SET amount = amount + 2 WHERE {LINE}")
    assert main(["verify"]) == 1
    said = capsys.readouterr().out
    entry = db.rows(f"SELECT {ENTRY} AS id")[0].id
    assert f"entry {entry}: item 102 off by 2" in said
    assert "ledger.entries_balance" in said
    assert "breaches of" in said.splitlines()[-1]


def test_what_is_posted_and_rolled_meanwhile_does_not_disturb(books, capsys, owner):
    from counterflow.config.cli_verify import judge, snapshot
    from counterflow.ledger.laws import LAWS

    with snapshot(full=True):
        found = [judge(law) for law in LAWS[:5]]
        owner.execute("SELECT ledger_roll()")
        owner.execute("SELECT ledger_keep_entity(nextval('kernel_id_seq'), 'DE', 'x', 'EUR', 'UTC', '2026-01-01')")
        found += [judge(law) for law in LAWS[5:]]
    assert not [verdict for verdict in found if verdict.breaches]

"""Exports are accepted by the programs they are for, and say the same as the trial balance."""

import csv
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from counterflow.config.cli import main
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.ledger import export_names as names
from counterflow.ledger import queries
from counterflow.ledger.chart import GL, State
from counterflow.ledger.export_csv import COLUMNS
from counterflow.ledger.posting import Entry, Money, Move, Place, Reverse, post, reverse
from counterflow.ledger.queries import AsOf

MARCH = datetime(2026, 3, 4, 12, tzinfo=UTC)
MAY = datetime(2026, 5, 6, 12, tzinfo=UTC)
SKUS = {"tee/red": 501, "85123A": 502, "GBP": 503, "x" * 40: 504}


@command(needs="ledger.open")
def _year(ctx, *, entity, items, other):
    """Goods in, out and back over two months, a refund agreed in euros, a debt between entities."""
    done = []
    for item in items:
        pool = Place(entity, State.AVAILABLE, item, node=5, bucket="pool")
        customer, received = Place(entity, State.CUSTOMER, item), Place(entity, State.RECEIVED, item, node=5)
        money = [
            Money(entity, GL.SALES_RETURNS, 1999, 7, "EUR", 2300, Decimal("0.869130")),
            Money(entity, GL.REFUNDS_PAYABLE, -1999, 7, "EUR", -2300, Decimal("0.869130")),
        ]
        first = ctx.new_id()
        opening = Place(entity, State.OPENING, item)
        post(
            ctx,
            [
                Entry(first, entity, "open", MARCH, [Move(opening, pool, 10, 5005)]),
                Entry(ctx.new_id(), entity, "ship", MARCH, [Move(pool, customer, 4, 2002)]),
                Entry(ctx.new_id(), entity, "receive", MAY, [Move(customer, received, 1, 500, -20)], money),
                Entry(ctx.new_id(), entity, "receive", MAY, [Move(customer, received, 1)]),
            ],
        )
        done.append(Done(str(first)))
    legs = [
        Money(entity, GL.DUE_FROM, 300),
        Money(entity, GL.GOODWILL, -300),
        Money(other, GL.GOODWILL, 4000),
        Money(other, GL.DUE_TO, -4000),
    ]
    post(ctx, [Entry(ctx.new_id(), entity, "recharge", MAY, money=legs)])
    return Batch(done)


@command(needs="ledger.open")
def _undone(ctx, *, entity, item):
    made = ctx.new_id()
    place = Place(entity, State.AVAILABLE, item, node=6, bucket="pool")
    post(ctx, [Entry(made, entity, "open", MAY, [Move(Place(entity, State.OPENING, item), place, 3, 900)])])
    return Batch([Done(str(made))])


@command(needs="ledger.reverse")
def _undo(ctx, *, entry):
    reverse(ctx, [Reverse(ctx.new_id(), entry, "open", MAY)])
    return Batch([Done("x")])


@pytest.fixture(scope="module")
def books(database_copy):
    from counterflow.catalog.models import Item
    from counterflow.kernel.context import Context

    def ctx():
        return Context.make("user:canary-name", ("*",), MAY)

    keep = "SELECT ledger_keep_entity(nextval('kernel_id_seq'), %s, 'Shop', %s, 'UTC', %s) AS id"
    pounds = db.rows(keep, ["uk_1", "GBP", date(2026, 1, 1)])[0].id
    yen = db.rows(keep, ["uk-1", "JPY", date(2026, 1, 1)])[0].id
    db.insert(Item, [{"id": i, "sku": sku, "name": sku} for sku, i in SKUS.items()])
    _year(ctx(), entity=pounds, items=list(SKUS.values()), other=yen)
    _year(ctx(), entity=yen, items=[501], other=pounds)
    made = _undone(ctx(), entity=pounds, item=501).done[0].identity
    _undo(ctx(), entry=int(made))
    db.rows("SELECT ledger_roll()")
    _year(ctx(), entity=pounds, items=[502], other=yen)


def export(tmp_path, capsys, *options, name="books"):
    """Run the command; path of the file and what was printed."""
    path = tmp_path / name
    assert main(["export", "journal", "-o", str(path), *options]) == 0
    return path, capsys.readouterr().out


def check(*words):
    """Run a checker; everything it says is in the failure."""
    result = subprocess.run(words, capture_output=True, text=True, timeout=300)
    return result.returncode, result.stdout + result.stderr


def bean_check(path):
    return check(str(Path(sys.executable).parent / "bean-check"), str(path))


def hledger(path, *words):
    program = shutil.which("hledger")
    if program is None:
        pytest.skip("hledger is not installed (apt-get install hledger): its exports are not proved here")
    return check(program, "-f", str(path), *words)


SCOPES = [
    (),
    ("--units",),
    ("--entity", "uk_1"),
    ("--entity", "uk-1", "--units"),
    ("--from", "2026-05-01"),
    ("--from", "2026-04-01", "--to", "2026-04-30", "--units"),
    ("--to", "2026-03-31", "--units"),
    ("--from", "2027-01-01"),
]


@pytest.mark.parametrize("scope", SCOPES, ids=[" ".join(s) or "all" for s in SCOPES])
def test_beancount_accepts_the_file(books, tmp_path, capsys, scope):
    path, said = export(tmp_path, capsys, "--format", "beancount", *scope)
    assert bean_check(path) == (0, "")
    assert "0 of them not what the lines lead to" in said


@pytest.mark.parametrize("scope", SCOPES, ids=[" ".join(s) or "all" for s in SCOPES])
def test_hledger_accepts_the_file_strictly(books, tmp_path, capsys, scope):
    path, _ = export(tmp_path, capsys, "--format", "hledger", *scope)
    assert hledger(path, "check", "-s", "ordereddates") == (0, "")


@pytest.mark.parametrize(
    ("form", "prove"), [("beancount", bean_check), ("hledger", lambda p: hledger(p, "check", "-s"))]
)
@pytest.mark.parametrize("legs", [1, 2])
def test_a_cent_of_difference_is_noticed(books, tmp_path, capsys, form, prove, legs):
    # One leg changed breaks its entry; two legs changed alike leave it balanced and break a closing balance.
    path, _ = export(tmp_path, capsys, "--format", form, "--entity", "uk_1")
    text = path.read_text()
    assert prove(path)[0] == 0
    path.write_text(text.replace("  19.99 GBP", "  20.00 GBP", 1).replace("  -19.99 GBP", "  -20.00 GBP", legs - 1))
    assert prove(path)[0] != 0


def test_the_closing_balances_are_the_trial_balance(books, tmp_path, capsys):
    path, _ = export(tmp_path, capsys, "--to", "2026-04-30")
    found = {}
    for line in path.read_text().splitlines():
        if " balance " in line:
            _, _, account, number, _, _, currency = line.split()
            found[account] = (Decimal(number), currency)
    parts = names.entity_parts(["uk_1", "uk-1"])
    wanted = {
        f"{names.ROOTS[row.kind]}:{parts[row.entity]}:{names.account_part(row.account)}": (
            Decimal(names.decimal(row.balance_minor, row.currency)),
            row.currency,
        )
        for row in queries.trial_balance(as_of=AsOf(booked=date(2026, 4, 30)))
    }
    assert found == wanted
    assert len(found) >= 6


def test_the_summary_says_what_the_lines_sum_to(books, tmp_path, capsys):
    _, said = export(tmp_path, capsys)
    debits = db.rows(
        "SELECT sum(amount) FILTER (WHERE amount > 0) AS debits, count(DISTINCT entry_id) AS entries "
        "FROM ledger_line l JOIN ledger_entity e ON e.id = l.entity_id WHERE e.code = 'uk_1' AND component <> 'qty'"
    )[0]
    amount = names.decimal(int(debits.debits), "GBP")
    row = next(line for line in said.splitlines() if line.startswith("uk_1"))
    assert f"debits {amount}  credits {amount}" in row
    assert row.split()[2] == f"{debits.entries:,}"


def test_hledger_reads_the_same_balances(books, tmp_path, capsys):
    path, _ = export(tmp_path, capsys, "--format", "hledger", "--entity", "uk_1")
    code, said = hledger(path, "balance", "--flat", "--no-total", "-O", "csv")
    assert code == 0
    found = {row[0]: row[1] for row in list(csv.reader(said.splitlines()))[1:]}
    part = names.entity_parts(["uk_1"])["uk_1"]
    for row in queries.trial_balance(entity="uk_1"):
        account = f"{names.ROOTS[row.kind]}:{part}:{names.account_part(row.account)}"
        assert found.pop(account) == f"{names.decimal(row.balance_minor, 'GBP')} GBP"
    assert not found


def test_the_csv_has_every_line_and_balances(books, tmp_path, capsys):
    path, _ = export(tmp_path, capsys, "--format", "csv")
    with path.open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == db.rows("SELECT count(*) AS n FROM ledger_line")[0].n
    sums = defaultdict(Decimal)
    for row in rows:
        pieces = row["component"] == "qty"
        sums[row["entry"], row["commodity"] if pieces else row["entity"]] += Decimal(row["amount"])
    assert set(sums.values()) == {0}
    assert {row["sku"] for row in rows} == {"", *SKUS}
    foreign = next(row for row in rows if row["tx_currency"] == "EUR" and row["entity"] == "uk_1")
    assert (abs(Decimal(foreign["tx_amount"])), Decimal(foreign["rate"])) == (Decimal("23.00"), Decimal("0.869130"))
    assert {row["amount"] for row in rows if row["commodity"] == "JPY"} >= {"5005", "-5005"}


@pytest.mark.parametrize("form", ["beancount", "hledger", "csv"])
def test_nobody_is_named(books, tmp_path, capsys, form):
    path, _ = export(tmp_path, capsys, "--format", form, "--units")
    assert "canary" not in path.read_text()


def test_reversals_are_linked(books, tmp_path, capsys):
    path, _ = export(tmp_path, capsys)
    pair = db.rows("SELECT entry_id, by_entry_id FROM ledger_reversal")[0]
    text = path.read_text()
    assert f"^entry-{pair.by_entry_id} ^entry-{pair.entry_id}\n" in text


def test_empty_books_are_a_valid_file(books, tmp_path, capsys):
    path, said = export(tmp_path, capsys, "--to", "2025-12-31")
    assert bean_check(path) == (0, "")
    assert "0 entries" in said


def test_bad_arguments_are_one_sentence_and_leave_no_file(books, tmp_path, capsys):
    path = tmp_path / "x"
    for words, sentence in [
        (["--entity", "FR"], "There is no legal entity FR; there are: uk-1, uk_1."),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "The period begins on 2026-02-01 and ends before"),
        (["--from", "yesterday"], "'yesterday' is not a day such as 2026-03-31"),
    ]:
        assert main(["export", "journal", "-o", str(path), *words]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["export", "journal", "-o", str(tmp_path / "nowhere" / "x")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_names_never_meet():
    assert sorted(names.entity_parts(["uk_1", "uk-1", "é", "9"]).values()) == ["9", "E-", "Uk-1", "Uk-1-3"]
    found = names.commodities({i: sku for sku, i in SKUS.items()}, ["GBP"])
    assert found == {501: "TEE-RED", 502: "X85123A", 503: "ITEM-503", 504: "X" * 24}
    assert [names.decimal(-5, "GBP"), names.decimal(5, "JPY"), names.decimal(12345, "KWD")] == ["-0.05", "5", "12.345"]

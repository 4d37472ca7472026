"""Files as partners send them: any usual header, delimiter and encoding; what cannot be read says why."""

import gzip

import pytest

from counterflow.config.cli import main
from counterflow.kernel.sheets import csv_text
from counterflow.reconciliation import queries
from counterflow.reconciliation.reading import HEADERS, HeaderMissing, HeaderTwice, NotReadable, parse_statement
from counterflow.reconciliation.reading_counts import parse_sheet
from counterflow.reconciliation.words import WORDS, state_of
from statements import FULL


def parse(text, encoding="utf-8"):
    return parse_statement(text.encode(encoding), name="f.csv").rows


@pytest.mark.parametrize(
    "text",
    [
        "SKU,state,quantity\nA-1,available,5\n",
        "\ufeffsku;State;Qty\r\nA-1;available;5\r\n",
        "Qty\tArticle Number\tName\tStock-Status\n5\tA-1\tTee, red\tavailable\n",
        '"Item","Condition","On Hand"\n"A-1","available","5"\n',
        "\n\nSKU|STATE|QUANTITY\n\nA-1|available|5",
    ],
)
def test_headers_and_delimiters_of_many_kinds(text):
    assert [row[1:] for row in parse(text)] == [("A-1", "available", "5")]


def test_utf_16_and_gzip_are_read():
    text = "SKU,state,quantity\nÄ-1,available,5\n"
    assert parse(text, "utf-16")[0][1] == "Ä-1"
    packed = parse_statement(gzip.compress(text.encode(), mtime=0), name="f.csv.gz")
    assert packed.rows[0][1] == "Ä-1"


def test_lines_are_numbered_as_an_editor_shows_them():
    rows = parse('SKU,state,quantity\n\n"A\nB",available,1\nC,available,2\n')
    assert [row[0] for row in rows] == [3, 5]


def test_short_rows_and_endless_cells_are_handed_on_to_be_refused():
    rows = parse("SKU,state,quantity\nA\n" + "x" * 1_000_000 + ",available,3\n")
    assert rows[0] == (2, "A", "", "")
    assert len(rows[1][1]) == 101


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", NotReadable, "it is empty"),
        (b"SKU,quantity\nA,1\n", HeaderMissing, "no column for state; its first line says: SKU, quantity"),
        (b"A-1,available,5\n", HeaderMissing, "no column for sku"),
        (b"item,product,state,qty\n", HeaderTwice, "two columns that could be sku: item, product"),
        (b"SKU,state,quantity\nA,available,1\n\xe9,available,2\n", NotReadable, "line 3 is not UTF-8 text"),
        (gzip.compress(b"SKU,state,quantity\n" * 1000, mtime=0)[:40], NotReadable, "damaged or ends too early"),
        (b"PK\x03\x04\x00\x00", NotReadable, "not a text file"),
    ],
)
def test_what_is_no_statement_says_why(content, error, words):
    with pytest.raises(error, match=words.replace("(", "\\(")):
        parse_statement(content, name="f.csv")


def test_an_exact_header_wins_over_a_word_like_it():
    assert parse("SKU,item,state,quantity\nA,thing,available,1\n")[0][1] == "A"


def test_every_word_and_header_is_documented():
    from pathlib import Path

    page = (Path(__file__).resolve().parents[2] / "docs" / "concepts" / "reconciliation.md").read_text()
    for words in HEADERS.values():
        assert [w for w in sorted(words) if f"`{w}`" not in page] == []
    assert [w for w in WORDS if f"`{w}`" not in page] == []
    assert state_of(" Return-to-Vendor ") == "to_supplier"


@pytest.fixture
def file(shelves, tmp_path):
    """A CSV of the full stock but two tees, with a bad row."""
    rows = [(shelves.sku(i), s, q) for i, s, q in (("tee", "available", 8), *FULL[1:])]
    path = tmp_path / "stock.csv"
    lines = [f"{sku},{state},{quantity}" for sku, state, quantity in rows]
    path.write_text("SKU,State,Qty\n" + "\n".join(lines) + "\nBAD,available,minus one\n")
    return path


def reconcile(shelves, path, *more):
    return main(["reconcile", "stock", str(path), "--node", shelves.company.node(), "--as-of", *more])


def test_the_command_compares_a_file_and_says_what_differs(shelves, file, capsys):
    assert reconcile(shelves, file, "2026-06-10T22:00:00Z") == 0
    said = capsys.readouterr().out
    assert "4 rows read, 17 pieces; 1 rows refused" in said
    assert "line 6: quantity 'minus one' is not a whole number" in said
    assert "1 breaks, 1 open, 16.00 GBP at risk; 0 explained" in said
    assert "proposed: adjust 2 from available to unexplained, 16.00 GBP" in said
    found = queries.statements(node=shelves.company.node())
    assert reconcile(shelves, file, "2026-06-10T22:00:00+00:00", "--check") == 1
    assert "compared before: nothing new was written" in capsys.readouterr().out
    assert queries.statements(node=shelves.company.node()) == found


def test_a_day_means_its_end_at_the_node_and_no_zone_the_nodes_own(shelves):
    from counterflow.config.cli_reconcile import instant

    assert instant("2026-06-10", "America/New_York").isoformat() == "2026-06-11T03:59:59.999999+00:00"
    assert instant("2026-06-10T12:00", "Europe/Berlin").isoformat() == "2026-06-10T10:00:00+00:00"
    assert instant("2026-06-10T12:00Z", "Europe/Berlin").isoformat() == "2026-06-10T12:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["2026-06-10", "--node", "nowhere"], "There is no node nowhere."),
        (["tomorrow"], "'tomorrow' is no instant"),
        (["2999-01-01"], "cannot be compared before that instant has passed"),
        (["2026-06-10", "--entity", "FR"], "There is no legal entity FR."),
        (["2026-06-10", "--total", "5"], "says that it has 5 pieces, and its rows have 17"),
    ],
)
def test_refusals_are_one_sentence(shelves, file, capsys, words, sentence):
    assert reconcile(shelves, file, *words) == 2
    assert sentence in capsys.readouterr().err


def test_a_file_that_is_not_there(shelves, tmp_path, capsys):
    assert reconcile(shelves, tmp_path / "none.csv", "2026-06-10") == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31", "tomorrow"])
def test_an_instant_beyond_the_calendar_is_named(text):
    from counterflow.config.cli_reconcile import InstantMalformed, instant

    with pytest.raises(InstantMalformed):
        instant(text, "Europe/London")


def test_a_counting_sheet_comes_back_as_it_went_out():
    text = "".join(csv_text([["SKU", "Counted"], ["-TEE", 3], ["+MUG", 0], ["CAP", ""]]))
    rows = parse_sheet(text.encode(), name="sheet.csv")
    assert [(row.code, row.quantity) for row in rows] == [("-TEE", 3), ("+MUG", 0)]

"""Lines that go straight into the books: the same books as when every line is staged and merged."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterflow.kernel import db
from counterflow.orders.importing import read_parquet, run
from orders.books import HEADER, Imports, line
from orders.test_import_files import adds_up, content

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of three rows, so that orders reach over several."""
    monkeypatch.setattr(read_parquet, "CHUNK_ROWS", 3)


def parquet(folder, name, lines):
    """The lines of a book as a Parquet file of texts."""
    rows = [row.split(",") for row in lines]
    columns = dict(zip(HEADER.split(","), zip(*rows, strict=True), strict=True))
    path = folder / name
    pq.write_table(pa.table({head: pa.array(values, pa.string()) for head, values in columns.items()}), path)
    return path


def odd_book(seed, rows=60):
    """Lines of few orders in any order: some contradict their order, some stand twice, some come back."""
    dice = random.Random(seed)
    found = []
    for _ in range(rows):
        number = str(dice.randint(1, 8))
        who = dice.choice(["12345"] * 8 + ["777", ""])
        sku = dice.choice(["10001", "10002", "10003", "POST"])
        if dice.random() < 0.2:
            number = f"C{number}"
        found.append(
            line(
                number,
                sku,
                text=dice.choice(["LAMP", "RED LAMP", ""]),
                quantity=-dice.randint(1, 3) if number.startswith("C") else dice.randint(1, 3),
                at=f"2010-05-0{dice.randint(1, 5)} 10:00:00",
                price=dice.choice(["2.50", "0", "3.10"]),
                who=who,
            )
        )
    return found


@pytest.mark.parametrize("seed", range(8))
def test_lines_gone_straight_make_the_books_that_staged_lines_make(
    ctx, make_channel, tmp_path, small_chunks, monkeypatch, seed
):
    books = [odd_book(seed), odd_book(seed + 100), odd_book(seed)]
    seen = []
    for way in ("straight", "staged"):
        if way == "staged":
            monkeypatch.setattr(run, "Direct", lambda channel, ensure, wait: None)
        into = Imports(ctx, tmp_path, make_channel(f"{way}-{seed}"))
        told = []
        for n, book in enumerate(books):
            done = into.run(parquet(tmp_path, f"{way}-{n}.parquet", book))
            assert adds_up(done)
            told.append((done[0].imported, done[0].refused, done[0].duplicate, into.refusals()))
        seen.append((told, content(into.channel)))
    assert seen[0] == seen[1]


def test_only_what_is_sold_becomes_an_item(imports, tmp_path, small_chunks):
    book = [line("1", "31001"), line("1", "31002", who="999"), line("2", "31003", text="BLUE LAMP")]
    imports.run(parquet(tmp_path, "sold.parquet", book))
    names = db.rows("SELECT sku, name FROM catalog_item WHERE sku LIKE '3100%%' ORDER BY sku")
    assert [(row.sku, row.name) for row in names] == [("31001", "LAMP"), ("31003", "BLUE LAMP")]


def test_a_file_is_in_or_not(imports, tmp_path, small_chunks, monkeypatch):
    book = parquet(tmp_path, "whole.parquet", [line(str(n), f"3200{n}") for n in range(9)])

    def broken(*args, **kwargs):
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(run, "import_book", broken)
        with pytest.raises(RuntimeError, match="the power went"):
            imports.run(book)
    assert content(imports.channel) == [[], [], []]
    assert db.rows("SELECT count(*) AS n FROM catalog_item WHERE sku LIKE '3200%%'")[0].n == 0
    assert imports.run(book)[0].imported == 9


def test_an_order_that_a_shop_reports_meanwhile_is_found_at_a_second_try(imports, tmp_path, small_chunks, owner):
    book = parquet(tmp_path, "raced.parquet", [line(str(n)) for n in range(9)] + [line("3", quantity="many")])
    waiting = ["3"]

    def report_one(path, size, rows):
        if rows and waiting:
            owner.execute(
                "INSERT INTO orders_order (channel_id, number, placed_at, currency, country, customer_id) "
                "SELECT id, %s, '2010-05-01 09:00:00Z', 'GBP', 'GB', NULL FROM orders_channel WHERE code = %s",
                [waiting.pop(), imports.channel],
            )

    done = list(
        run.import_files(imports.ctx(), [book], run.Options(imports.channel, imports.report), progress=report_one)
    )
    assert adds_up(done)
    assert (done[0].imported, done[0].refused) == (8, 2)
    assert sorted(imports.refusals()) == [(4, "order_conflict"), (10, "quantity_malformed")]

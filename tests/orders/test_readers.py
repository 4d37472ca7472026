"""Bytes into columns: whatever is wrong with a file, the rows that are right come through."""

import gzip
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.kernel.errors import DomainError
from counterflow.orders.importing import lines, read_csv
from counterflow.orders.importing.readers import parts
from orders.books import HEADER, line


def read(path: Path, encoding="utf-8"):
    """All rows of a file as (line, number, description), and its refusals as (line, code)."""
    rows, refused = [], []
    for part in parts(path, read=lambda _: None, encoding=encoding):
        for chunk in part.chunks:
            columns = [chunk.lines, chunk.columns["number"], chunk.columns["description"]]
            rows += zip(*(column.to_pylist() for column in columns), strict=True)
            refused += [(r.line, r.code) for r in chunk.refused]
    return rows, refused


def write(folder: Path, *rows: str, end="\n", encoding="utf-8") -> Path:
    path = folder / "book.csv"
    path.write_bytes(end.join([HEADER, *rows, ""]).encode(encoding))
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_keep_their_line_numbers(tmp_path, end):
    rows, refused = read(write(tmp_path, line("1"), "", line("2", text='"A, ""B"""'), end=end))
    assert rows == [(2, "1", "LAMP"), (4, "2", 'A, "B"')]
    assert refused == []


def test_a_last_line_without_an_end_and_a_byte_order_mark_are_fine(tmp_path):
    path = tmp_path / "book.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\n{line('1')}".encode())
    assert read(path) == ([(2, "1", "LAMP")], [])


def test_a_quoted_cell_may_go_over_lines(tmp_path):
    rows, refused = read(write(tmp_path, line("1", text='"A\nB"'), line("2")))
    assert [(n, number, text) for n, number, text in rows] == [(2, "1", "A\nB"), (4, "2", "LAMP")]
    assert refused == []


def test_an_open_quote_loses_its_own_row_only(tmp_path):
    rows, refused = read(write(tmp_path, line("1"), line("2", text='"OPEN'), *(line(str(n)) for n in range(3, 400))))
    assert [number for _, number, _ in rows] == ["1", *(str(n) for n in range(3, 400))]
    assert refused == [(3, "quote_open")]


def test_two_open_quotes_near_each_other_lose_two_rows(tmp_path):
    rows, refused = read(write(tmp_path, line("1", text='"OPEN'), line("2"), line("3", text='"OPEN'), line("4")))
    assert [number for _, number, _ in rows] == ["2", "4"]
    assert refused == [(2, "quote_open"), (4, "quote_open")]


def test_an_inch_mark_is_a_character(tmp_path):
    rows, refused = read(write(tmp_path, line("1", text='6" PLATE'), line("2"), line("3", text='8" PLATE')))
    assert [text for _, _, text in rows] == ['6" PLATE', "LAMP", '8" PLATE']
    assert refused == []


def test_rows_of_another_width_are_refused(tmp_path):
    rows, refused = read(write(tmp_path, line("1") + ",more", "2,too,few", line("3")))
    assert [number for _, number, _ in rows] == ["3"]
    assert refused == [(2, "columns_differ"), (3, "columns_differ")]


@pytest.mark.parametrize("size", [1_000_000, 3_000_000])
def test_a_million_characters_are_one_refused_row(tmp_path, size):
    rows, refused = read(write(tmp_path, line("1"), line("2", text="x" * size), line("3")))
    assert [(n, number) for n, number, _ in rows] == [(2, "1"), (4, "3")]
    assert refused == [(3, "row_too_long")]


def test_bytes_of_another_encoding_refuse_their_rows_and_can_be_named(tmp_path):
    path = write(tmp_path, line("1"), line("2", text="CAFÉ"), line("3"), encoding="cp1252")
    rows, refused = read(path)
    assert [number for _, number, _ in rows] == ["1", "3"]
    assert refused == [(3, "encoding")]
    assert [text for _, _, text in read(path, encoding="cp1252")[0]] == ["LAMP", "CAFÉ", "LAMP"]


def test_a_nul_refuses_its_row(tmp_path):
    rows, refused = read(write(tmp_path, line("1", text="A\0B"), line("2")))
    assert [number for _, number, _ in rows] == ["2"]
    assert refused == [(2, "control_character")]


def test_a_cut_gzip_gives_the_rows_before_the_cut(tmp_path):
    path = tmp_path / "book.csv.gz"
    body = "\n".join([HEADER, *(line(str(n), text=f"{n * 7919 % 10007:05d}") for n in range(5000))]).encode()
    whole = gzip.compress(body, mtime=0)
    path.write_bytes(whole[: len(whole) // 2])
    rows, refused = read(path)
    assert 1000 < len(rows) < 5000
    assert [number for _, number, _ in rows] == [str(n) for n in range(len(rows))]
    assert [code for _, code in refused] == ["file_cut", "file_cut"]
    assert refused[0][0] == len(rows) + 2


def test_damage_inside_a_gzip_stops_there(tmp_path):
    path = tmp_path / "book.csv.gz"
    whole = bytearray(gzip.compress("\n".join([HEADER, line("1")]).encode()))
    whole[-6] ^= 0xFF
    path.write_bytes(whole)
    _, refused = read(path)
    assert {code for _, code in refused} == {"file_cut"}


def test_gzip_members_follow_each_other(tmp_path):
    path = tmp_path / "book.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{line('1')}\n".encode()) + gzip.compress(f"{line('2')}\n".encode()))
    assert [number for _, number, _ in read(path)[0]] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (line("1").encode(), "columns_missing"),
        (HEADER.replace("Quantity", "Amount").encode(), "columns_missing"),
        (f"{HEADER},Quantity".encode(), "columns_repeated"),
        (f"{HEADER},InvoiceNo".encode(), "columns_repeated"),
        (f"{HEADER}\n{line()}\n".encode("utf-16"), "file_in_utf16"),
        (gzip.compress(HEADER.encode(), mtime=0)[:12], "file_unreadable"),
        (b"PAR1nothing", "file_unreadable"),
        (b"PK\x03\x04nothing", "file_unreadable"),
        (b"a\rb,c\n1,2\n", "file_unreadable"),
    ],
)
def test_a_file_that_is_no_order_book_says_why(tmp_path, content, code):
    path = tmp_path / "book"
    path.write_bytes(content)
    with pytest.raises(DomainError) as found:
        read(path)
    assert found.value.code == code


def test_missing_columns_are_named_with_what_was_found(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text("Invoice,StockCode,Description,InvoiceDate,Price,Customer ID,Country\n")
    with pytest.raises(DomainError, match=r"lacks the columns quantity .* has: Invoice, StockCode"):
        read(path)


def test_a_missing_file_and_an_unknown_encoding_are_named(tmp_path):
    with pytest.raises(DomainError, match="There is no file"):
        read(tmp_path / "none.csv")
    with pytest.raises(DomainError, match="not the name of a text encoding"):
        read(write(tmp_path), encoding="latin-17")


def test_parquet_and_workbook_read_like_csv(tmp_path):
    table = pa.table(
        {
            "Invoice": ["1", "2"],
            "StockCode": ["A", "B"],
            "Description": ["LAMP", None],
            "Quantity": [1, -2],
            "InvoiceDate": ["2010-01-01 10:00:00"] * 2,
            "Price": [1.25, 2.0],
            "Customer ID": pa.array([17850.0, None]),
            "Country": ["EIRE", "EIRE"],
        }
    )
    pq.write_table(table, tmp_path / "book.parquet")
    book = openpyxl.Workbook()
    book.active.append(["a note"])
    for title in ("Year 1", "Year 2"):
        sheet = book.create_sheet(title)
        sheet.append(table.column_names)
        for row in table.to_pylist():
            sheet.append(list(row.values()))
    book.save(tmp_path / "book.xlsx")
    assert read(tmp_path / "book.parquet")[0] == [(1, "1", "LAMP"), (2, "2", None)]
    names = [part.name for part in parts(tmp_path / "book.xlsx", read=lambda _: None)]
    assert names == ["book.xlsx[Year 1]", "book.xlsx[Year 2]"]
    assert read(tmp_path / "book.xlsx")[0] == [(2, "1", "LAMP"), (3, "2", None)] * 2


cells = st.text(st.sampled_from('ab",\n é'), max_size=6)


@given(st.lists(st.tuples(cells, cells), max_size=20), st.integers(1, 60))
def test_blocks_do_not_change_what_is_read(tmp_path_factory, pairs, size):
    path = tmp_path_factory.mktemp("blocks") / "book.csv"
    path.write_text("\n".join([HEADER, *(f"{a},{b},c,1,d,2,e,f" for a, b in pairs)]), encoding="utf-8")
    whole = read(path)
    before, lines.BLOCK = lines.BLOCK, size
    try:
        assert read(path) == whole
    finally:
        lines.BLOCK = before
    assert read_csv.RECORD_LINES_MAX > 20

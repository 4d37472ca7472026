"""Files of master data: compared first, taken over part by part, and back again without a difference."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from counterflow.access import queries as access
from counterflow.catalog import queries as catalog
from counterflow.catalog.commands import (
    ChangeItem,
    MapReason,
    NewBrand,
    NewItem,
    NewReason,
    NewSupplier,
    change_items,
    map_reasons,
    record_brands,
    record_items,
    record_reasons,
    record_suppliers,
)
from counterflow.console.master.register import KINDS
from counterflow.facilities.commands.set_authority import SetAuthority, set_authority
from counterflow.kernel import db
from counterflow.registry.queries import changes, intake


def words(page):
    """A page's text without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def upload(client, kind, content, name="a.csv"):
    """Send a file; (number of the file, its page)."""
    data = content.encode() if isinstance(content, str) else content
    answer = client.post(f"/master/{kind}/import", {"file": SimpleUploadedFile(name, data)})
    if answer.status_code != 302:
        return None, answer
    return int(answer["Location"].rsplit("/", 1)[1]), client.get(answer["Location"])


def take(client, kind, number):
    """Confirm a file and follow it to its end; the number of steps."""
    steps = 0
    while (row := intake(intake_id=number)).state == "previewed":
        client.post(f"/master/{kind}/import/{number}", {"sha256": row.sha256})
        steps += 1
        assert steps < 50
    return steps


def test_a_file_is_compared_and_then_taken_over(browse, ctx):
    record_items(ctx(), items=[NewItem("F-1", "Lamp", weight_g=100), NewItem("F-2", "Chair"), NewItem("F-3", "Desk")])
    client = browse("inventory_controller")
    number, page = upload(
        client,
        "items",
        "SKU;Product name;Weight;EAN;Colour\r\nF-1;Desk lamp;100;;red\r\nF-2;Chair;;;\r\n"
        "F-4;New one;12;4006381333931;\r\n"
        "F-5;Bad;x;;\r\nF-3;Desk;;123;\r\n;No number;;;\r\nF-1;Again;;;\r\nF-6;;;;\r\n",
    )
    summary = intake(intake_id=number).summary
    assert [summary[n] for n in ("rows", "new", "changed", "unchanged", "refused")] == [8, 1, 1, 1, 5]
    assert summary["unknown"] == ["Colour"]
    assert summary["fields"]["name"]["examples"] == [["F-1", "Lamp", "Desk lamp"]]
    problems = {p["line"]: p for p in intake(intake_id=number).problems}
    assert sorted(problems) == [5, 6, 7, 8, 9]
    assert (problems[5]["column"], problems[5]["value"]) == ("weight_g", "x")
    assert "check digit" in problems[6]["mend"]
    assert "sku is missing" in problems[7]["wrong"]
    assert "row 2 speaks of the same item" in problems[8]["wrong"]
    text = words(page)
    assert "Colour" in text
    assert "Take over 2 rows" in text
    assert catalog.items_by_sku(skus=["F-1"])["F-1"].name == "Lamp"
    report = client.get(f"/master/items/import/{number}/refused.csv").content.decode().splitlines()
    assert len(report) == 6
    take(client, "items", number)
    rows = catalog.items_by_sku(skus=["F-1", "F-4"])
    assert (rows["F-1"].name, rows["F-1"].weight_g) == ("Desk lamp", 100)
    assert (rows["F-4"].gtin, rows["F-4"].weight_g) == ("04006381333931", 12)
    told = changes(kind="item", search="F-1")[0]
    assert (told.field, told.old, told.new, told.source) == ("name", "Lamp", "Desk lamp", f"file:{number}")
    again, page = upload(client, "items", "sku,name\nF-1,Desk lamp\nF-4,New one\n")
    assert "nothing to take over" in words(page)
    assert intake(intake_id=again).summary["unchanged"] == 2


def test_what_commands_would_refuse_is_refused_in_the_preview_and_nothing_is_left_of_it(browse, ctx):
    before = db.rows("SELECT count(*) AS n FROM kernel_commandrecord")[0].n
    number, _ = upload(browse("administrator"), "items", "sku,name,brand\nP-1,A,nobody\nP-2,B,\n")
    (problem,) = intake(intake_id=number).problems
    assert (problem["line"], problem["column"]) == (2, "brand")
    assert "no brand nobody" in problem["wrong"]
    assert catalog.items_by_sku(skus=["P-2"]) == {}
    assert db.rows("SELECT count(*) AS n FROM kernel_commandrecord")[0].n == before + 1


def test_a_record_that_changed_since_the_preview_is_refused(browse, ctx):
    record_items(ctx(), items=[NewItem("Q-1", "Lamp"), NewItem("Q-2", "Lamp")])
    client = browse("administrator")
    number, _ = upload(client, "items", "sku,name\nQ-1,Mine\nQ-2,Mine\n")
    change_items(ctx(), items=[ChangeItem("Q-1", name="Theirs")])
    take(client, "items", number)
    rows = catalog.items_by_sku(skus=["Q-1", "Q-2"])
    assert (rows["Q-1"].name, rows["Q-2"].name) == ("Theirs", "Mine")
    row = intake(intake_id=number)
    assert (row.summary["taken_rows"], row.summary["refused_later"], row.problems[0]["line"]) == (1, 1, 2)
    assert "refused because something changed" in words(client.get(f"/master/items/import/{number}"))


def test_another_file_than_the_previewed_one_is_not_taken_over(browse, ctx):
    client = browse("administrator")
    number, _ = upload(client, "items", "sku,name\nR-1,Mine\n")
    client.post(f"/master/items/import/{number}", {"sha256": "0" * 64})
    assert intake(intake_id=number).state == "previewed"
    client.post(f"/master/items/import/{number}", {"drop": "1"})
    assert intake(intake_id=number).state == "dropped"
    assert catalog.items_by_sku(skus=["R-1"]) == {}
    assert client.get(f"/master/brands/import/{number}").status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sku,name\nE-1,Café\n".encode(), ""),
        ("sku,name\nE-1,Café\n".encode("utf-8-sig"), ""),
        ("sku\tname\nE-1\tCafé\n".encode("utf-16"), ""),
        ("sku;name\nE-1;Café\n".encode("utf-16-le"), ""),
        ("sku;name\nE-1;Café\n".encode("cp1252"), "Windows-1252"),
    ],
)
def test_the_encodings_that_people_have_are_read(browse, ctx, content, said):
    number, _ = upload(browse("administrator"), "items", content)
    row = intake(intake_id=number)
    assert row.summary["first_new"] == ["E-1"]
    assert said in " ".join(row.summary["notes"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" ", "empty"),
        (b"sku;name\nE-1;\x81\x8d\n", "neither UTF-8, UTF-16 nor Windows-1252"),
        (b"name,weight\nA,1\n", "no column sku"),
        (b"sku,SKU,name\nA,B,C\n", "both mean SKU"),
        (b"PK\x03\x04nothing", "no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel format"),
        (b"sku,name\n" + b"A,B\n" * 50_001, "more than 50,000 rows"),
    ],
)
def test_what_is_no_such_file_says_what_to_do(browse, content, said):
    _, page = upload(browse("administrator"), "items", content)
    assert page.status_code == 422
    assert said in words(page)


def test_numbers_keep_their_zeros_and_long_ones_are_not_guessed(browse, ctx):
    book = Workbook()
    book.active.append(["sku", "name", "gtin", "standard cost", "currency"])
    book.active.append(["0042", "Lamp", 4006381333931, 4.5, "EUR"])
    book.active.append(["0043", "Lamp", "4.0065E+12", 4, "EUR"])
    book.active.append([44, "Chair", 36000291452.0, None, None])
    out = io.BytesIO()
    book.save(out)
    number, _ = upload(browse("administrator"), "items", out.getvalue(), "a.xlsx")
    (problem,) = intake(intake_id=number).problems
    assert (problem["line"], problem["column"]) == (3, "gtin")
    assert "last digits are lost" in problem["wrong"]
    take(browse("administrator"), "items", number)
    rows = catalog.items_by_sku(skus=["0042", "44"])
    assert (rows["0042"].gtin, rows["0042"].standard_cost_minor, rows["44"].gtin) == (
        "04006381333931",
        450,
        "00036000291452",
    )


def everything(ctx, company):
    """Records of every kind with awkward contents."""
    record_brands(ctx(), items=[NewBrand("b,1", 'Say "hi"')])
    record_suppliers(ctx(), items=[NewSupplier("007", "=SUM(A1)", "two\nlines", "Dock", 30, 150, contact="-Someone")])
    record_items(
        ctx(),
        items=[
            NewItem("0001", "+Plus", "4006381333931", "@family", "b,1", "007", 450, "EUR", weight_g=5, hazmat=True),
            NewItem("=1+1", "Müller – ½", more_gtins=("5901234123457", "036000291452")),
            NewItem("3", "Off", active=False, standard_cost_minor=0, currency="JPY"),
        ],
    )
    record_reasons(ctx(), items=[NewReason("return", "tight", "Too tight")])
    map_reasons(ctx(), items=[MapReason("shop", "Too tight??", "return", "tight")])
    set_authority(ctx(), items=[SetAuthority(company.node(), "receipt", "partner")])


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_comes_back_changes_nothing(browse, ctx, company, name, form):
    everything(ctx, company)
    client = browse("administrator")
    sent = b"".join(client.get(f"/master/{name}?format={form}" if name != "users" else f"/users?format={form}"))
    number, page = upload(client, name, sent, f"back.{form}")
    assert number, words(page)
    row = intake(intake_id=number)
    assert row.problems == []
    assert row.summary["rows"] > 0
    assert row.summary["unchanged"] == row.summary["rows"]


def test_formulas_are_text_in_both_files(browse, ctx):
    record_items(ctx(), items=[NewItem("=2+2", "@SUM(A1)")])
    client = browse("administrator")
    plain = b"".join(client.get("/master/items?format=csv&q=%3D2")).decode()
    assert "'=2+2,'@SUM(A1)" in plain
    book = load_workbook(io.BytesIO(b"".join(client.get("/master/items?format=xlsx&q=%3D2"))))
    cells = [cell for row in book.active.iter_rows(min_row=2) for cell in row if cell.value]
    assert all(cell.data_type == "s" for cell in cells)
    assert "'=2+2" in {cell.value for cell in cells}


def test_users_come_by_file_without_passwords_and_people_are_not_in_the_preview(browse, ctx):
    client = browse("administrator")
    number, page = upload(
        client,
        "users",
        "email,name,roles,account works\nQuill@demo.example,Quillfeather,clerk inspector,\n"
        "clerk@demo.example,,nonsense,\n"
        "administrator@demo.example,Administrator,clerk,\n",
    )
    row = intake(intake_id=number)
    assert (row.summary["new"], row.summary["refused"]) == (1, 2)
    assert "quill" not in str(row).lower()
    assert "Quill" not in words(page)
    take(client, "users", number)
    made = access.user(email="quill@demo.example")
    assert (made.name, made.roles) == ("Quillfeather", ("clerk", "inspector"))
    assert "administrator" in access.user(email="administrator@demo.example").roles


def test_fifty_thousand_items_take_no_statement_a_row(browse, ctx, django_statements):
    client = browse("administrator")
    lines = "\n".join(f"BIG-{n:05},Thing {n},{n % 900 + 1},family{n % 7}" for n in range(50_000))
    with django_statements() as seen:
        number, _ = upload(client, "items", f"sku,name,weight,family\n{lines}\n")
    assert intake(intake_id=number).summary["new"] == 50_000
    assert len(seen) < 200
    with django_statements() as seen:
        steps = take(client, "items", number)
    assert len(seen) < 25 * steps
    assert db.rows("SELECT count(*) AS n FROM catalog_item WHERE sku LIKE 'BIG-%%'")[0].n == 50_000
    assert intake(intake_id=number).summary["taken_rows"] == 50_000


def test_a_sample_file_can_be_sent_back(browse, ctx, company):
    client = browse("administrator")
    for name in KINDS:
        sample = client.get(f"/master/{name}/import/sample.csv").content
        number, page = upload(client, name, sample)
        assert number, (name, words(page))

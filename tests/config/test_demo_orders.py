"""`counterflow demo --orders`: every row of a book and every return line in it is accounted for."""

import re

import pytest

from config.test_demo import _run, home_of_its_own
from counterflow.kernel import db
from orders.books import HEADER, line

SOLD, BACK, LATE = "2010-05-03 10:00:00", "2010-05-20 15:00:00", "2010-08-20 15:00:00"


def book(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two books that overlap, and a file that is none."""
    made = tmp_path_factory.mktemp("books")
    book(
        made,
        "a.csv",
        line("500001", "10001", quantity=10, at=SOLD),
        line("500001", "10002", quantity=4, at=SOLD, price="700.00"),
        line("500002", "10001", quantity=3, at=SOLD, who="999"),
        line("500002", "POST", "POSTAGE", 1, SOLD, "5.00", "999"),
        line("C500003", "10001", quantity=-2, at=BACK),
        line("C500011", "10002", quantity=-1, at=LATE, price="700.00"),
        line("C500004", "10001", quantity=-5, at=BACK, who="999"),
        line("C500005", "POST", "POSTAGE", -1, BACK, "5.00", "999"),
        line("C500006", "10001", quantity=-1, at=BACK, who=""),
        line("500007", "10001", quantity=80, at="2010-05-21 09:00:00"),
        line("C500008", "10001", quantity=-80, at="2010-05-21 09:12:00"),
        line("500009", "10001", quantity=1, at="never"),
    )
    book(made, "b.csv", line("500001", "10001", quantity=10, at=SOLD), line("500010", "10003", quantity=1, at=BACK))
    book(made, "notes.csv").write_text("colour,size\nred,1\n")
    return made


@pytest.fixture(scope="module")
def told(database_copy, folder, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERFLOW_HOME", str(home_of_its_own(tmp_path_factory)))
        patch.setenv("COLUMNS", "80")
        words = ["demo", "--no-serve", "--orders", str(folder)]
        yield [_run(words), _run(words), _run([*words[:3], str(folder / "a.csv"), str(folder / "b.csv")])]


def test_every_row_is_imported_refused_or_known(told):
    assert "12 rows = 11 imported + 1 refused + 0 duplicate" in told[0][1]
    assert "2 rows = 1 imported + 0 refused + 1 duplicate" in told[0][1]
    assert "14 rows = 12 imported + 1 refused + 1 duplicate" in told[0][1]


def test_a_file_that_is_no_book_fails_alone(told):
    assert told[0][0] == 1
    assert "notes.csv:" in told[0][1]
    assert told[2][0] == 0


def test_every_return_line_is_accounted_for(told):
    text = told[0][1]
    assert "Return lines in the book: 6" in text
    for said in (
        "services cancelled (postage, discounts, fees):  1\n",
        "errors of entry, cancelled within the hour:     1 (80 units)",
        "matched to sales:                               2\n",
        "matched in part, the rest blind:                1\n",
        "no sale found, blind returns:                   1\n",
    ):
        assert said in text
    assert "Units replayed: 9 = 6 matched + 3 blind" in text
    assert "0 breaches" in text


def test_running_it_again_changes_nothing(told):
    texts = [re.sub(r"in [\d.]+ s", "", text[text.index("Return lines") :]) for _, text in told]
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.usefixtures("told")
def test_what_comes_back_is_worth_an_estimate_and_says_so():
    units = db.rows("SELECT basis, simulated FROM receiving_unit ORDER BY basis")
    assert {row.basis for row in units} == {"estimated", "nil"}
    assert all(row.simulated for row in units)
    assert [row.simulated for row in db.rows("SELECT DISTINCT simulated FROM orders_order")] == [False]
    assert [row.simulated for row in db.rows("SELECT DISTINCT simulated FROM orders_tender")] == [True]


@pytest.mark.usefixtures("told")
def test_a_late_return_was_let_through_against_policy():
    found = db.rows(
        "SELECT d.row_id, d.override_reason FROM policies_decision d JOIN returns_rmaline l ON l.id = d.subject_id "
        "JOIN orders_shipmentline s ON s.id = l.shipment_line_id WHERE d.kind = 'eligibility' "
        "AND d.override IS NOT NULL"
    )
    assert {row.override_reason for row in found} == {"history"}


def test_a_real_month_is_replayed_whole(told, data_dir):
    code, text = _run(
        ["demo", "--no-serve", "--orders", str(data_dir / "orders/online_retail/online_retail_2011-02.csv.gz")]
    )
    assert code == 0
    assert "27,707 rows = 27,707 imported + 0 refused + 0 duplicate" in text
    assert re.search(r"Units replayed: ([\d,]+) =", text)[1] == re.search(r"Units to be replayed: ([\d,]+) =", text)[1]
    assert "0 breaches" in text

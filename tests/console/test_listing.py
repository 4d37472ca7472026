"""Lists read their address carefully and give files that are safe to open."""

from django.test import RequestFactory

from counterflow.console import cells
from counterflow.console.listing import Column, Filter, asked, csv_answer, listing

FILTERS = (
    Filter("state", "State", [("open", "Open"), ("closed", "Closed")]),
    Filter("on", "On", kind="date"),
    Filter("sku", "SKU", kind="text"),
)
COLUMNS = (
    Column("Name", lambda r: cells.text(r[0]), sort="name"),
    Column("Pieces", lambda r: cells.number(r[1]), end=True),
    Column("Value", lambda r: cells.money(r[2], "GBP"), end=True),
)


def want(address):
    return asked(RequestFactory().get(address), FILTERS, sort="name")


def test_only_offered_filters_count():
    assert want("/?state=open&q= shoe ").chosen == {"state": "open"}
    assert want("/?state='; DROP TABLE x").chosen == {}
    assert want("/?q=%20shoe%20").search == "shoe"
    assert want("/?on=2026-02-29&sku=%20TEE ").chosen == {"sku": "TEE"}
    assert want("/?on=2026-02-28&sku=").chosen == {"on": "2026-02-28"}


def test_a_place_that_is_no_id_begins_at_the_start():
    assert want("/?place=120").after_id == "120"
    assert [want(f"/?place={place}").after_id for place in ("²", "x", "9" * 30, "")] == [None] * 4


def test_a_heading_sorts_and_turns_round():
    rising = listing(COLUMNS, [], want("/?sort=name&state=open&place=7"))
    assert rising.headings[0].order == "ascending"
    assert rising.headings[0].link == "?state=open&sort=-name"
    assert listing(COLUMNS, [], want("/?sort=-name")).headings[0].link == "?sort=name"
    assert rising.headings[1].link == ""


def test_the_next_page_keeps_what_was_asked():
    drawn = listing(COLUMNS, [], want("/?state=open&place=3"), next_place="9")
    assert drawn.next_link == "?state=open&place=9"
    assert drawn.first_link == "?state=open"


def test_a_file_has_numbers_for_machines_and_no_formulas():
    rows = [("Tee", 1_200, -123_450), ("=1+1", 0, 0), ("@x", 1, 5), ("-3", 1, 1), ("+a", 1, 1)]
    text = b"".join(csv_answer("things", COLUMNS, rows).streaming_content).decode()
    assert text.splitlines() == [
        "Name,Pieces,Value",
        "Tee,1200,-1234.50",
        "'=1+1,0,0.00",
        "'@x,1,0.05",
        "-3,1,0.01",
        "'+a,1,0.01",
    ]


def test_a_filter_may_begin_with_a_choice():
    filters = (Filter("state", "State", [("open", "Open"), ("closed", "Closed")], first="open"),)

    def asks(address):
        wanted = asked(RequestFactory().get(address), filters)
        return wanted.chosen, listing(COLUMNS, [], wanted, filters=filters).searched

    assert asks("/") == ({"state": "open"}, False)
    assert asks("/?state=") == ({}, True)
    assert asks("/?state=closed") == ({"state": "closed"}, True)
    assert asks("/?state=bogus") == ({}, True)


def test_a_list_says_how_many_rows_there_are_and_whether_more_follow():
    rows = [("a", 1, 1), ("b", 0, 0)]
    assert listing(COLUMNS, rows, want("/")).said == "2 rows"
    assert listing(COLUMNS, rows[:1], want("/"), next_place="9").said == "First 1 row; there are more"
    assert listing(COLUMNS, rows, want("/?place=9"), next_place="12").said == "Next 2 rows; there are more"
    assert listing(COLUMNS, rows, want("/?place=9")).said == "Last 2 rows"


def test_what_says_nought_is_drawn_quietly():
    drawn = listing(COLUMNS, [("b", 0, 0), ("c", 3, -250)], want("/"))
    assert [cell.quiet for _, cell in drawn.rows[0]] == [False, True, True]
    assert [cell.quiet for _, cell in drawn.rows[1]] == [False, False, False]

"""Calendars in the console: made, looked at with the days to come, changed, and brought in by file."""

import re

from counterflow.clocks.calendar_queries import calendars_by_code


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_a_calendar_is_made_and_shows_the_days_to_come(browse, company):
    client, code = browse("inventory_controller"), f"leeds-{company.tag}"
    form = {"code": code, "name": "Leeds", "zone": "Europe/London", "country": "GB", "subdivision": "ENG"}
    answer = client.post("/master/calendars/new", {**form, "monday": "8-12 13-17", "nodes": company.node()})
    assert answer.status_code == 302, words(answer)
    row = calendars_by_code(codes=[code])[code]
    assert (row.monday, row.nodes, row.tuesday) == ("08:00-12:00 13:00-17:00", (company.node(),), "")
    page = words(client.get(f"/master/calendars/one/{code}"))
    assert "The next 60 days" in page
    assert "08:00–12:00, 13:00–17:00" in page
    changed = {**form, "version": "1", "monday": row.monday, "closed_days": "2030-01-02 Move", "nodes": company.node()}
    assert client.post(f"/master/calendars/one/{code}", changed).status_code == 302
    assert calendars_by_code(codes=[code])[code].closed_days == "2030-01-02 Move"


def test_what_is_wrong_is_said_at_its_field(browse, company):
    client = browse("finance")
    form = {"code": f"odd-{company.tag}", "name": "Odd", "zone": "Europe/London", "monday": "late"}
    page = words(client.post("/master/calendars/new", form))
    assert "Late are no working hours" in page
    assert "leave it empty for a day off" in page
    page = words(client.post("/master/calendars/new", {**form, "monday": ""}))
    assert "no working hours on any weekday" in page


def test_who_may_only_look_changes_nothing(browse, company):
    client = browse("clerk")
    assert client.get("/master/calendars").status_code == 200
    assert client.get("/master/calendars/one/default").status_code == 200
    assert client.get("/master/calendars/one/nothing").status_code == 404
    assert client.post("/master/calendars/new", {"code": "x", "name": "x"}).status_code in (403, 404)

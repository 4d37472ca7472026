"""The inspect station: from the scan to the grade and where it goes; what is refused keeps the answers. And plans."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from company import ASKED, make_company
from counterflow.evidence import queries as evidence
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.receiving import queries
from dock import receive, scan
from everything import ask, buy
from pictures import picture
from quality import SHOWN, arrived

CLEAN = {
    "q_packaging": "intact",
    "q_size": "right",
    "q_tags": "on",
    "q_worn": "no",
    "q_odour": "none",
    "q_stains": "none",
}
PHONE = {
    "q_packaging": "opened",
    **{f"q_{code}": answer for code, answer in SHOWN.items()},
    "q_housing": "new",
    "q_accessories": "yes",
    "q_wiped": "yes",
}


@pytest.fixture(scope="module")
def company(people):
    """A company whose returns arrive."""
    from counterflow.kernel.context import Context

    return make_company(lambda: Context.make("user:1", ["*"], ASKED))


@pytest.fixture
def phone(company):
    """A phone of a sale whose serial numbers A1 and A2 are on record; its plate."""
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    return arrived(company, "phone", rma=rma, serial="A1")[0]


def text(answer):
    return answer.content.decode()


def seen(lpn):
    return queries.unit(lpn=lpn)


def test_a_scan_leads_to_the_unit_and_what_is_no_unit_is_said(browse, company):
    lpn, client = arrived(company)[0], browse("inspector")
    assert client.post("/inspect/scan", {"scan": lpn})["Location"] == f"/inspect/{lpn}"
    lost = client.post("/inspect/scan", {"scan": "NO-SUCH"})["Location"]
    page = text(client.get(lost))
    assert "No unit has the plate NO-SUCH." in page
    assert 'data-signal="stop"' in page
    assert client.post("/inspect/scan", {"scan": " "})["Location"] == "/inspect"


def test_the_sheet_says_what_was_sold_why_it_came_back_and_what_is_at_stake(browse, company, phone):
    item = KeepPhoto("item", company.items["phone"], picture())
    keep_photos(company.ctx(), items=[item])
    shown = evidence.latest(subject_kind="item", subject_ids=[company.items["phone"]])[company.items["phone"]]
    page = text(browse("inspector").get(f"/inspect/{phone}"))
    for words in ("A1, A2", "Defective", "£8.00 stock", "£23.99", "Scan the serial number", "Before any money"):
        assert words in page, words
    assert f"/photos/{shown}/small" in page
    assert page.count("data-press=") > 15


def test_an_inspection_by_answers_takes_the_suggestion_and_tells_where_it_goes(browse, company):
    lpn, client = arrived(company)[0], browse("inspector")
    answer = client.post(f"/inspect/{lpn}", {**CLEAN, "q_tags": "gone", "key": f"k-{lpn}"})
    assert answer["Location"] == f"/inspect?last={lpn}"
    file = seen(lpn)
    assert (file.unit.grade, file.inspections[0].suggested_grade, file.inspections[0].plan_row) == ("B", "B", "A9")
    page = text(client.get(answer["Location"]))
    assert "Goes to:" in page
    assert "Grade B, passed" in page
    assert "Look again" in page
    assert f"/put-away?lpn={lpn}" in page
    assert client.get(f"/put-away?lpn={lpn}").status_code == 200


def test_what_is_refused_is_said_and_the_answers_stay(browse, company, phone):
    client = browse("inspector")
    refused = client.post(f"/inspect/{phone}", {**PHONE, "q_diagnostics": "", "grade": "A", "q_serial": "A1"})
    assert refused.status_code == 422
    page = text(refused)
    assert "The result of the diagnostics is recorded" in page
    assert 'value="A1"' in page
    assert 'value="off" data-press="1" checked' in page
    assert seen(phone).unit.round == 0
    assert client.post(f"/inspect/{phone}", {**PHONE, "q_serial": "A1"}).status_code == 302
    assert seen(phone).inspections[0].passed


def test_who_differs_chooses_a_reason(browse, company):
    lpn, client = arrived(company)[0], browse("inspector")
    refused = client.post(f"/inspect/{lpn}", {**CLEAN, "grade": "C"})
    assert "to differ, give the code of a reason" in text(refused)
    client.post(f"/inspect/{lpn}", {**CLEAN, "grade": "C", "grade_reason": "judgement"})
    assert seen(lpn).inspections[0].grade_reason == "judgement"
    page = text(client.get("/plans"))
    assert "judgement" in page
    assert "The piece" not in page


def test_photos_sent_with_the_inspection_count_for_it(browse, company):
    lpn, client = arrived(company)[0], browse("inspector")
    torn = {**CLEAN, "q_stains": "torn"}
    assert "1 more photos" in text(client.post(f"/inspect/{lpn}", torn))
    photo = SimpleUploadedFile("damage.jpg", picture(), content_type="image/jpeg")
    assert client.post(f"/inspect/{lpn}", {**torn, "photos": [photo], "key": f"p-{lpn}"}).status_code == 302
    file = seen(lpn)
    assert (file.unit.grade, file.inspections[0].passed) == ("D", False)
    assert len(evidence.photos_of(subject_kind="unit", subject_id=file.unit.id)) == 1


def test_the_suggestion_follows_the_answers_and_records_nothing(browse, company, phone):
    client = browse("inspector")
    asked = text(client.post(f"/inspect/{phone}/suggest", {"q_packaging": "intact"}))
    assert "6 questions left" in asked
    assert "q_fault" not in asked
    broken = {**PHONE, "q_diagnostics": "failed", "q_serial": "A1"}
    more = text(client.post(f"/inspect/{phone}/suggest", broken))
    assert "fault" in more.split('data-due="')[1].split('"')[0].split()
    assert "1 question left" in more
    assert "Suggested: D" in text(client.post(f"/inspect/{phone}/suggest", {**broken, "q_fault": "factory"}))
    wrong = text(client.post(f"/inspect/{phone}/suggest", {**PHONE, "q_serial": "Z9"}))
    assert "It will not pass." in wrong
    assert "never sold" in wrong
    assert seen(phone).unit.round == 0


def test_a_serial_number_may_come_in_a_gs1_symbol(browse, company, phone):
    client = browse("inspector")
    assert client.post(f"/inspect/{phone}", {**PHONE, "q_serial": "(01)09506000134352(21)A1"}).status_code == 302
    assert seen(phone).inspections[0].serial == "A1"


def test_an_answer_whose_question_fell_away_is_not_kept(browse, company):
    lpn, client = arrived(company, "mug")[0], browse("inspector")
    answers = {
        "q_packaging": "intact",
        "q_condition": "new",
        "q_fault": "factory",
        "q_complete": "yes",
        "q_clean": "yes",
    }
    client.post(f"/inspect/{lpn}", answers)
    assert "fault" not in seen(lpn).inspections[0].answers
    assert seen(lpn).unit.grade == "A"


def test_a_further_look_takes_the_place_of_the_one_before(browse, company):
    lpn, client = arrived(company)[0], browse("inspector")
    client.post(f"/inspect/{lpn}", {**CLEAN, "q_odour": "strong"})
    assert "Looked at before: grade D, failed" in text(client.get(f"/inspect/{lpn}"))
    client.post(f"/inspect/{lpn}", CLEAN)
    assert [i.grade for i in seen(lpn).inspections] == ["D", "A"]
    client.post(f"/units/{lpn}/dispose", {})
    assert "This unit is not inspected now" in text(client.get(f"/inspect/{lpn}"))


def test_the_station_keeps_its_node_and_shows_what_waits_there(browse, company):
    lpn, client = arrived(company)[0], browse("inspector")
    assert "Which bench is this?" in text(client.get("/inspect"))
    assert lpn in text(client.get(f"/inspect?node={company.node()}"))
    assert lpn in text(client.get("/inspect"))
    assert lpn not in text(client.get(f"/inspect?node={company.node('3pl')}"))


def test_who_may_not_inspect_reaches_no_station(browse, company):
    lpn = arrived(company)[0]
    for role in ("clerk", "agent", "finance", "executive"):
        client = browse(role)
        assert client.get("/inspect").status_code == 403
        assert client.post(f"/inspect/{lpn}", CLEAN).status_code == 403
        assert client.post(f"/inspect/{lpn}/suggest", CLEAN).status_code == 403
    assert seen(lpn).unit.round == 0
    assert browse("clerk").get("/plans").status_code == 403


def test_pages_take_few_statements_whatever_waits(browse, company, phone, django_statements):
    client = browse("inspector")
    client.get(f"/inspect?node={company.node()}")
    client.post(f"/inspect/{phone}", {**PHONE, "q_serial": "A1"})
    for address in ("/inspect", f"/inspect/{phone}", f"/inspect?last={phone}", "/plans", "/plans/electronics"):
        with django_statements() as statements:
            assert client.get(address).status_code == 200
        assert len(statements) <= 15, (address, statements)
    with django_statements() as statements:
        client.post(f"/inspect/{phone}/suggest", {**PHONE, "q_serial": "A1"})
    assert len(statements) <= 9


def test_a_plan_is_told_in_words_with_its_versions(browse, company):
    client = browse("inspector")
    listed = text(client.get("/plans"))
    assert "all others" in listed
    page = text(client.get("/plans/electronics"))
    for words in ("The activation lock is off", "E11", "everything else", "In force", "Version 1"):
        assert words in page, words
    assert client.get("/plans/nothing").status_code == 404
    assert client.get("/plans/electronics?version=99").status_code == 404


def test_a_unit_that_two_people_look_at_says_who_is_next(browse, company):
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 1))
    wrong = scan(company, "mug", rma=rma)
    receive(company, wrong)
    first, second = browse("inspector"), browse("inventory_controller")
    assert "Two people look at this one." in text(first.get(f"/inspect/{wrong.lpn}"))
    first.post(f"/inspect/{wrong.lpn}", {"grade": "A", "key": f"s-{wrong.lpn}"})
    assert "Waits for a second look" in text(first.get(f"/inspect?last={wrong.lpn}"))
    assert "You looked first" in text(first.get(f"/inspect/{wrong.lpn}"))
    first.get(f"/inspect?node={company.node()}")
    assert "For a second look" not in text(first.get("/inspect"))
    second.get(f"/inspect?node={company.node()}")
    assert wrong.lpn in text(second.get("/inspect"))
    assert "it counts once you have inspected it too" in text(second.get(f"/inspect/{wrong.lpn}"))
    assert "inspect it too" in text(second.get(f"/put-away?lpn={wrong.lpn}"))
    assert "another person to look at it too" in text(second.get(f"/units/{wrong.lpn}"))
    second.post(f"/inspect/{wrong.lpn}", {"grade": "A", "key": f"t-{wrong.lpn}"})
    assert [(i.waits, i.passed) for i in seen(wrong.lpn).inspections] == [(True, True), (False, True)]

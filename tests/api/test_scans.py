"""POST /scans: strings read and looked up in bulk, for programs; and the other questions of the dock."""

import pytest

from counterflow.kernel.db import counting
from dock import announce, authorise, receive, scan


def test_strings_are_read_and_looked_up_in_one_call(company, caller):
    rma = authorise(company)
    tracking = announce(company, rma)
    texts = [rma, tracking, "(01)09501101530003(17)271301", "4006381333931"]
    answer = caller("receiving.view").post("/scans", {"scans": texts})
    assert answer.status_code == 200, answer.content
    one, two, three, four = answer.json()["items"]
    assert [(m["kind"], m["code"]) for m in one["matches"]] == [("return", rma)]
    assert [(m["kind"], m["rma"]) for m in two["matches"]] == [("parcel", rma)]
    assert (three["understood"], three["reason"]) == (False, "GS1 element string: AI 17 has month 13")
    assert three["mend"] == "The date is printed wrong or was read wrong: compare it with the label."
    assert (four["reason"], four["mend"]) == ("", "")
    assert four["readings"][0]["facts"]["gtin"] == "04006381333931"
    assert four["matches"] == []


def test_a_thousand_strings_take_as_many_statements_as_one(company, caller):
    def statements(count):
        call = caller("receiving.view")
        with counting() as seen:
            assert call.post("/scans", {"scans": ["4006381333931"] * count}).status_code == 200
        return len(seen)

    statements(1)
    assert statements(1) == statements(1_000)


@pytest.mark.parametrize("body", [{"scans": []}, {"scans": ["x"] * 1_001}, {"scans": ["x" * 2_001]}, {}])
def test_no_string_too_many_or_too_long_ones_are_refused(company, caller, body):
    assert caller("receiving.view").post("/scans", body).status_code == 422


def test_the_permission_to_see_units_is_needed(company, caller):
    assert caller("catalog.view").post("/scans", {"scans": ["x"]}).status_code == 403


def test_what_is_expected_and_the_label_can_be_asked_for(company, caller):
    rma = authorise(company, [("tee", 2)])
    one = scan(company, rma=rma)
    receive(company, one)
    call = caller("receiving.view", "returns.view")
    job = call.get("/expected", rma=rma).json()["items"][0]
    assert (job["rma"], [line["left"] for line in job["lines"]], [unit["lpn"] for unit in job["units"]]) == (
        rma,
        [1],
        [one.lpn],
    )
    assert one.lpn in call.get(f"/units/{one.lpn}/label").json()["zpl"]
    assert call.get(f"/units/{one.lpn}/suggestions").status_code == 200

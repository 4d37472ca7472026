"""Policies over the API: read them, try facts, check a wording, compare two, carry them in and out."""

from typing import Any

import pytest

from counterflow.policies import queries
from counterflow.policies.exchange import model_for_others
from counterflow.policies.tables import shipped

FACTS = {
    "channel_kind": "b2b",
    "value_minor": 4_000,
    "final_sale": False,
    "blind": False,
    "serial_tracked": False,
    "order_age_days": 10,
}


@pytest.fixture
def refund(company) -> int:
    """The id of the refund table in force."""
    return next(row.id for row in queries.versions(kind="refund") if row.state == "active")


def wording(fee: int = 2_000) -> dict[str, Any]:
    table = shipped("refund").as_json()
    next(row for row in table["rows"] if row["id"] == "b2b")["then"]["restocking_fee_bp"] = fee
    return table


def draft(call, reference: str, table: Any, **more: Any) -> Any:
    body = {"reference": reference, "kind": "refund", "table": table, "owner_role": "finance", **more}
    return call.post("/policy-drafts", body)


def test_a_version_is_read_whole_and_as_a_model(caller, refund):
    call = caller("policies.view")
    found = call.get(f"/policies/{refund}").json()
    assert (found["kind"], found["state"], found["table"]) == ("refund", "active", shipped("refund").as_json())
    assert call.get(f"/policies/{refund}/model").json() == model_for_others(shipped("refund"))
    assert call.get("/policies/999").status_code == 404
    assert caller("catalog.view").get(f"/policies/{refund}").status_code == 403


def test_facts_are_tried_on_a_version_with_the_reasons(caller, refund):
    call = caller("policies.view")
    answer = call.post("/policy-trials", {"version_id": refund, "facts": [FACTS, {**FACTS, "channel_kind": "store"}]})
    one, two = answer.json()["items"]
    assert (one["fired"], one["outcome"]["restocking_fee_bp"]) == (["b2b"], 1_500)
    failed = {why["row"]: [f["column"] for f in why["failed"]] for why in two["rows"]}
    assert "channel_kind" in failed["b2b"]
    assert two["rows"][-1]["fits"]
    wrong = call.post("/policy-trials", {"version_id": refund, "facts": [{**FACTS, "value_minor": "much"}]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "facts_refused")
    assert list(wrong.json()["facts"]["facts"]) == ["value_minor"]


def test_a_wording_is_tried_and_checked_by_who_may_write_one(caller, refund):
    body = {"kind": "refund", "table": wording(), "facts": [FACTS]}
    assert caller("policies.view").post("/policy-trials", body).status_code == 403
    call = caller("policies.edit")
    assert call.post("/policy-trials", body).json()["items"][0]["outcome"]["restocking_fee_bp"] == 2_000
    assert call.post("/policy-trials", {**body, "version_id": refund}).status_code == 422
    assert call.post("/policy-trials", {**body, "kind": "weather"}).json()["code"] == "kind_unknown"


def test_a_check_names_rows_and_columns_and_keeps_nothing(caller, company):
    before = len(queries.versions(kind="refund"))
    table = wording()
    table["rows"][1]["when"]["value_minor"] = "> > 5"
    call = caller("policies.edit")
    told = call.post("/policy-checks", {"kind": "refund", "table": table}).json()
    assert (told["sound"], told["problems"]) == (False, 1)
    assert (told["first_problems"][0]["row"], told["first_problems"][0]["column"]) == ("returnless", "value_minor")
    example = {"name": "fee", "facts": FACTS, "then": {"restocking_fee_bp": 1}}
    told = call.post("/policy-checks", {"kind": "refund", "table": wording(), "examples": [example]}).json()
    assert [(e["holds"], e["row"]) for e in told["examples"]] == [(False, "b2b")]
    assert told["notes"] == len(told["first_notes"]) > 0
    assert all(note["row"] and note["words"] for note in told["first_notes"])
    assert len(queries.versions(kind="refund")) == before
    assert caller("policies.view").post("/policy-checks", {"kind": "refund", "table": table}).status_code == 403


def test_drafts_and_edits_tell_problems_and_notes_with_their_rows(caller, company):
    call = caller()
    done = draft(call, "told", wording(), examples=[{"name": "f", "facts": FACTS, "then": {"restocking_fee_bp": 1}}])
    told = done.json()
    assert (told["problems"], told["examples_failing"][0]["row"]) == (0, "b2b")
    assert {"row", "column", "words"} == set(told["first_notes"][0])
    table = wording()
    table["rows"].insert(0, {**table["rows"][-1], "id": "everything"})
    edit = {"version_id": told["version_id"], "revision": 1, "table": table, "owner_role": "finance"}
    told = call.post("/policy-edits", edit).json()
    assert told["first_problems"][0]["reason"].startswith("row everything stands above it")


def test_a_model_of_another_tool_becomes_a_draft(caller, company):
    call = caller()
    model = model_for_others(shipped("refund"))
    done = draft(call, "model", model)
    assert done.status_code == 201, done.content
    kept = call.get(f"/policies/{done.json()['version_id']}").json()["table"]
    assert kept == shipped("refund").as_json()
    model["nodes"].append({"id": "f", "type": "functionNode", "content": "import http from 'http'"})
    assert draft(call, "reaches", model).json()["code"] == "node_refused"


def test_two_versions_are_compared(caller, refund):
    call = caller()
    made = draft(call, "compared", wording(1_800)).json()["version_id"]
    found = call.get(f"/policies/{refund}/compared/{made}").json()
    changed = [row for row in found["rows"] if row["what"] != "same"]
    assert [(row["row"], row["cells"]) for row in changed] == [
        ("b2b", [{"part": "then", "column": "restocking_fee_bp", "before": 1_500, "after": 1_800}])
    ]
    other = next(row.id for row in queries.versions(kind="sla"))
    assert call.get(f"/policies/{refund}/compared/{other}").status_code == 422
    assert call.get(f"/policies/{refund}/compared/999").status_code == 404


@pytest.mark.parametrize("value", [10**30, 1.5, [1], {"a": 1}, "\x00", "\ud800"], ids=repr)
@pytest.mark.parametrize("part", ["then", "agent", "name", "example"])
def test_what_cannot_be_stored_is_refused_with_its_place(caller, company, part, value):
    table, examples = wording(), [{"name": "f", "facts": dict(FACTS), "then": {"restocking_fee_bp": 2_000}}]
    if part == "then":
        table["rows"][2]["then"]["code"] = value
    elif part == "example":
        examples[0]["facts"]["brand"] = value
    elif part == "name":
        table["name"] = value
    else:
        table["rows"][2]["agent"] = value
    call = caller()
    answer = draft(call, f"odd {part} {value!r}"[:100], table, examples=examples)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("table_malformed", "input_unreadable")
    checked = call.post("/policy-checks", {"kind": "refund", "table": table, "examples": examples})
    assert (checked.status_code, checked.json()["code"]) == (422, "table_malformed")

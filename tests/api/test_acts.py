"""The contract of acts: who may call, what is a good body, what an answer looks like."""

import pytest

from counterflow.kernel import db


def asked(company, order, ref, quantity=1, **more):
    line = {"quantity": quantity, "reason": "too_small", "sku": company.sku()}
    body = {"channel": company.channel(), "request_ref": ref, "order": order, "lines": [line]}
    return {**body, "happened_at": "2026-05-06T10:00:00Z", **more}


def rmas(company, ref):
    sql = "SELECT count(*) AS n FROM returns_rma WHERE request_ref = %s AND channel_id = ANY(%s)"
    return db.rows(sql, [ref, list(company.channels.values())])[0].n


def test_one_item_answers_created_and_again_the_same_under_its_key(company, caller):
    order, program = company.sell(), caller()
    first = program.post("/rmas", asked(company, order, "one"), key="k-one")
    again = program.post("/rmas", asked(company, order, "one"), key="k-one")
    assert first.status_code == 201
    assert first.json()["state"] == "authorised"
    assert again.content == first.content
    other_key = program.post("/rmas", asked(company, order, "one"))
    assert (other_key.status_code, other_key.json()["replayed"]) == (200, True)
    assert rmas(company, "one") == 1


def test_a_key_with_other_content_is_a_conflict_and_so_is_a_reused_reference(company, caller):
    order, program = company.sell(), caller()
    program.post("/rmas", asked(company, order, "a"), key="k-same")
    conflict = program.post("/rmas", asked(company, order, "b"), key="k-same")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "key_conflict")
    reused = program.post("/rmas", asked(company, order, "a", quantity=2))
    assert (reused.status_code, reused.json()["code"]) == (409, "identity_reused")
    assert conflict["Content-Type"] == "application/problem+json"


def test_a_refusal_is_a_problem_with_facts_and_a_sentence(company, caller):
    order = company.sell()
    refused = caller().post("/rmas", asked(company, order, "fifty", quantity=50))
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "not_enough_left")
    assert body["facts"]["left"] == 5
    assert "50 pieces" in body["detail"]
    unknown = caller().post("/rmas", asked(company, "no-such-order", "x"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "order_not_found")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"lines": [{"quantity": 0.5, "reason": "too_small"}]}, "quantity"),
        ({"lines": [{"quantity": True, "reason": "too_small"}]}, "quantity"),
        ({"lines": [{"quantity": "1", "reason": "too_small"}]}, "quantity"),
        ({"surprise": 1}, "surprise"),
        ({"happened_at": "2026-05-06T10:00:00"}, "happened_at"),
        ({"request_ref": None}, "request_ref"),
        ({"order": "x" * 5000}, "order"),
        ({"order": "O-\x00"}, "order"),
    ],
)
def test_a_bad_body_is_refused_with_the_place(company, caller, change, where):
    refused = caller().post("/rmas", {**asked(company, company.sell(), "bad"), **change})
    assert refused.status_code == 422
    assert where in str(refused.json()["facts"]["errors"])


@pytest.mark.parametrize("quantity", [-1, 0, 10**9])
def test_absurd_quantities_are_refused(company, caller, quantity):
    refused = caller().post("/rmas", asked(company, company.sell(), "absurd", quantity=quantity))
    assert (refused.status_code, refused.json()["code"]) == (422, "quantity_invalid")


def test_what_is_no_json_and_what_has_no_key_or_no_token_is_refused(company, caller):
    program = caller()
    assert program.post("/rmas", None, raw="{not json").status_code == 400
    no_key = program.post("/rmas", asked(company, company.sell(), "n"), key=None)
    assert (no_key.status_code, no_key.json()["code"]) == (400, "idempotency_key_missing")
    program.token = "cf_000000000000_" + "x" * 43
    nobody = program.post("/rmas", {})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")


def test_a_token_may_do_what_its_scopes_say(company, caller):
    refused = caller("returns.view").post("/rmas", asked(company, company.sell(), "scope"))
    assert (refused.status_code, refused.json()["facts"]["permission"]) == (403, "returns.open")
    assert rmas(company, "scope") == 0


def test_a_batch_answers_item_by_item_in_order(company, caller):
    order, program = company.sell(), caller()
    items = [asked(company, order, "b1"), asked(company, order, "b2", quantity=50), asked(company, order, "b3")]
    answer = program.post("/rmas/bulk", {"items": items})
    assert answer.status_code == 200
    assert [r["status"] for r in answer.json()["results"]] == ["done", "refused", "done"]
    assert (answer.json()["done"], answer.json()["refused"]) == (2, 1)


def test_ten_thousand_and_one_items_are_refused_whole(company, caller):
    items = [asked(company, "O", f"many-{n}") for n in range(10_001)]
    refused = caller().post("/rmas/bulk", {"items": items})
    assert (refused.status_code, refused.json()["code"]) == (422, "batch_too_large")
    assert rmas(company, "many-0") == 0


def test_the_openapi_document_describes_every_act_and_needs_no_network(caller):
    program = caller()
    document = program.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    from counterflow.api.acts import ACTS

    for act in ACTS:
        assert f"/api/v1{act.path}" in document["paths"]
        assert f"/api/v1{act.path}/bulk" in document["paths"]


def test_the_reference_page_shows_every_act_without_scripts_from_elsewhere(caller):
    from counterflow.api.acts import ACTS

    page = caller().client.get("/api/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert all(f"/api/v1{act.path}" in text for act in ACTS)
    assert "http" not in text
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_goodwill_is_granted_by_those_who_may_compensate(company, caller):
    order = company.sell()
    wish = {"channel": company.channel(), "order": order, "amount_minor": 500, "reason": "late_delivery"}
    body = {**wish, "request_ref": f"gw-{order}", "method": "store_credit"}
    granted = caller("refunds.compensate").post("/goodwill", body)
    assert (granted.status_code, granted.json()["total_minor"], granted.json()["currency"]) == (201, 500, "GBP")
    assert caller("refunds.compensate").post("/goodwill", body).json()["replayed"] is True
    assert caller("refunds.release").post("/goodwill", body).status_code == 403

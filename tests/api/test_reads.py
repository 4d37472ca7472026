"""Questions over HTTP: who may ask, how lists go on, what is not there."""

import pytest

from counterflow.api.asks import READS

OF_ONE_THING = {"/backtest-segments": "backtest_unknown"}
"""Lists about one thing that is not there in these books."""


@pytest.mark.parametrize("read", [r for r in READS if "{" not in r.path], ids=lambda r: r.path)
def test_every_list_answers_those_who_may_ask_and_nobody_else(company, caller, read):
    asked = {
        "channel": company.channel(),
        "order": company.sell(),
        "order_line": 1,
        "quantity": 1,
        "reason": "too_small",
        "subject_kind": "item",
        "subject_id": 1,
    }
    params = {
        "sku": company.sku(),
        "node": company.node(),
        "subject_kind": "unit",
        "subject_id": 1,
        "count": 1,
        "backtest_id": 1,
        "dimension": "brand",
        "shadow_id": 1,
        **asked,
    }
    given = {k: v for k, v in params.items() if k in read.names}
    answer = caller(read.needs).get(read.path, **given)
    if read.path in OF_ONE_THING:
        assert (answer.status_code, answer.json()["code"]) == (404, OF_ONE_THING[read.path])
    else:
        assert answer.status_code == 200, answer.content
        assert set(answer.json()) == {"items", "next"}
    other = next(r.needs for r in READS if r.needs != read.needs)
    refused = caller(other).get(read.path, **given)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


def test_a_list_goes_on_where_the_cursor_says_until_it_ends(company, caller):
    program, seen, cursor = caller(), [], None
    while True:
        page = program.get("/items", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["sku"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert {company.sku(name) for name in ("tee", "phone", "mug", "cheap")} <= set(seen)


def test_one_thing_answers_or_is_not_found(company, caller):
    program, order = caller(), company.sell()
    found = program.get(f"/orders/{company.channel()}/{order}")
    assert found.json()["number"] == order
    missing = program.get(f"/orders/{company.channel()}/nothing")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 10_000}, {"colour": "red"}])
def test_a_parameter_that_is_wrong_or_unknown_is_refused(company, caller, params):
    assert caller().get("/items", **params).status_code == 422


def test_stock_is_shown_as_it_was(company, caller):
    company.sell()
    program = caller()
    now = program.get("/stock", entity=f"UK{company.tag}").json()["items"]
    before = program.get("/stock", entity=f"UK{company.tag}", happened="2026-04-01T00:00:00Z").json()["items"]
    assert isinstance(now, list)
    assert before == []
    both = program.get("/stock", booked="2026-04-01", happened="2026-04-01T00:00:00Z")
    assert (both.status_code, both.json()["code"]) == (422, "two_times")

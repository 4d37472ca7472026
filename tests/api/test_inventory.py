"""Programs ask what is where and what moved it, and count as people do."""

from company import ASKED


def test_inventory_and_movements_are_read(company, caller):
    company.sell()
    program = caller()
    rows = program.get("/inventory", entity=f"UK{company.tag}", happened=ASKED.isoformat()).json()["items"]
    assert rows == []
    moved = program.get("/movements", sku=company.sku()).json()["items"]
    assert {row["kind"] for row in moved} == {"open", "ship"}
    assert program.get("/movements", sku="none").json()["items"] == []
    both = program.get("/inventory", happened=ASKED.isoformat(), known=ASKED.isoformat())
    assert (both.status_code, both.json()["code"]) == (422, "two_times")


def test_a_count_is_made_over_the_api(company, caller):
    program, node, sku = caller(), company.node(), company.sku("mug")
    opening = {"node": node, "sku": sku, "quantity": 5, "cost_minor": 1250}
    assert program.post("/opening-stock", opening).status_code == 201
    made = program.post("/counts", {"reference": f"api {company.tag}", "node": node, "skus": [sku]})
    assert made.status_code == 201, made.content
    count = made.json()["count"]
    sheet = program.get("/count-sheet", count=count).json()["items"]
    assert [(row["sku"], row["counted"], row["book"], row["expected"]) for row in sheet] == [(sku, None, None, None)]
    entry = {"count_id": count, "ref": "1", "code": sku, "quantity": 4}
    assert program.post("/count-entries", entry).status_code == 201
    assert program.post("/count-entries", entry).status_code == 200
    compared = program.post("/count-comparisons", {"count_id": count, "recount": False}).json()
    assert compared["breaks"] == 1
    lines = program.get("/count-lines", count=count).json()["items"]
    assert [(row["counted"], row["book"], row["state"]) for row in lines] == [(4, 5, "differs")]
    assert program.post("/count-closings", {"count_id": count}).json()["code"] == "breaks_open"
    assert program.post("/count-closings", {"count_id": count, "leave_open": True}).status_code == 201
    listed = program.get("/counts", node=node).json()["items"]
    assert [(row["id"], row["state"]) for row in listed] == [(count, "closed")]


def test_one_place_is_corrected_over_the_api(company, caller):
    wish = {
        "reference": f"api {company.tag}",
        "node": company.node(),
        "sku": company.sku("mug"),
        "from_state": "unexplained",
        "to_state": "available",
        "quantity": 2,
        "reason": "found",
    }
    done = caller().post("/stock-adjustments", wish)
    assert done.status_code == 201, done.content
    assert done.json()["value_minor"] == 500

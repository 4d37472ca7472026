"""A statement over HTTP: compared as of its own time, explained, and mended by somebody who may."""

from counterflow.kernel import db


def on_hand(company):
    sql = """SELECT coalesce(sum(p.quantity), 0)::int AS n FROM ledger_position p
             JOIN ledger_account a ON a.id = p.account_id WHERE a.entity_id = %s AND a.state = 'available'"""
    return db.rows(sql, [company.entity])[0].n


def stocked(ctx, company):
    from counterflow.ledger.commands.open_books import OpenStock, open_books

    assert not open_books(ctx(), items=[OpenStock(company.node(), company.sku("mug"), 10, 2500)]).refused


def test_a_break_is_found_proposed_and_posted_once(ctx, company, caller):
    stocked(ctx, company)
    rows = [{"sku": company.sku("mug"), "state": "available", "quantity": 8}]
    body = {"node": company.node(), "as_of": "2026-06-01T00:00:00Z", "rows": rows, "source": "wms"}
    clerk, controller = caller(), caller()
    compared = clerk.post("/statements", body)
    assert compared.status_code == 201, compared.content
    again = clerk.post("/statements", body)
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    (found,) = controller.get("/breaks", statement=compared.json()["statement"]).json()["items"]
    assert (found["kind"], found["sku"], found["value_minor"]) == ("missing", company.sku("mug"), 500)
    posted = controller.post("/adjustments", {"break_id": found["id"]})
    assert posted.status_code == 201, posted.content
    assert on_hand(company) == 8
    once = controller.post("/adjustments", {"break_id": found["id"]})
    assert (once.status_code, once.json()["replayed"]) == (200, True)
    assert on_hand(company) == 8


def test_a_row_that_is_no_row_is_told_with_its_place(company, caller):
    rows = [{"sku": company.sku("mug"), "state": "available", "quantity": "many"}]
    refused = caller().post("/statements", {"node": company.node(), "as_of": "2026-06-01T00:00:00Z", "rows": rows})
    assert refused.status_code == 422
    assert refused.json()["facts"]["errors"][0]["where"].endswith("rows.0.quantity")

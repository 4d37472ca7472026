"""Eight HTTP clients at once against a real server: one effect, or a refusal that says why.

Each test is a row of what other systems were measured to get wrong: stock counted several times, a line of
five returned forty times over, the same refund paid eight times, lost updates, refunds before receipt.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from counterflow.kernel import db

EIGHT = 8
_keys = count(1)


@pytest.fixture(scope="module")
def port(database_copy):
    """A real web server of two processes on this module's database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    command = [sys.executable, "-m", "counterflow.config.cli", "serve", "--port", str(number), "--workers", "2"]
    server = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", number, timeout=5)
            connection.request("GET", "/api/v1/openapi.json")
            assert connection.getresponse().status == 200
            break
        except OSError:
            assert server.poll() is None, server.stdout.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield number
    server.terminate()
    server.wait(timeout=30)


@pytest.fixture
def token(ctx):
    """A token that may do everything."""
    from counterflow.access.commands import IssueToken, NewUser, create_users, issue_tokens
    from counterflow.access.roles import PERMISSIONS
    from counterflow.access.secrets import new_token

    made, email = new_token(), f"racer{next(_keys)}@demo.example"
    create_users(ctx(), items=[NewUser(email, "Racer", ("administrator",))])
    issue_tokens(ctx(), items=[IssueToken(email, "race", made.prefix, made.digest, tuple(PERMISSIONS))])
    return made.plain


@pytest.fixture
def call(port, token):
    """POST one body under a key; (status, answer)."""

    def post(path, body, key=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or f"k{next(_keys)}",
        }
        connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    return post


def at_once(call, path, bodies, key=None):
    """Send all bodies at the same moment; their answers in order."""
    barrier = threading.Barrier(len(bodies))

    def one(body):
        barrier.wait()
        return call(path, body, key)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(one, bodies))


def asked(company, order, ref, quantity=1, name="tee"):
    line = {"quantity": quantity, "reason": "too_small", "sku": company.sku(name)}
    return {
        "channel": company.channel(),
        "request_ref": ref,
        "order": order,
        "lines": [line],
        "happened_at": "2026-05-06T10:00:00Z",
    }


def opened(call, company, quantity=1):
    order = company.sell()
    status, rma = call("/rmas", asked(company, order, f"open-{next(_keys)}", quantity))
    assert status == 201
    return rma["rma"]


def received(call, company, rma):
    lpn = company.lpn()
    assert call("/units", {"lpn": lpn, "node": company.node(), "sku": company.sku(), "rma": rma})[0] == 201
    return lpn


def inspected(call, company, rma):
    lpn = received(call, company, rma)
    assert call("/inspections", {"lpn": lpn, "grade": "A"})[0] == 201
    return lpn


def one(sql, params):
    return db.rows(sql, params)[0][0]


def pool(company):
    sql = """SELECT coalesce(sum(p.quantity), 0)::int FROM ledger_position p
             JOIN ledger_account a ON a.id = p.account_id WHERE a.entity_id = %s AND a.state = 'available'"""
    return one(sql, [company.entity])


@pytest.mark.parametrize("key", ["the-same-key", None])
def test_the_same_return_request_eight_times_opens_one_return(call, company, key):
    body = asked(company, company.sell(), "same", 5)
    answers = at_once(call, "/rmas", [body] * EIGHT, key and f"{key}-{company.tag}")
    assert {answer["rma"] for _, answer in answers} == {answers[0][1]["rma"]}
    sql = "SELECT count(*) FROM returns_rma WHERE channel_id = %s AND request_ref = 'same'"
    assert one(sql, [company.channels["own_shop"]]) == 1


def test_a_whole_line_of_five_asked_back_eight_times_comes_back_once(call, company):
    order = company.sell()
    answers = at_once(call, "/rmas", [asked(company, order, f"whole-{n}", 5) for n in range(EIGHT)])
    assert sorted(status for status, _ in answers) == [201] + [409] * 7
    assert {answer["code"] for status, answer in answers if status == 409} == {"not_enough_left"}
    sql = """SELECT sum(l.authorised_qty)::int FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id
             JOIN orders_order o ON o.id = s.order_id WHERE o.number = %s"""
    assert one(sql, [order]) == 5


def test_fifty_of_five_and_pieces_that_are_no_pieces_are_refused(call, company):
    order = company.sell()
    assert call("/rmas", asked(company, order, "fifty", 50))[0] == 409
    for quantity in (0.5, -1, 0, "1", None):
        assert call("/rmas", asked(company, order, "odd", quantity))[0] == 422


@pytest.mark.parametrize("key", ["the-same-key", None])
def test_the_same_plate_received_eight_times_is_one_unit(call, company, key):
    rma, lpn = opened(call, company), company.lpn()
    body = {"lpn": lpn, "node": company.node(), "sku": company.sku(), "rma": rma}
    answers = at_once(call, "/units", [body] * EIGHT, key and f"{key}-{company.tag}")
    assert all(status in (200, 201) for status, _ in answers)
    assert one("SELECT count(*)::int FROM receiving_unit WHERE lpn = %s", [lpn]) == 1
    sql = """SELECT sum(p.quantity)::int FROM ledger_position p JOIN ledger_account a ON a.id = p.account_id
             WHERE a.entity_id = %s AND a.state = 'received'"""
    assert one(sql, [company.entity]) == 1


def test_the_same_piece_under_eight_plates_is_expected_once(call, company):
    rma = opened(call, company)
    bodies = [{"lpn": company.lpn(), "node": company.node(), "sku": company.sku(), "rma": rma} for _ in range(EIGHT)]
    answers = at_once(call, "/units", bodies)
    found = sorted(answer["found"] for status, answer in answers if status == 201)
    assert found.count("expected") == 1
    assert set(found) <= {"expected", "excess"}
    sql = """SELECT sum(allocated_qty)::int FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id
             WHERE r.number = %s"""
    assert one(sql, [rma]) == 1


def test_the_same_unit_restocked_eight_times_is_one_piece_more(call, company):
    lpn = inspected(call, company, opened(call, company))
    before = pool(company)
    answers = at_once(call, "/disposals", [{"lpn": lpn, "disposition": "restock"}] * EIGHT)
    assert all(status in (200, 201) for status, _ in answers)
    assert pool(company) == before + 1


def test_eight_different_units_restocked_at_once_are_eight_pieces_more(call, company):
    plates = [inspected(call, company, opened(call, company)) for _ in range(EIGHT)]
    before = pool(company)
    answers = at_once(call, "/disposals", [{"lpn": lpn, "disposition": "restock"} for lpn in plates])
    assert [status for status, _ in answers] == [201] * EIGHT
    assert pool(company) == before + EIGHT


def test_what_was_not_inspected_is_not_restocked(call, company):
    lpn = received(call, company, opened(call, company))
    status, answer = call("/disposals", {"lpn": lpn, "disposition": "restock"})
    assert status == 409
    assert answer["detail"]


def test_nothing_is_refunded_before_its_milestone(call, company):
    rma = opened(call, company)
    status, answer = call("/credits", {"request_ref": f"early-{rma}", "rma": rma})
    assert (status, answer["code"]) == (409, "nothing_due")


@pytest.mark.parametrize("same_reference", [True, False])
def test_one_returned_line_refunded_eight_times_is_credited_once(call, company, same_reference):
    rma = opened(call, company)
    inspected(call, company, rma)
    bodies = [{"request_ref": f"c-{rma}-{0 if same_reference else n}", "rma": rma} for n in range(EIGHT)]
    answers = at_once(call, "/credits", bodies)
    created = [status for status, _ in answers if status == 201]
    assert len(created) == 1
    sql = "SELECT count(*)::int FROM refunds_credit c JOIN returns_rma r ON r.id = c.rma_id WHERE r.number = %s"
    assert one(sql, [rma]) == 1


@pytest.mark.parametrize("same_reference", [True, False])
def test_a_full_payout_asked_for_eight_times_commits_the_money_once(call, company, same_reference):
    rma = opened(call, company)
    inspected(call, company, rma)
    credit = call("/credits", {"request_ref": f"c-{rma}", "rma": rma})[1]
    bodies = [
        {"request_ref": f"p-{rma}-{0 if same_reference else n}", "credit_id": credit["credit_id"]} for n in range(EIGHT)
    ]
    answers = at_once(call, "/payouts", bodies)
    assert len([status for status, _ in answers if status == 201]) == 1
    row = db.rows("SELECT committed_minor, total_minor FROM refunds_credit WHERE id = %s", [credit["credit_id"]])[0]
    assert row.committed_minor == row.total_minor > 0


def test_the_books_are_right_after_all_of_this(database_copy):
    from counterflow.config.cli_verify import laws, verify

    broken = [v for v in verify(laws(), full=True) if v.breaches]
    assert broken == []

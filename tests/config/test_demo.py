"""`counterflow demo`: a company with every kind of return, made once, whose books are right."""

import os
import re
import shutil
import socket
from datetime import date
from pathlib import Path

import pytest

from counterflow.access import queries as access
from counterflow.config import cli
from counterflow.config.demo import scenario
from counterflow.config.demo.assortment import assortment
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.dice import dice
from counterflow.config.demo.lives import LIVES
from counterflow.config.demo.plan import plan
from counterflow.config.demo.sales import opening_stock, sales
from counterflow.kernel import db
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities

UNTIL = date(2026, 7, 1)
SMALL = ["demo", "--no-serve", "--size", "small", "--until", str(UNTIL)]


def home_of_its_own(tmp_path_factory):
    """A home that nothing else writes to, with the passwords of the server that the tests use."""
    home = tmp_path_factory.mktemp("home")
    logins = Path(os.environ["COUNTERFLOW_HOME"]) / "logins"
    if logins.is_dir():
        shutil.copytree(logins, home / "logins")
    return home


@pytest.fixture(scope="module")
def told(database_copy, tmp_path_factory):
    """What a first and a second run printed, with their exit codes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERFLOW_HOME", str(home_of_its_own(tmp_path_factory)))
        patch.setenv("COLUMNS", "80")
        yield [_run(SMALL), _run(SMALL)]


def _run(words):
    import contextlib
    import io

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        code = cli.main(words)
    return code, text.getvalue()


def values(sql):
    return {tuple(row) if len(row) > 1 else row[0] for row in db.rows(sql)}


def test_it_ends_with_books_that_are_right(told):
    code, text = told[0]
    assert code == 0, text
    assert re.search(r"\d+ laws hold, 0 breaches", text)
    assert "Tie-out" in text
    assert [line for line in text.splitlines() if len(line.rstrip()) > 80] == []


def test_a_second_run_finds_it_and_prints_the_same(told):
    (_, first), (code, second) = told
    assert code == 0
    assert "here already" in second
    where = first.index("Returns by state")
    later = second.index("Returns by state")
    assert _untimed(first[where:]) == _untimed(second[later:])


def _untimed(text):
    return re.sub(r"in [\d.]+ s", "", text)


@pytest.mark.usefixtures("told")
def test_every_kind_of_return_is_there():
    kinds = values("SELECT kind FROM workqueue_case")
    assert kinds >= {
        "over",
        "short",
        "wrong_item",
        "blind_return",
        "unidentified_parcel",
        "not_ours",
        "lost_parcel",
        "lost_then_found",
        "exposure",
        "chargeback",
        "overpaid",
        "unmapped_code",
    }
    assert values("SELECT state FROM returns_rma") >= {"authorised", "closed", "declined", "cancelled"}
    assert values("SELECT milestone FROM returns_rmaline") == {"authorised", "carrier_scan", "received", "inspected"}
    assert values("SELECT method FROM refunds_credit") == {"original", "store_credit"}
    assert values("SELECT disposition FROM receiving_disposal") >= {
        "restock",
        "refurbish",
        "scrap",
        "to_supplier",
        "quarantine",
        "return_to_customer",
    }
    assert values("SELECT state FROM receiving_unit") >= {"disposed", "sent_back", "reversed", "received", "set_apart"}


@pytest.mark.usefixtures("told")
def test_what_needed_others_was_agreed_to_by_them_and_some_of_it_waits():
    assert values("SELECT state FROM approvals_request") >= {"done", "waiting"}
    assert values("SELECT act FROM approvals_request WHERE state = 'waiting'") == {"goodwill", "write_off"}
    agreed = db.rows(
        "SELECT count(*) AS n, count(*) FILTER (WHERE a.user_id = r.asker_id) AS alone"
        " FROM approvals_agreement a JOIN approvals_request r ON r.id = a.request_id"
    )[0]
    assert agreed.n > 0
    assert agreed.alone == 0


@pytest.mark.usefixtures("told")
def test_changes_of_policy_are_under_way():
    drafts = db.rows("SELECT kind, state FROM policies_policyversion WHERE version > 1 ORDER BY kind")
    assert [(row.kind, row.state) for row in drafts] == [("eligibility", "approved"), ("refund", "draft")]
    assert values("SELECT state FROM backtests_backtest") == {"done"}
    silent = db.rows("SELECT sum(agreed + differed) AS n FROM policies_shadowcount")
    assert silent[0].n > 0
    assert len(db.rows("SELECT 1 AS one FROM approvals_delegation")) == 1


def test_a_year_has_each_day_once():
    year = Year(date(2026, 1, 3))
    assert (year.begin.date(), year.day(12, 24), year.day(1, 2)) == (
        date(2025, 1, 3),
        date(2025, 12, 24),
        date(2026, 1, 2),
    )
    assert [(p.begin, p.end) for p in year.periods(400)] == [(year.begin, year.end)]
    assert year.months_over == date(2026, 1, 1)


@pytest.mark.usefixtures("told")
def test_facts_of_closed_months_are_booked_to_the_open_one():
    late = db.rows(
        "SELECT count(*) AS n FROM ledger_entry e JOIN ledger_entity b ON b.id = e.entity_id "
        "WHERE e.kind = 'carrier_scan' AND e.accounting_date > (e.happened_at AT TIME ZONE b.zone)::date"
    )
    assert late[0].n > 0


@pytest.mark.usefixtures("told")
def test_some_shipments_are_told_after_their_return():
    found = db.rows(
        "SELECT count(*) AS n FROM receiving_unit u JOIN orders_shipmentline l ON l.id = u.shipment_line_id "
        "JOIN orders_shipment s ON s.id = l.shipment_id WHERE s.reported_at > u.received_at"
    )
    assert found[0].n > 0


@pytest.mark.usefixtures("told")
def test_everything_says_that_it_is_simulated():
    for table in ("orders_order", "orders_tender", "returns_rma", "receiving_unit", "refunds_credit"):
        assert values(f"SELECT simulated FROM {table}") == {True}, table


def test_accounts_and_token_open_the_door(told):
    from django.contrib.auth import authenticate

    text = told[0][1]
    password = re.search(r"Password: (\S+)", text)[1]
    assert authenticate(username="clerk@demo.example", password=password) is not None
    token = re.search(r"(cf_\S+)", text)[1]
    assert "returns.open" in access.authenticate_token(token).permissions


@pytest.mark.usefixtures("told")
def test_a_database_of_somebody_else_is_left_alone(ctx, capsys):
    keep_entities(ctx(), items=[KeepEntity("acme", "Acme", "GBP", date(2026, 1, 1))])
    try:
        assert cli.main(SMALL) == 2
        assert "acme" in capsys.readouterr().err
    finally:
        db.rows("SELECT 1 AS one")


def test_a_taken_port_is_said_before_the_work(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["demo", "--size", "small", "--port", str(port)]) == 2
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["small", "full"])
def test_a_seed_makes_the_same_year_and_every_life_finds_its_sales(size):
    starts = [_starts(7, size), _starts(7, size), _starts(8, size)]
    assert starts[0] == starts[1] != starts[2]
    lives = [life for life, _, _ in starts[0]]
    assert {kind.life.__name__ for kind in LIVES} | {"usual"} == set(lives)
    if size == "full":
        assert 3_000 <= len(lives) <= 6_000


def _starts(seed, size):
    rng = dice(seed)
    made = sales(rng, assortment(rng, size=size), size=size, year=Year(UNTIL))
    opening_stock(rng, made)
    return [(life.__name__, trip.ref, trip.at) for life, trip in plan(rng, made, size=size, year=Year(UNTIL))]


def test_the_scenario_is_named_by_seed_size_and_end():
    assert scenario.Wish(3, "small", Year(UNTIL)).scenario == "demo:3:small:2026-07-01"

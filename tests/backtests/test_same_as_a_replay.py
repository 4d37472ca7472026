"""The promise of a back-test: it comes to what a replay comes to in which the draft was in force from the start.

A real book is imported once. In a copy of that it is replayed under the shipped policies, and the drafts are tested
there; for each of them it is replayed in another copy with the draft in force, and both are compared, to the penny
and the piece.
"""

import dataclasses
import json
import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from config.test_demo import home_of_its_own
from counterflow.config.demo import books, books_summary, own_policies, summary
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.replay import replay
from counterflow.kernel.clock import now
from replays import aside, came_of_the_replay, came_of_the_test, changed, database_of_its_own, row, saved, told

PERIOD = ["--from", "2005-01-01", "--to", "2030-01-01"]


def _rows(when=None, then=None, drop=()):
    """Rows with other conditions or answers, by the row's id; `*` means every row."""
    return lambda rows: [
        dataclasses.replace(
            r,
            when={**r.when, **(when or {}).get(r.id, {})},
            then={**r.then, **(then or {}).get("*", {}), **(then or {}).get(r.id, {})},
        )
        for r in rows
        if r.id not in drop
    ]


def _before(identity, fresh):
    return lambda rows: [new for r in rows for new in ([fresh, r] if r.id == identity else [r])]


DRAFTS = {
    "fourteen-days": changed(
        "eligibility",
        _rows({"standard": {"order_age_days": "<= 14"}, "just-over": {"order_age_days": "[15..20]"}}),
    ),
    "sixty-days": changed("eligibility", _rows({"standard": {"order_age_days": "<= 60"}}, drop=["just-over"])),
    "last-pieces-ask": changed(
        "eligibility",
        _before("our-mistake", row("eligibility", "last-pieces", {"quantity_left": "<= 4"}, answer="no")),
    ),
    "fee": changed(
        "refund", _rows(then={"standard": {"restocking_fee_bp": 1250}, "goodwill": {"restocking_fee_bp": 3333}})
    ),
    "keep-it": changed(
        "refund", _before("returnless", row("refund", "keep", {"value_minor": "<= 500"}, returnless=True))
    ),
    "at-once": changed("refund", _rows(then={"*": {"milestone": "authorised", "restocking_fee_bp": 55}})),
    "first-scan": changed(
        "refund", _rows(then={"*": {"milestone": "carrier_scan", "shipping_refundable": True, "method": "original"}})
    ),
    "after-inspection": changed(
        "refund", _rows(then={"*": {"milestone": "inspected", "shipping_refundable": True, "restocking_fee_bp": 77}})
    ),
    "worse-grades-elsewhere": changed(
        "disposition", _rows(then={"second-choice": {"disposition": "scrap"}, "cheap-b": {"disposition": "refurbish"}})
    ),
}


BY_COMMAND = "fourteen-days"
"""The draft with which the command itself replays, told to enforce it."""


@pytest.fixture(scope="module")
def book(data_dir):
    """A month of a real book."""
    return [str(data_dir / "orders/online_retail/online_retail_2011-03.csv.gz")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERFLOW_HOME", str(home_of_its_own(tmp_path_factory)))
        yield Path(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def imported(server, book, home):
    """The name of a database in which the book is imported and went live, and none of its returns are replayed."""
    with database_of_its_own(server, f"cf_imported_{os.getpid()}") as name:
        at, desk, paths = now(), Desk("books"), books.files_in(book)
        day = books.prepare(desk, paths, at=at)
        report = home / "refused.csv"
        assert not any(row.refused for row in books.load(desk, paths, at=at, report=report, progress=_silent))
        books.go_live(desk, 1, day, at=at, progress=_silent)
        with aside(server):
            yield name


def _silent(*_):
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def base(server, imported, book):
    """The book as it is replayed without further words: the shop did accept everything."""
    with database_of_its_own(server, f"cf_base_{os.getpid()}", copy_of=imported):
        code, text = told(["demo", "--no-serve", "--orders", *book])
        assert code == 0, text
        yield


def _replay(path, *, enforce):
    """What `counterflow demo --orders` does where the book is imported already: replay, and see that all is right."""
    at, desk, console = now(), Desk("books"), Console(file=StringIO())
    own_policies.install(desk, [own_policies.read(str(path))], at=at)
    replay(desk, 1, at=at, progress=_silent, enforce=enforce)
    assert books_summary.show_returns(console)
    assert summary.show(console) == 0


def _tested(path, overrides):
    code, text = told(["backtest", str(path), *PERIOD, "--overrides", overrides, "--json"])
    assert code == 0, text
    return json.loads(text)


@pytest.mark.usefixtures("base")
def test_the_version_in_force_changes_nothing():
    for kind in ("eligibility", "refund", "disposition"):
        code, text = told(["backtest", f"{kind}/1", *PERIOD, "--json"])
        found = json.loads(text)
        assert code == 0
        assert found["differ"] == {"lines": 0, "returns": 0}
        assert came_of_the_test(found["before"]) == came_of_the_test(found["after"]) == came_of_the_replay()


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("name", DRAFTS)
def test_policy_alone_comes_to_the_same(name, server, imported, book, home):
    path = saved(DRAFTS[name], home / f"{name}.json")
    found = _tested(path, "none" if DRAFTS[name].kind == "eligibility" else "kept")
    enforce = DRAFTS[name].kind == "eligibility"
    with database_of_its_own(server, f"cf_replayed_{os.getpid()}", copy_of=imported):
        if name == BY_COMMAND:
            code, text = told(["demo", "--no-serve", "--orders", *book, "--policy", str(path), "--enforce"])
            assert code == 0, text
        else:
            _replay(path, enforce=enforce)
        assert came_of_the_test(found["after"]) == came_of_the_replay()
    assert found["differ"]["returns"] > 0
    assert any(found["changes"].values())


@pytest.mark.usefixtures("base")
def test_overriding_everything_comes_to_what_a_generous_shop_did(server, imported, book, home):
    path = saved(DRAFTS["fourteen-days"], home / "overridden.json")
    found = _tested(path, "all")
    with database_of_its_own(server, f"cf_replayed_{os.getpid()}", copy_of=imported):
        code, text = told(["demo", "--no-serve", "--orders", *book, "--policy", str(path)])
        assert code == 0, text
        assert came_of_the_test(found["after"]) == came_of_the_replay()

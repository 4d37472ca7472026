"""The promise of a back-test: it comes to what a replay comes to in which the draft was in force from the start.

A real book is replayed once under the shipped policies, and the draft is tested on that. Then the same book is
replayed in another database with the draft in force, and both are compared, to the penny and the piece.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from config.test_demo import home_of_its_own
from replays import came_of_the_replay, came_of_the_test, changed, database_of_its_own, row, saved, told

PERIOD = ["--from", "2005-01-01", "--to", "2030-01-01"]


def _rows(when=None, then=None, drop=()):
    """Rows with other conditions or answers, by the row's id; `*` means every row."""
    return lambda rows: [
        replace(
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
    "after-inspection": changed(
        "refund", _rows(then={"*": {"milestone": "inspected", "shipping_refundable": True, "restocking_fee_bp": 77}})
    ),
    "worse-grades-elsewhere": changed(
        "disposition", _rows(then={"second-choice": {"disposition": "scrap"}, "cheap-b": {"disposition": "refurbish"}})
    ),
}


@pytest.fixture(scope="module")
def book(data_dir):
    """A quarter of a real book."""
    return [str(data_dir / f"orders/online_retail/online_retail_2011-{month}.csv.gz") for month in ("02", "03")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERFLOW_HOME", str(home_of_its_own(tmp_path_factory)))
        yield Path(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def base(database_copy, book, home):
    """The book as it is replayed without further words: the shop did accept everything."""
    code, text = told(["demo", "--no-serve", "--orders", *book])
    assert code == 0, text


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
def test_policy_alone_comes_to_the_same(name, server, book, home):
    path = saved(DRAFTS[name], home / f"{name}.json")
    found = _tested(path, "none" if DRAFTS[name].kind == "eligibility" else "kept")
    enforce = ["--enforce"] if DRAFTS[name].kind == "eligibility" else []
    with database_of_its_own(server, f"cf_replayed_{name.replace('-', '_')}"):
        code, text = told(["demo", "--no-serve", "--orders", *book, "--policy", str(path), *enforce])
        assert code == 0, text
        assert came_of_the_test(found["after"]) == came_of_the_replay()
    assert found["differ"]["returns"] > 0
    assert any(found["changes"].values())


@pytest.mark.usefixtures("base")
def test_overriding_everything_comes_to_what_a_generous_shop_did(server, book, home):
    path = saved(DRAFTS["fourteen-days"], home / "overridden.json")
    found = _tested(path, "all")
    with database_of_its_own(server, "cf_replayed_overridden"):
        code, text = told(["demo", "--no-serve", "--orders", *book, "--policy", str(path)])
        assert code == 0, text
        assert came_of_the_test(found["after"]) == came_of_the_replay()

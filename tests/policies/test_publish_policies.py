"""A published version answers from its instant on; the one before it keeps what it decided."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
from django.db import transaction

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.policies import queries
from counterflow.policies.tables import Table, shipped

pytestmark = pytest.mark.usefixtures("installed")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


def _with_fee(fee: int, name: str = "Dearer") -> Table:
    """The shipped refund table with another restocking fee."""
    table = shipped("refund")
    rows = [replace(r, then={**r.then, "restocking_fee_bp": fee}) if r.id == "b2b" else r for r in table.rows]
    return replace(table, name=name, rows=tuple(rows))


@pytest.fixture
def publish(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Publish one version of the refund table; its result."""
    from counterflow.policies.commands import PublishPolicy, publish_policies

    def run(version: int, table: Table, at: datetime = NOW, **more: Any) -> Any:
        item = PublishPolicy("refund", version, table.as_json(), more.pop("owner_role", "finance"), **more)
        return publish_policies(ctx(at=at), items=[item]).results[0]

    return run


@pytest.fixture
def next_version() -> int:
    """The number that the next version of the refund table has to bear."""
    return int(db.rows("SELECT max(version) + 1 AS n FROM policies_policyversion WHERE kind = 'refund'")[0].n)


@pytest.fixture
def fee(facts: Callable[..., Any]) -> Callable[..., int]:
    """The restocking fee that a business customer pays at an instant, in basis points."""

    def ask(at: datetime, **changed: Any) -> int:
        (answer,) = queries.decide("refund", [facts("refund", channel_kind="b2b", **changed)], at=at)
        return int(answer.outcome["restocking_fee_bp"])

    return ask


def test_a_new_version_answers_from_its_instant(publish: Any, next_version: int, fee: Any) -> None:
    result = publish(next_version, _with_fee(2_000), effective_from=LATER)
    assert not getattr(result, "code", None), result
    assert [fee(LATER - timedelta(seconds=1)), fee(LATER)] == [1_500, 2_000]


def test_twice_is_once_and_other_content_is_refused(publish: Any, next_version: int) -> None:
    start = LATER + timedelta(days=1)
    first = publish(next_version, _with_fee(2_100), effective_from=start)
    again = publish(next_version, _with_fee(2_100), effective_from=start)
    other = publish(next_version, _with_fee(2_200), effective_from=start)
    assert (again.facts["version_id"], again.replayed) == (first.facts["version_id"], True)
    assert other.code == "identity_reused"


def test_a_narrower_scope_answers_first(publish: Any, next_version: int, fee: Any) -> None:
    done = publish(next_version, _with_fee(900, "North only"), scope={"brand": ["north"]})
    assert not getattr(done, "code", None), done
    assert [fee(NOW, brand="north"), fee(NOW, brand="south")] == [900, 1_500]


def test_what_is_wrong_is_refused_and_the_rest_of_the_batch_is_done(ctx: Any, next_version: int) -> None:
    from counterflow.policies.commands import PublishPolicy, publish_policies

    good = _with_fee(2_300).as_json()
    broken = _with_fee(2_400).as_json()
    broken["rows"][0]["when"]["value_minor"] = "> > 5"
    start = LATER + timedelta(days=10)
    items = [
        PublishPolicy("refund", next_version, broken, "finance", start),
        PublishPolicy("refund", next_version, good, "nobody", start),
        PublishPolicy("refund", next_version, good, "finance", start, {"colour": ["red"]}),
        PublishPolicy("refund", next_version, good, "finance", start, {"value_minor": ["3"]}),
        PublishPolicy("refund", next_version, good, "finance", NOW - timedelta(days=1)),
        PublishPolicy("refund", next_version + 7, good, "finance", start),
        PublishPolicy("disposition", 2, good, "finance", start),
        PublishPolicy("refund", next_version, good, "finance", start),
        PublishPolicy("refund", next_version + 1, _with_fee(2_500).as_json(), "finance", start + timedelta(days=1)),
    ]
    results = publish_policies(ctx(at=NOW), items=items).results
    assert [getattr(r, "code", "done") for r in results] == [
        "table_refused",
        "owner_role_unknown",
        "scope_unknown",
        "scope_unknown",
        "starts_too_early",
        "version_skipped",
        "table_malformed",
        "done",
        "done",
    ]
    (first,) = db.rows(
        "SELECT effective_to FROM policies_policyversion WHERE kind = 'refund' AND version = %s", [next_version]
    )
    assert first.effective_to == start + timedelta(days=1)


def test_publishing_needs_its_permission(ctx: Any) -> None:
    from counterflow.policies.commands import PublishPolicy, publish_policies

    with pytest.raises(PermissionDenied):
        publish_policies(ctx("policies.view"), items=[PublishPolicy("refund", 9, {}, "finance")])


def test_two_publishing_at_once_make_one_version(ctx: Any, next_version: int) -> None:
    # At the top of the file pytest would look into this proxy, and so connect, before there is a database.
    from django.db import connection

    from counterflow.policies.commands import PublishPolicy, publish_policies

    start, barrier, results = LATER + timedelta(days=20), Barrier(4), []

    def work(fee: int) -> None:
        item = PublishPolicy("refund", next_version, _with_fee(fee).as_json(), "finance", start)
        barrier.wait()
        results.extend(publish_policies(ctx(at=NOW), items=[item]).results)
        connection.close()

    threads = [Thread(target=work, args=(3_000 + n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(getattr(r, "code", "done") for r in results) == ["done"] + ["identity_reused"] * 3


def test_a_version_and_a_decision_are_never_changed(owner: psycopg.Connection) -> None:
    for statement in (
        "UPDATE policies_policyversion SET content = '{}'",
        "UPDATE policies_policyversion SET effective_from = effective_from - interval '1 day' WHERE version = 1",
        "DELETE FROM policies_policyversion",
    ):
        with pytest.raises(psycopg.errors.RaiseException):
            owner.execute(statement)


def test_a_publication_that_is_rolled_back_leaves_no_trace(ctx: Any, fee: Any, next_version: int, facts: Any) -> None:
    """Neither in the database nor in what the process remembers."""
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.policies.commands import PublishPolicy, publish_policies

    asked: list[int] = []

    @command(needs="policies.edit")
    def try_out(inner: Any) -> Batch:
        item = PublishPolicy("refund", next_version, _with_fee(9_999).as_json(), "finance", LATER + timedelta(days=40))
        publish_policies(inner, items=[item])
        (answer,) = queries.decide(
            "refund",
            [facts("refund", channel_kind="b2b", brand="south")],
            at=LATER + timedelta(days=50),
            epoch=inner.config_epoch,
        )
        asked.append(answer.outcome["restocking_fee_bp"])
        return Batch([Done("x")])

    class Stop(Exception):
        """Ends the dry run."""

    def dry_run() -> None:
        with transaction.atomic():
            try_out(ctx(at=NOW))
            raise Stop

    before = fee(LATER + timedelta(days=50), brand="south")
    with pytest.raises(Stop):
        dry_run()
    assert asked == [9_999]
    assert fee(LATER + timedelta(days=50), brand="south") == before != 9_999

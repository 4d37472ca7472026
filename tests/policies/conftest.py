"""Shipped tables, and one plain record of facts of each kind to vary."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from counterflow.policies.engine import Prepared, prepare
from counterflow.policies.facts import Kind, completed
from counterflow.policies.tables import Row, Table, shipped

SALE: Mapping[str, Any] = MappingProxyType(
    {
        "brand": "north",
        "family": "apparel",
        "channel_kind": "own_shop",
        "reason_code": "changed_mind",
        "customer_segment": "consumer",
        "order_age_days": 10,
        "value_minor": 4_000,
        "currency": "EUR",
        "country": "DE",
        "final_sale": False,
        "blind": False,
    }
)
PLAIN: Mapping[str, Mapping[str, Any]] = {
    Kind.ELIGIBILITY: {**SALE, "days_left_of_window": None, "quantity_left": 2, "opened": None},
    Kind.REFUND: {**SALE, "serial_tracked": False},
    Kind.DISPOSITION: {
        "brand": "north",
        "family": "apparel",
        "node": "dc1",
        "grade": "A",
        "damage_code": None,
        "unit_cost_minor": 1_500,
        "currency": "EUR",
        "supplier_terms": False,
        "on_hold": False,
        "owner": "us",
        "serial_matches": None,
    },
    Kind.ROUTING: {**SALE},
    Kind.INSPECTION_PLAN: {"family": "apparel", "serial_tracked": False, "value_minor": 4_000, "currency": "EUR"},
    Kind.APPROVAL: {"act": "refund_early", "value_minor": 4_000, "currency": "EUR"},
    Kind.SLA: {"stage": "received"},
    Kind.FRAUD: {},
}


@pytest.fixture(scope="session")
def tables() -> dict[str, Table]:
    """The shipped tables by kind."""
    return {kind.value: shipped(kind) for kind in Kind}


@pytest.fixture(scope="session")
def prepared(tables: dict[str, Table]) -> dict[str, Prepared]:
    """The shipped tables at work."""
    return {kind: prepare(table) for kind, table in tables.items()}


@pytest.fixture(scope="session")
def facts() -> Callable[..., dict[str, Any]]:
    """Plain facts of a kind, with some of them changed."""

    def make(kind: str, **changed: Any) -> dict[str, Any]:
        return {**PLAIN[kind], **changed}

    return make


@pytest.fixture(scope="session")
def ask(prepared: dict[str, Prepared], facts: Callable[..., dict[str, Any]]) -> Callable[..., Row]:
    """The row of the shipped table that answers plain facts with some of them changed."""

    def fired(kind: str, **changed: Any) -> Row:
        return prepared[kind].fired(completed(kind, [facts(kind, **changed)]))[0]

    return fired


@pytest.fixture
def at() -> datetime:
    """An instant at which the shipped tables are in force."""
    return datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def small() -> Callable[..., Table]:
    """A two-row table of dispositions; conditions and parts of the answer of its first row can be set."""

    def make(when: Mapping[str, str] | None = None, **changed: Any) -> Table:
        then = {"disposition": "restock", "needs_approval": False, "code": "fine"}
        first = Row("first", when if when is not None else {"grade": "'A'"}, then, "Like new.", "It has arrived.")
        last = Row("last", {}, {**then, "disposition": "quarantine", "code": "rest"}, "The rest.", "It has arrived.")
        table = Table(
            kind="disposition",
            name="Small",
            inputs=("grade", "family", "unit_cost_minor", "on_hold"),
            outputs=("disposition", "needs_approval", "code"),
            rows=(first, last),
        )
        return replace(table, **changed)

    return make


@pytest.fixture
def installed(database_copy: str, ctx: Callable[..., Any]) -> None:
    """The shipped tables are in force in this module's database."""
    from counterflow.policies.commands import install_default_policies

    install_default_policies(ctx())

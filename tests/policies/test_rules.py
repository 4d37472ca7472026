"""A table that would silently decide wrongly is refused, and the refusal names row and column."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from counterflow.policies import rules
from counterflow.policies.engine import model_of
from counterflow.policies.rules import NodeRefused, TableRefused
from counterflow.policies.tables import Row, Table, TableMalformed, read_table

Small = Callable[..., Table]


def test_a_sound_table_has_no_problems(small: Small) -> None:
    assert rules.problems(small()) == []


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("unit_cost_minor", "> > 5", "cannot be read"),
        ("unit_cost_minor", "5 >", "cannot be read"),
        ("unit_cost_minor", "nosuch($)", "cannot be read"),
        ("unit_cost_minor", "'dear'", "a whole number"),
        ("unit_cost_minor", "true", "a whole number"),
        ("unit_cost_minor", "[9..3]", "lets no number through"),
        ("unit_cost_minor", "> 5 and < 5", "lets no number through"),
        ("unit_cost_minor", "> unit_price", "unit_price, which is no fact"),
        ("unit_cost_minor", "$ > 'x'", "does not work on unit_cost_minor"),
        ("unit_cost_minor", "-1", "outside of"),
        ("grade", "A", "A, which is no fact"),
        ("grade", "'E'", "one of A, B, C, D"),
        ("grade", "> 3", "compares numbers"),
        ("family", "'two\nlines'", "not written like family"),
        ("on_hold", "'yes'", "true or false"),
        ("on_hold", "null", "always known"),
        ("family", "'a'" + ", 'a'" * 1_000, "at most 2000 characters"),
    ],
)
def test_a_broken_cell_is_refused_with_row_and_column(small: Small, column: str, cell: str, says: str) -> None:
    with pytest.raises(TableRefused) as caught:
        rules.require_fit(small({column: cell}))
    facts = caught.value.facts
    assert (facts["row"], facts["column"], facts["count"]) == ("first", column, 1)
    assert says in facts["reason"]
    assert "Stack backtrace" not in caught.value.message


@pytest.mark.parametrize(
    "cell", ["> 5", ">= 5 and < 9", "[0..9)", "null", "!= null", "5, 7, null", "$ > 3 and $ < 9", "abs($) > 2"]
)
def test_cells_that_the_engine_understands_are_let_in(small: Small, cell: str) -> None:
    assert rules.problems(small({"unit_cost_minor": cell})) == []


def test_a_fact_that_is_not_on_the_list_cannot_be_a_column(small: Small) -> None:
    table = small({}, inputs=("customer_email",))
    (problem, *_) = rules.problems(table)
    assert problem.column == "customer_email"
    assert "is not a fact of disposition" in problem.reason


def test_a_condition_outside_of_the_columns_is_refused(small: Small) -> None:
    (problem,) = rules.problems(small({"damage_code": "'broken'"}))
    assert (problem.row, problem.column) == ("first", "damage_code")


@pytest.mark.parametrize(
    ("then", "column"),
    [
        ({"disposition": "sell", "needs_approval": False, "code": "x"}, "disposition"),
        ({"disposition": "scrap", "needs_approval": 1, "code": "x"}, "needs_approval"),
        ({"disposition": "scrap", "needs_approval": False}, "code"),
        ({"disposition": "scrap", "needs_approval": False, "code": "x", "fee": 3}, "fee"),
        ({"disposition": "scrap", "needs_approval": False, "code": "1 + 1"}, "code"),
    ],
)
def test_an_answer_of_another_shape_is_refused(small: Small, then: dict[str, Any], column: str) -> None:
    table = small()
    (problem,) = rules.problems(replace(table, rows=(replace(table.rows[0], then=then), table.rows[1])))
    assert (problem.row, problem.column) == ("first", column)


@pytest.mark.parametrize(
    ("kind", "column", "role", "fits"),
    [
        ("approval", "role", "finanze", False),
        ("approval", "second_role", "clerk", False),
        ("approval", "role", "executive", True),
        ("approval", "role", None, True),
        ("sla", "escalate_to", "the boss", False),
        ("sla", "escalate_to", "agent", True),
    ],
)
def test_a_role_that_could_never_agree_or_is_none_is_refused(
    tables: dict[str, Table], kind: str, column: str, role: str | None, fits: bool
) -> None:
    """A request that waits for a role which nobody can hold, or which may not agree, would wait until it expires."""
    table = tables[kind]
    first = replace(table.rows[0], then={**table.rows[0].then, column: role})
    found = [(p.row, p.column) for p in rules.problems(replace(table, rows=(first, *table.rows[1:])))]
    assert found == ([] if fits else [(first.id, column)])


def test_an_answer_computes_nothing(small: Small) -> None:
    """Where a rate belongs, an expression is text, and text is no rate."""
    table = read_table(
        {
            "kind": "refund",
            "name": "Computes",
            "inputs": ["value_minor"],
            "outputs": ["milestone", "method", "restocking_fee_bp", "shipping_refundable", "returnless", "code"],
            "rows": [
                {
                    "id": "only",
                    "when": {},
                    "then": {
                        "milestone": "received",
                        "method": "original",
                        "restocking_fee_bp": "value_minor * 0.15",
                        "shipping_refundable": True,
                        "returnless": False,
                        "code": "fee",
                    },
                    "agent": "Fee.",
                    "customer": "Fee.",
                }
            ],
        }
    )
    assert [(p.row, p.column) for p in rules.problems(table)] == [("only", "restocking_fee_bp")]


def test_the_last_row_is_the_default(small: Small) -> None:
    table = small()
    (problem,) = rules.problems(replace(table, rows=table.rows[:1]))
    assert problem.row == "first"
    assert "default" in problem.reason


def test_row_ids_are_unique(small: Small) -> None:
    table = small()
    twice = replace(table, rows=(table.rows[0], replace(table.rows[0], when={"grade": "'B'"}), table.rows[1]))
    assert [(p.row, p.reason) for p in rules.problems(twice)] == [("first", "2 rows are called first.")]


def test_a_row_explains_itself(small: Small) -> None:
    table = small()
    (problem,) = rules.problems(replace(table, rows=(replace(table.rows[0], customer=" "), table.rows[1])))
    assert problem.row == "first"


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"grade": "'A'"}),
        ({"grade": "'A', 'B'"}, {"grade": "'A'"}),
        ({"grade": "not in ['D']"}, {"grade": "'A', 'B'"}),
        ({"grade": "not in ['D']"}, {"grade": "not in ['D', 'C']"}),
        ({"unit_cost_minor": "<= 10"}, {"unit_cost_minor": "[3..10]"}),
        ({"unit_cost_minor": "<= 10"}, {"unit_cost_minor": "3, 7"}),
        ({"unit_cost_minor": "!= null"}, {"unit_cost_minor": "> 3"}),
        ({"unit_cost_minor": "abs($) > 3"}, {"unit_cost_minor": "abs($) > 3", "grade": "'A'"}),
    ],
)
def test_a_row_that_never_fires_is_named(small: Small, wide: dict[str, str], narrow: dict[str, str]) -> None:
    table = small(wide)
    hidden = replace(table.rows[0], id="hidden", when=narrow)
    found = rules.problems(replace(table, rows=(table.rows[0], hidden, table.rows[1])))
    assert "hidden" in {p.row for p in found}
    assert "row first stands above it" in found[0].reason


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"grade": "'A'"}, {"grade": "'A', 'B'"}),
        ({"unit_cost_minor": "<= 10"}, {"unit_cost_minor": "<= 11"}),
        ({"unit_cost_minor": "<= 10"}, {"unit_cost_minor": "3, null"}),
        ({"unit_cost_minor": "not in [4]"}, {"unit_cost_minor": "> 3"}),
        ({"grade": "'A'", "on_hold": "true"}, {"grade": "'A'"}),
    ],
)
def test_a_row_that_may_fire_is_left_alone(small: Small, earlier: dict[str, str], later: dict[str, str]) -> None:
    table = small(earlier)
    second = replace(table.rows[0], id="second", when=later)
    assert rules.problems(replace(table, rows=(table.rows[0], second, table.rows[1]))) == []


@pytest.mark.parametrize("kind", ["functionNode", "expressionNode", "decisionNode", "customNode", None])
def test_a_graph_with_anything_but_a_table_is_refused(small: Small, kind: str | None) -> None:
    graph = model_of(small())
    rules.refuse_nodes(graph)
    graph["nodes"].append({"id": "fetch", "type": kind, "content": "import http from 'http'"})
    with pytest.raises(NodeRefused) as caught:
        rules.refuse_nodes(graph)
    assert caught.value.facts["node"] == "fetch"


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"kind": "refund"},
        {"kind": "refund", "name": "x", "inputs": "grade", "outputs": [], "rows": []},
        {"kind": "refund", "name": "x", "inputs": [], "outputs": [], "rows": [{"id": 1}]},
        {"kind": "refund", "name": "x", "inputs": [], "outputs": [], "rows": [], "hook": "http://example.com"},
    ],
)
def test_what_is_no_table_is_refused(stored: Any) -> None:
    with pytest.raises(TableMalformed):
        read_table(stored)


def test_a_table_of_an_unknown_kind_or_without_rows_is_refused(small: Small) -> None:
    assert rules.problems(small(kind="weather"))[0].reason.startswith("there is no kind")
    assert "1 to 1000 rows" in rules.problems(small(rows=()))[0].reason


def test_the_compact_form_is_read_as_it_was_written(tables: dict[str, Table]) -> None:
    for table in tables.values():
        again = read_table(table.as_json())
        assert again == table
        assert again.digest() == table.digest()
        assert isinstance(again.rows[0], Row)

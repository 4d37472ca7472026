"""Nobody is refused because of a score: such a table is not saved, and the row is named."""

from dataclasses import replace

import pytest

from counterflow.policies.rules import problems
from counterflow.policies.tables import read_table, shipped
from replays import row


def table(*rows, inputs=("fraud_score", "value_minor")):
    """An eligibility table of (id, conditions, answer)."""
    return read_table(
        {
            "kind": "eligibility",
            "name": "Scores",
            "inputs": list(inputs),
            "outputs": ["answer", "code", "window_days"],
            "rows": [
                {
                    "id": name,
                    "when": when,
                    "then": {"answer": answer, "code": name.replace("-", "_"), "window_days": None},
                    "agent": "Words.",
                    "customer": "Words.",
                }
                for name, when, answer in rows
            ],
        }
    )


def refused(*rows, **more):
    return [(p.row, p.column) for p in problems(table(*rows, **more))]


def test_the_shipped_table_only_asks():
    assert problems(shipped("eligibility")) == []


@pytest.mark.parametrize("cell", [">= 60", "100", "null", "not in [0]", "$ > 60 and value_minor > 5"])
def test_a_row_that_reads_the_score_may_not_refuse(cell):
    assert refused(("by-score", {"fraud_score": cell}, "no"), ("rest", {}, "yes")) == [("by-score", "fraud_score")]


def test_nor_may_one_that_names_it_in_another_column():
    rows = ("hidden", {"value_minor": "$ > 5 and fraud_score > 60"}, "no"), ("rest", {}, "yes")
    assert refused(*rows) == [("hidden", "fraud_score")]


def test_a_row_that_asks_or_accepts_may_read_it():
    assert refused(("high", {"fraud_score": ">= 60"}, "ask"), ("rest", {}, "no")) == []
    assert refused(("high", {"fraud_score": ">= 60"}, "yes"), ("rest", {}, "no")) == []
    assert (
        refused(("high", {"fraud_score": ">= 60"}, "ask"), ("mid", {"fraud_score": "[30..59]"}, "ask"), ("r", {}, "no"))
        == []
    )


def test_low_scores_let_through_while_high_ones_fall_to_a_no_are_found():
    assert refused(("low", {"fraud_score": "< 60"}, "yes"), ("rest", {}, "no")) == [("low", "fraud_score")]
    assert refused(("low", {"fraud_score": "< 60"}, "yes"), ("rest", {}, "ask")) == []
    asked = ("low", {"fraud_score": "< 60"}, "yes"), ("high", {"fraud_score": ">= 60"}, "ask"), ("rest", {}, "no")
    assert refused(*asked) == []


@pytest.mark.parametrize("when", [{"fraud_score": ">= 60"}, {"value_minor": "$ > 5 and fraud_score >= 60"}])
@pytest.mark.parametrize(("fee", "found"), [(10_000, [("suspicious", "fraud_score")]), (1_500, [])])
def test_a_fee_of_all_the_money_for_a_score_is_a_refusal_too(when, fee, found):
    shipped_one = shipped("refund")
    kept = row("refund", "suspicious", when, restocking_fee_bp=fee)
    inputs = tuple(dict.fromkeys((*shipped_one.inputs, "fraud_score")))
    told = replace(shipped_one, inputs=inputs, rows=(kept, *shipped_one.rows))
    assert [(p.row, p.column) for p in problems(told)] == found


@pytest.mark.parametrize("inputs", [("value_minor",), ("fraud_score", "value_minor")])
def test_an_expression_that_lets_some_scores_through_leaves_the_others_to_nobody_who_refuses(inputs):
    some = ("some", {"value_minor": "$ >= 0 and fraud_score < 60"}, "yes")
    assert refused(some, ("rest", {}, "no"), inputs=inputs) == [("some", "fraud_score")]
    assert refused(some, ("rest", {}, "ask"), inputs=inputs) == []
    looked_at = ("some", {"value_minor": "$ >= 0 and fraud_score >= 60"}, "ask")
    assert refused(looked_at, ("rest", {}, "no"), inputs=inputs) == []
    assert refused(some, ("between", {"value_minor": ">= 0"}, "ask"), ("rest", {}, "no"), inputs=inputs) == []


def test_an_expression_in_the_column_of_the_score_is_one_too():
    odd = ("odd", {"fraud_score": "$ < 60 or $ == 99"}, "yes")
    assert refused(odd, ("rest", {}, "no")) == [("odd", "fraud_score")]


def test_a_no_for_another_reason_may_follow():
    rows = (
        ("low", {"fraud_score": "< 60", "value_minor": "<= 10"}, "yes"),
        ("dear", {"value_minor": "> 10"}, "no"),
        ("rest", {}, "ask"),
    )
    assert refused(*rows) == []

"""Why a row fires: every condition by itself, and never otherwise than the engine decides."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterflow.policies.engine import FactsRefused, prepare
from counterflow.policies.explaining import explain, fact_faults, try_facts
from counterflow.policies.facts import FACTS, Kind, Type, completed
from counterflow.policies.tables import Table, shipped
from dispositions import cell, everything, table_of

SHIPPED = {kind: prepare(shipped(kind)) for kind in Kind}
EXPRESSION = {"unit_cost_minor": "$ > 3 and on_hold == false"}


def values_of(fact: Any, words: list[str]) -> st.SearchStrategy[Any]:
    """Values of a fact, those that its table names among them."""
    known = {
        Type.CHOICE: st.sampled_from(fact.choices or ("",)),
        Type.FLAG: st.booleans(),
        Type.INTEGER: st.integers(max(fact.least, -5), min(fact.most, 300_000)),
        Type.CODE: st.sampled_from([w for w in (*words, "other", "DE", "EUR") if fact.matches(w)]),
    }[fact.type]
    return st.one_of(st.none(), known) if fact.nullable else known


@st.composite
def kinds_and_facts(draw: Any) -> tuple[Kind, dict[str, Any]]:
    kind = draw(st.sampled_from(list(Kind)))
    words = ["vip", "business", "defective", "wrong_item", "apparel", "electronics", "north"]
    return kind, {fact.name: draw(values_of(fact, words)) for fact in FACTS[kind]}


@given(asked=kinds_and_facts())
@settings(max_examples=150, deadline=None)
def test_the_shipped_tables_are_explained_as_the_engine_decides(asked: tuple[Kind, dict[str, Any]]) -> None:
    kind, facts = asked
    (record,) = completed(kind, [facts])
    told = explain(SHIPPED[kind].table, record)
    fires = [why.row for why in told if why.fires]
    if kind is Kind.FRAUD:
        assert fires == [row.id for row in SHIPPED[kind].fitting([record])[0]]
    else:
        assert fires == [SHIPPED[kind].fired([record])[0].id]
    assert all(why.fits == (not why.failed) for why in told)


@given(whens=st.lists(st.one_of(cell, st.just(EXPRESSION)), max_size=5), record=st.sampled_from(everything()))
@settings(max_examples=150, deadline=None)
def test_any_table_is_explained_as_the_engine_decides(whens: list[dict[str, str]], record: dict[str, Any]) -> None:
    table = table_of(*whens)
    (row,) = prepare(table).fired([record])
    assert [why.row for why in explain(table, record) if why.fires] == [row.id]


def test_a_row_above_tells_which_conditions_did_not_hold(tables: dict[str, Table], facts: Any) -> None:
    tried = try_facts(tables["refund"], facts("refund", channel_kind="b2b"))
    assert (list(tried.fired), tried.outcome["restocking_fee_bp"]) == (["b2b"], 1_500)
    above = {why.row: why for why in tried.rows}
    (failed,) = [f for f in above["marketplace"].failed if f.column == "channel_kind"]
    assert failed.value == "b2b"
    assert above["standard"].fits
    assert not above["standard"].fires
    assert tried.facts["zone"] == "eea"


def test_rows_that_add_up_all_count(tables: dict[str, Table], facts: Any) -> None:
    plain = {fact.name: 0 for fact in FACTS["fraud"] if fact.type is Type.INTEGER and not fact.nullable}
    record = {**plain, "channel_kind": "own_shop", "first_order": False, "empty_boxes": 3, "serial_mismatches": 3}
    tried = try_facts(tables["fraud"], record)
    rows = {row.id: row for row in tables["fraud"].rows}
    assert len(tried.fired) > 1
    assert tried.outcome["points"] == max(0, min(100, sum(rows[name].then["points"] for name in tried.fired)))


def test_a_table_without_an_answer_says_so(small: Any) -> None:
    table = small({"grade": "> > 5"})
    record = {"on_hold": False, "supplier_terms": False, "owner": "us", "grade": "A"}
    assert not explain(Table(table.kind, "", table.inputs, table.outputs, table.rows[:1]), record)[0].fits


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"colour": "red"}, "colour is no fact of refund"),
        ({"final_sale": None}, "final_sale is always known"),
        ({"value_minor": "12"}, "'12' cannot be value_minor"),
        ({"country": "Germany"}, "is not written like country"),
    ],
)
def test_what_is_no_fact_is_named(tables: dict[str, Table], facts: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(FactsRefused, match=said):
        try_facts(tables["refund"], facts("refund", **changed))
    assert fact_faults("refund", facts("refund")) == {}

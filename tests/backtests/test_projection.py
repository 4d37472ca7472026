"""The shortcut of a back-test gives exactly what the engine gives record by record."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterflow.backtests.projection import Decider, Projection
from counterflow.policies.engine import prepare
from counterflow.policies.facts import FACTS, Kind, Type, completed
from counterflow.policies.tables import Row, Table, shipped

KINDS = ("eligibility", "refund", "disposition", "routing")
CODES = ("north", "apparel", "electronics", "defective", "vip", "EUR", "DE", "GB", "odd", None)
# Thresholds of the shipped tables and their neighbours, so that a cut which is off by one is met.
NUMBERS = st.one_of(
    st.none(), st.integers(-3, 20), st.sampled_from([29, 30, 31, 44, 45, 46, 60, 61, 1500, 1501, 50_000, 200_000])
)


def _value(fact):
    if fact.type is Type.INTEGER:
        found = NUMBERS.map(lambda n: n if n is None else max(fact.least, min(fact.most, n)))
        return found if fact.nullable else found.filter(lambda n: n is not None)
    if fact.type is Type.FLAG:
        return st.sampled_from([True, False, None] if fact.nullable else [True, False])
    words = list(fact.choices) if fact.choices else [c for c in CODES if c is None or fact.matches(c)]
    return st.sampled_from(words + ([None] if fact.nullable else [])).filter(lambda w: fact.nullable or w is not None)


def records(kind):
    """Records of facts of a kind; what is unknown is left out, as it is on record."""
    return st.fixed_dictionaries({fact.name: _value(fact) for fact in FACTS[kind]}).map(
        lambda r: {k: v for k, v in completed(kind, [r])[0].items() if v is not None}
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_shipped_tables_answer_the_same_by_classes(kind, data):
    prepared = prepare(shipped(kind))
    found = data.draw(st.lists(records(kind), min_size=1, max_size=12))
    decider = Decider(prepared)
    half = decider.rows(found[: len(found) // 2])
    assert [row.id for row in half] == [row.id for row in prepared.fired(found)][: len(half)]
    assert [decider.row(r).id for r in found] == [row.id for row in prepared.fired(found)]


PLAIN = ("", "<= 3", "> 3", "[2..5]", "(2..5)", "3, 5, 7", "not in [3, 4]", "null", "!= null", ">= 2 and < 6", "== 4")
CELLS = st.sampled_from([*PLAIN, "$ > 3 and abs($) < 9", "$ > quantity_left"])
WORDS = st.sampled_from(["", "'vip'", "'vip', 'odd'", "not in ['vip']", "null", "!= null", "startsWith($, 'o')"])


@st.composite
def tables(draw):
    """Tables of eligibility with cells of every form over two numbers and a code."""
    then = {"answer": "yes", "code": "c", "window_days": None}
    names = ("order_age_days", "quantity_left", "customer_segment")
    rows = [
        Row(f"r{n}", dict(zip(names, cells, strict=True)), then, "a", "c")
        for n, cells in enumerate(draw(st.lists(st.tuples(CELLS, CELLS, WORDS), min_size=1, max_size=5)))
    ]
    return Table("eligibility", "Drawn", names, tuple(then), (*rows, Row("last", {}, then, "a", "c")))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables(), found=st.lists(records("eligibility"), min_size=1, max_size=20))
def test_any_table_answers_the_same_by_classes(table, found):
    prepared = prepare(table)
    decider = Decider(prepared)
    assert [row.id for row in decider.rows(found)] == [row.id for row in prepared.fired(found)]


def test_thresholds_make_few_classes(facts):
    projection = Projection(shipped("refund"))
    amounts = {projection.key(facts("refund", value_minor=minor)) for minor in range(0, 100_000, 7)}
    assert 1 < len(amounts) < 10


def test_an_expression_matters_only_where_the_rest_of_its_row_lets_through(facts):
    """The shipped table compares ages with a promised warranty; who has none, or no defect, falls into few classes."""
    projection = Projection(shipped("eligibility"))

    def classes(**more):
        found = (facts("eligibility", order_age_days=age, **more) for age in range(2_000))
        return len({projection.key(one) for one in found})

    assert classes(reason_code="no_longer_wanted", warranty_months=24) < 30
    assert classes(reason_code="defective") < 30
    assert classes(reason_code="defective", warranty_months=24) == 2_000


def test_an_expression_keeps_what_it_uses_whole(facts):
    then = {"answer": "yes", "code": "c", "window_days": None}
    odd = Row("odd", {"order_age_days": "$ % 2 == quantity_left"}, then, "a", "c")
    table = Table("eligibility", "Odd", ("order_age_days",), tuple(then), (odd, Row("last", {}, then, "a", "c")))
    projection = Projection(table)
    keys = {projection.key(facts("eligibility", order_age_days=n, quantity_left=q)) for n in range(10) for q in (0, 1)}
    assert len(keys) == 20
    assert set(Kind) >= set(KINDS)

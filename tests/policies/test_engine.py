"""The engine fires the first row that matches, and says no to facts it was not promised."""

import ast
import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterflow.policies.engine import FactsRefused, Prepared, model_of
from counterflow.policies.facts import ADDED_UP, FACTS, Fact, Kind, Type, completed
from counterflow.policies.tables import Row, Table

INTERESTING = {
    "reason_code": ["defective", "wrong_item", "damaged_in_transit", "missing_parts", "not_as_described", "too_small"],
    "family": ["apparel", "electronics", "hygiene", "perishable", "custom_made", "media", "appliances", "home"],
    "customer_segment": ["consumer", "business", "vip"],
    "damage_code": ["none", "defective", "customer_damage", "leaking", "counterfeit"],
    "country": ["DE", "GB", "CH", "US", "JP"],
    "currency": ["EUR", "JPY"],
}
NUMBERS = {
    "order_age_days": st.integers(-5, 2_300),
    "days_left_of_window": st.integers(-5, 40),
    "quantity_left": st.integers(0, 3),
}


def _values(fact: Fact) -> st.SearchStrategy[Any]:
    if fact.type is Type.CHOICE:
        some: st.SearchStrategy[Any] = st.sampled_from(fact.choices)
    elif fact.type is Type.FLAG:
        some = st.booleans()
    elif fact.type is Type.INTEGER:
        edges = st.sampled_from(
            [n for n in (0, 999, 1_000, 1_500, 1_501, 5_000, 5_001, 50_000, 200_000) if fact.least <= n <= fact.most]
            or [fact.least]
        )
        some = NUMBERS.get(fact.name, st.one_of(edges, st.integers(fact.least, fact.most)))
    else:
        known = st.sampled_from(INTERESTING.get(fact.name, ["x"]))
        some = known if fact.name in ("country", "currency") else st.one_of(known, st.from_regex(r"\A[a-z]{1,9}\Z"))
    return st.one_of(some, st.none()) if fact.nullable else some


def _records(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    given_facts = [fact for fact in FACTS[kind] if fact.name != "zone"]
    needed = {fact.name: _values(fact) for fact in given_facts if not fact.nullable}
    perhaps = {fact.name: _values(fact) for fact in given_facts if fact.nullable}
    return st.fixed_dictionaries(needed, optional=perhaps)


SCALED = re.compile(r"\$ \* (\d+) <= (\w+) \* (\d+)")
"""The one comparison of two facts that shipped tables make."""


def _passes(cell: str, value: Any, record: dict[str, Any]) -> bool:
    """Cells, read with Python's own parser; shares nothing with the code under test."""
    if not cell:
        return True
    if found := SCALED.fullmatch(cell):
        ours, name, theirs = found.groups()
        other = record.get(name)
        return value is not None and other is not None and value * int(ours) <= other * int(theirs)
    if cell.startswith("!= "):
        return value != ast.literal_eval(cell.removeprefix("!= ").replace("null", "None"))
    if ".." in cell:
        low, high = cell[1:-1].split("..")
        above = value is not None and (value >= int(low) if cell[0] == "[" else value > int(low))
        return above and (value <= int(high) if cell[-1] == "]" else value < int(high))
    if cell[0] in "<>":
        sign, number = cell.split()
        compare = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}[sign]
        return value is not None and compare(value, int(number))
    python = cell.replace("null", "None").replace("true", "True").replace("false", "False")
    if python.startswith("not in "):
        return value not in ast.literal_eval(python.removeprefix("not in "))
    return value in ast.literal_eval(f"[{python}]")


def _fits(row: Row, record: dict[str, Any]) -> bool:
    return all(_passes(cell, record.get(name), record) for name, cell in row.when.items())


def _first(table: Table, record: dict[str, Any]) -> Row:
    return next(row for row in table.rows if _fits(row, record))


@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_facts_have_an_answer_and_it_is_that_of_the_first_row(
    prepared: dict[str, Prepared], kind: Kind, data: st.DataObject
) -> None:
    records = completed(kind, data.draw(st.lists(_records(kind), min_size=1, max_size=6)))
    table = prepared[kind].table
    if kind in ADDED_UP:
        found = [[row.id for row in rows] for rows in prepared[kind].fitting(records)]
        assert found == [[row.id for row in table.rows if _fits(row, record)] for record in records]
        return
    assert [row.id for row in prepared[kind].fired(records)] == [_first(table, record).id for record in records]


def test_many_are_answered_in_their_order(prepared: dict[str, Prepared], facts: Callable[..., dict[str, Any]]) -> None:
    ages = [7, 30, 31, 46, 900] * 300
    records = completed("eligibility", [facts("eligibility", order_age_days=age) for age in ages])
    codes = [row.then["code"] for row in prepared["eligibility"].fired(records)]
    assert codes == ["withdrawal", "apparel_30", "just_over_window", "window_over", "window_over"] * 300


@pytest.mark.parametrize(
    "changed",
    [
        {"value_minor": "4000"},
        {"value_minor": 40.5},
        {"value_minor": -1},
        {"value_minor": None},
        {"order_age_days": "7"},
        {"channel_kind": "bazaar"},
        {"country": 49},
        {"customer_email": "x@example.com"},
    ],
)
def test_facts_of_another_type_or_name_are_refused_not_ignored(
    prepared: dict[str, Prepared], facts: Callable[..., dict[str, Any]], changed: dict[str, Any]
) -> None:
    records = completed("eligibility", [facts("eligibility"), facts("eligibility", **changed)])
    with pytest.raises(FactsRefused) as caught:
        prepared["eligibility"].fired(records)
    assert caught.value.facts["position"] == 1


@pytest.mark.parametrize(
    "changed",
    [{"country": "Germany"}, {"reason_code": "two\nlines"}, {"reason_code": "x" * 121}, {"currency": "pounds"}],
)
def test_a_text_that_is_no_code_is_unknown_to_policy(
    facts: Callable[..., dict[str, Any]], changed: dict[str, Any]
) -> None:
    (record,) = completed("eligibility", [facts("eligibility", **changed)])
    assert [record[name] for name in changed] == [None]


def test_a_fact_that_has_to_be_known_cannot_be_left_out(
    prepared: dict[str, Prepared], facts: Callable[..., dict[str, Any]]
) -> None:
    record = facts("disposition")
    del record["owner"]
    with pytest.raises(FactsRefused, match="owner"):
        prepared["disposition"].fired(completed("disposition", [record]))


def test_empty_text_is_unknown_and_the_zone_is_ours_to_say(facts: Callable[..., dict[str, Any]]) -> None:
    (record,) = completed("refund", [facts("refund", customer_segment="", country="", zone="eea")])
    assert (record["customer_segment"], record["country"], record["zone"]) == (None, None, "unknown")


def test_a_companys_own_words_are_facts_too(ask: Callable[..., Row]) -> None:
    assert ask("eligibility", brand="Levi's & Söhne", family="Home / Garden", customer_segment="B2C (web)")


def test_the_model_is_plain_json_with_the_schema_of_the_facts(tables: dict[str, Table]) -> None:
    graph = json.loads(json.dumps(model_of(tables["refund"])))
    schema = json.loads(graph["nodes"][0]["content"]["schema"])
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {fact.name for fact in FACTS["refund"]}
    assert len(graph["nodes"][1]["content"]["rules"]) == len(tables["refund"].rows)


def test_threads_share_one_prepared_table(prepared: dict[str, Prepared], facts: Callable[..., dict[str, Any]]) -> None:
    wrong: list[str] = []

    def work(age: int, wanted: str) -> None:
        records = completed("eligibility", [facts("eligibility", order_age_days=age)] * 50)
        for _ in range(20):
            wrong.extend(r.id for r in prepared["eligibility"].fired(records) if r.id != wanted)

    threads = [threading.Thread(target=work, args=case) for case in [(7, "withdrawal"), (30, "apparel")] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []

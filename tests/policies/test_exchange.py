"""Tables come and go as JSON Decision Models, and nothing that computes or reaches outside comes in."""

import copy
from typing import Any

import pytest

from counterflow.policies.engine import prepare
from counterflow.policies.exchange import csv_rows, model_for_others, read_any, table_of_model
from counterflow.policies.facts import Kind
from counterflow.policies.rules import NodeRefused, problems
from counterflow.policies.tables import TableMalformed, shipped


@pytest.mark.parametrize("kind", Kind)
def test_what_goes_out_comes_back_the_same(kind: Kind) -> None:
    table = shipped(kind)
    assert read_any(kind, model_for_others(table)) == table
    assert read_any(kind, table.as_json()) == table
    assert prepare(table).table == table


@pytest.fixture
def model() -> dict[str, Any]:
    return copy.deepcopy(model_for_others(shipped("refund")))


def test_a_table_of_another_tool_has_numbered_rows(model: dict[str, Any]) -> None:
    content = model["nodes"][1]["content"]
    content["outputs"] = [column for column in content["outputs"] if column["field"] != "row"]
    for rule in content["rules"]:
        rule.pop("out-row"), rule.pop("_customer")
    content["rules"][0]["out-method"] = "'original'"
    table = table_of_model("refund", model)
    assert [table.rows[0].id, table.rows[0].then["method"]] == ["row-1", "original"]
    assert {problem.reason.split(",")[0] for problem in problems(table)} == {
        "a row explains itself to the agent and to the customer"
    }


@pytest.mark.parametrize("kind", ["functionNode", "customNode", "decisionNode", "expressionNode", "switchNode"])
def test_other_nodes_are_refused_by_name(model: dict[str, Any], kind: str) -> None:
    model["nodes"].append({"id": "x", "name": "reach out", "type": kind, "content": {}})
    with pytest.raises(NodeRefused, match=f"no {kind}; node x"):
        table_of_model("refund", model)


def broken(change: Any) -> Any:
    def make(model: dict[str, Any]) -> None:
        change(model, model["nodes"][1]["content"])

    return make


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (broken(lambda m, c: m["nodes"].append({**m["nodes"][1], "id": "two"})), "it holds 2 decision tables"),
        (broken(lambda m, c: m["nodes"].pop(1)), "it holds 0 decision tables"),
        (broken(lambda m, c: m.update(nodes=[{"type": ["x"]}])), "list of nodes with a type"),
        (broken(lambda m, c: c.update(hitPolicy="collect")), "hit policy first, not collect"),
        (broken(lambda m, c: c["inputs"][0].pop("field")), "column 1 of inputs names no field"),
        (broken(lambda m, c: c["rules"][2].update({"out-code": "1 + 1"})), "rule 3, code: 1 \\+ 1 is computed"),
        (broken(lambda m, c: c["rules"].__setitem__(0, {"in-blind": 5})), "rule 1 is not an object of texts"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(model: dict[str, Any], change: Any, said: str) -> None:
    change(model)
    with pytest.raises(TableMalformed, match=said):
        table_of_model("refund", model)


def test_a_sheet_has_a_line_a_row() -> None:
    table = shipped("refund")
    head, *lines = list(csv_rows(table))
    assert (head[0], head[-2:]) == ("row", ("staff", "customer"))
    assert [line[0] for line in lines] == [row.id for row in table.rows]
    assert all(len(line) == len(head) for line in lines)

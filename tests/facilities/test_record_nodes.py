"""Nodes: recorded once, changed where that is harmless, and asked about by one statement."""

import pytest

from counterflow.facilities.commands.record_nodes import RecordNode, record_nodes
from counterflow.facilities.queries import NodeMissing, node, nodes, nodes_by_code
from counterflow.kernel import db
from together import together


def wanted(company, name="dc9", **more):
    fields = {"name": "Nine", "kind": "dc", "entity": f"UK{company.tag}", **more}
    return RecordNode(f"{name}-{company.tag}", **fields)


def record(company, *items):
    return record_nodes(company.ctx(), items=items)


def test_a_node_is_recorded_once_and_found_by_its_code(company):
    (done,) = record(company, wanted(company, zone="Europe/London", pool="outlet")).done
    assert record(company, wanted(company, zone="Europe/London", pool="outlet")).done[0].replayed
    row = node(code=f"dc9-{company.tag}")
    assert (row.id, row.zone, row.pool, row.scope, row.entity, row.currency) == (
        done.facts["node_id"],
        "Europe/London",
        "outlet",
        "full",
        f"UK{company.tag}",
        "GBP",
    )
    with pytest.raises(NodeMissing):
        node(code="nowhere")


def test_what_stock_stands_on_never_changes_and_the_rest_may(company):
    assert record(company, wanted(company)).done
    (changed,) = record(company, wanted(company, name="dc9", zone="Europe/Paris", active=False)).done
    assert not changed.replayed
    row = node(code=f"dc9-{company.tag}")
    assert (row.zone, row.active) == ("Europe/Paris", False)
    batch = record(company, wanted(company, kind="3pl"), wanted(company, scope="returns_only"))
    assert [r.code for r in batch.refused] == ["node_fixed", "node_fixed"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "shed"}, "node_word_unknown"),
        ({"scope": "half"}, "node_word_unknown"),
        ({"zone": "Europe/Nowhere"}, "node_zone_unknown"),
        ({"zone": ""}, "node_zone_unknown"),
        ({"entity": "nobody"}, "entity_unknown"),
        ({"name": "a code with blanks"}, "node_code_invalid"),
    ],
)
def test_what_makes_no_sense_is_refused(company, change, code):
    (refused,) = record(company, wanted(company, **change)).refused
    assert refused.code == code


def test_a_batch_is_decided_in_order_and_takes_the_same_statements(company):
    batch = record(company, wanted(company), wanted(company, zone="Europe/Paris"), wanted(company, kind="3pl"))
    assert [getattr(r, "code", "done") for r in batch] == ["done", "done", "node_fixed"]
    assert node(code=f"dc9-{company.tag}").zone == "Europe/Paris"
    with db.counting() as one:
        record(company, wanted(company, "one"))
    with db.counting() as many:
        assert len(record(company, *[wanted(company, f"n{n}") for n in range(200)]).done) == 200
    assert one == many


def test_eight_who_record_the_same_node_make_one(company):
    batches = together([lambda: record(company, wanted(company))] * 8)
    assert sum(not b.done[0].replayed for b in batches) == 1


def test_nodes_are_listed_by_code(company):
    record(company, wanted(company, active=False))
    with db.counting() as statements:
        found = {row.code: row.active for row in nodes(limit=1000)}
        active = [row.code for row in nodes(active=True, limit=1000)]
        named = nodes_by_code(codes=[company.node(), "nowhere"])
    assert len(statements) == 3
    assert found[f"dc9-{company.tag}"] is False
    assert f"dc9-{company.tag}" not in active
    assert list(named) == [company.node()]
    assert [row.code for row in nodes(after=company.node(), limit=1)] != [company.node()]

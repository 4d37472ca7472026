"""Totes: made once, changed where that harms nothing, and bound to their node."""

import pytest

from counterflow.facilities.commands.record_totes import RecordTote, record_totes
from counterflow.facilities.queries import totes, totes_by_code
from counterflow.kernel import db


def test_a_tote_is_made_changed_and_found(company):
    code = f"A-{company.tag}"
    first = RecordTote(code, company.node(), "restock", 10)
    assert not record_totes(company.ctx(), items=[first]).done[0].replayed
    assert record_totes(company.ctx(), items=[first]).done[0].replayed
    assert record_totes(company.ctx(), items=[RecordTote(code, company.node(), "scrap", None, False)]).done
    row = totes_by_code(codes=[code])[code]
    assert (row.purpose, row.capacity, row.active, row.node) == ("scrap", None, False, company.node())
    assert [t.code for t in totes(node=company.node(), purpose="scrap", search="a-")] == [code]
    assert totes(node=company.node(), active=True) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": "a b"}, "tote_code_invalid"),
        ({"node": "nowhere"}, "node_missing"),
        ({"purpose": "lunch"}, "node_word_unknown"),
        ({"capacity": 0}, "tote_capacity_invalid"),
    ],
)
def test_what_is_no_tote_is_refused(company, change, code):
    item = RecordTote(**{"code": "T1", "node": company.node(), "purpose": "restock", **change})
    assert record_totes(company.ctx(), items=[item]).refused[0].code == code


def test_a_tote_stays_where_it_stands(company):
    code = f"B-{company.tag}"
    assert record_totes(company.ctx(), items=[RecordTote(code, company.node(), "restock")]).done
    (refused,) = record_totes(company.ctx(), items=[RecordTote(code, company.node("3pl"), "restock")]).refused
    assert refused.code == "tote_fixed"


@pytest.mark.parametrize("number", [1, 50])
def test_totes_take_a_fixed_number_of_statements(company, number):
    items = [RecordTote(f"C{n}-{company.tag}", company.node(), "restock") for n in range(number)]
    with db.counting() as seen:
        assert not record_totes(company.ctx(), items=items).refused
    assert len(seen) == 5

"""Authority: whose messages are facts, stated or by the kind of node."""

import pytest

from counterflow.facilities.commands.set_authority import SetAuthority, set_authority
from counterflow.facilities.queries import authorities
from counterflow.kernel import db
from together import together


def test_partners_report_for_their_own_premises_unless_it_is_said(company):
    with db.counting() as statements:
        before = {(row.node, row.message_kind): (row.holder, row.stated) for row in authorities(codes=_both(company))}
    assert len(statements) == 1
    assert before[company.node("dc1"), "receipt"] == ("ours", False)
    assert before[company.node("3pl"), "receipt"] == ("partner", False)
    items = [SetAuthority(company.node("3pl"), "receipt", "ours"), SetAuthority(company.node("3pl"), "receipt", "ours")]
    batch = set_authority(company.ctx(), items=items)
    assert [r.replayed for r in batch.done] == [False, True]
    after = {(row.node, row.message_kind): (row.holder, row.stated) for row in authorities(codes=_both(company))}
    assert after[company.node("3pl"), "receipt"] == ("ours", True)
    assert after[company.node("3pl"), "shipment"] == ("partner", False)
    (changed,) = set_authority(company.ctx(), items=[SetAuthority(company.node("3pl"), "receipt", "partner")]).done
    assert not changed.replayed


@pytest.mark.parametrize(
    ("node", "kind", "holder", "code"),
    [
        ("nowhere", "receipt", "ours", "node_unknown"),
        ("", "gossip", "ours", "node_word_unknown"),
        ("", "receipt", "theirs", "node_word_unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(company, node, kind, holder, code):
    (refused,) = set_authority(company.ctx(), items=[SetAuthority(node or company.node(), kind, holder)]).refused
    assert refused.code == code


def test_eight_at_once_leave_one_answer(company):
    item = SetAuthority(company.node(), "receipt", "partner")
    batches = together([lambda: set_authority(company.ctx(), items=[item])] * 8)
    assert sum(not b.done[0].replayed for b in batches) == 1


def _both(company):
    return [company.node("dc1"), company.node("3pl")]

"""Movements: every move once, newest first, with its value and its cause; read from indexes alone."""

from datetime import timedelta

import pytest

from company import make_company
from console_life import asked, disposed, received
from counterflow.inventory.causes import subjects_of
from counterflow.inventory.movements import Wanted, movements
from counterflow.kernel import db
from counterflow.receiving import queries as receiving
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from statements import BEFORE, MORNING, NIGHT


def told(found):
    """(kind, from, to, pieces, value) of each."""
    return [(m.kind, m.from_state, m.to_state, m.quantity, m.value_minor) for m in found.rows]


@pytest.fixture
def life(ctx):
    """A return of two tees that was received, inspected and restocked: company, return, plate."""
    made = make_company(ctx)
    rma = asked(made)
    lpn = received(made, rma)
    disposed(made, lpn)
    return made, rma, lpn


def test_the_movements_of_an_item_are_told_newest_first(life):
    company, rma, lpn = life
    found = movements(wanted=Wanted(item=company.items["tee"]))
    assert told(found) == [
        ("restock", "inspection", "available", 2, 1600),
        ("inspect", "received", "inspection", 2, 1600),
        ("receive", "customer", "received", 2, 1600),
        ("open", "opening", "available", 5, 4000),
        ("ship", "available", "customer", 5, 4000),
    ]
    newest = found.rows[0]
    assert (newest.cause.kind, newest.cause.name, newest.cause.also) == ("unit", lpn, rma)
    assert (newest.actor, newest.sku, newest.to_node) == ("user:1", company.sku(), company.node())
    assert found.rows[4].cause.kind == "order"


def test_a_document_has_its_movements(life):
    company, rma, lpn = life
    number = company.sell()
    for document, kinds in ((lpn, 3), (rma, 3), (number, 1), ("nothing", 0), ("99999999999999999999", 0)):
        found = movements(wanted=Wanted(subjects=subjects_of(document=document)))
        assert len(found.rows) == kinds, document


def test_a_reversal_turns_the_ends_round(ctx):
    company = make_company(ctx)
    lpn = received(company, asked(company))
    assert reverse_receipts(company.ctx(), items=[ReverseReceipt(lpn, "wrong_scan")]).done
    found = movements(wanted=Wanted(subjects=[receiving.unit(lpn=lpn).unit.id]))
    assert [(m.reversal, m.from_state, m.to_state, m.quantity) for m in found.rows] == [
        (True, "received", "customer", 2),
        (False, "customer", "received", 2),
    ]


def test_kind_node_and_period_narrow(shelves):
    item, nodes = shelves.company.items["tee"], shelves.company.nodes
    shelves.put("ship", "available", "customer", "tee", 1, 800, NIGHT, recorded=MORNING)
    assert told(movements(wanted=Wanted(item=item, kind="ship"))) == [("ship", "available", "customer", 1, 800)]
    assert told(movements(wanted=Wanted(item=item, node=nodes["3pl"]))) == []
    assert len(movements(wanted=Wanted(item=item, until=MORNING)).rows) == 2
    assert len(movements(wanted=Wanted(item=item, since=MORNING)).rows) == 1
    by_node = movements(wanted=Wanted(node=nodes["dc1"]), now=MORNING + timedelta(days=1))
    assert len(by_node.rows) == 5
    long_ago = movements(wanted=Wanted(node=nodes["dc1"]), now=MORNING + timedelta(days=200))
    assert long_ago.rows == []
    assert len(movements(wanted=Wanted(node=nodes["dc1"], since=BEFORE - timedelta(days=1))).rows) == 5


def test_pages_one_after_another_are_the_whole(shelves):
    for n in range(9):
        shelves.put("ship", "available", "customer", "tee", 1, 800, NIGHT, recorded=MORNING + timedelta(days=n * 9))
    wanted = Wanted(item=shelves.company.items["tee"])
    whole, seen, place = movements(wanted=wanted, limit=100), [], None
    while True:
        page = movements(wanted=wanted, place=place, limit=2)
        seen, place = [*seen, *page.rows], page.place
        if not place:
            break
    assert seen == whole.rows
    assert len(seen) == 11
    for nonsense in ("x", "2026-01-01_5", "_", "2026-01-01T00:00:00+00:00_x"):
        assert movements(wanted=wanted, place=nonsense, limit=100).rows == whole.rows


def test_a_page_takes_five_statements(life):
    company, _, lpn = life
    for wanted in (Wanted(item=company.items["tee"]), Wanted(), Wanted(subjects=subjects_of(document=lpn))):
        with db.counting() as sent:
            movements(wanted=wanted)
        assert len(sent) == 5


def test_movements_of_an_item_read_their_index(owner, shelves):
    """However long the history: no table is scanned, and no line is read that is not of a place of the item."""
    seen = owner.execute("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'ledger\\_%'").fetchall()
    found = " ".join(row[0] for row in seen)
    assert "(account_id, recorded_at, entry_id)" in found
    assert "(recorded_at, id)" in found
    account = db.rows(
        "SELECT id FROM ledger_account WHERE item_id = %s AND state = 'available'", [shelves.company.items["tee"]]
    )[0].id
    with owner.transaction():
        owner.execute("SET LOCAL enable_seqscan = off")
        plan = owner.execute(
            "EXPLAIN SELECT DISTINCT l.recorded_at, l.entry_id FROM ledger_line l WHERE l.account_id = %s"
            " ORDER BY l.recorded_at DESC, l.entry_id DESC LIMIT 50",
            [account],
        ).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert "Sort" not in text
    assert "Index Only Scan Backward" in text

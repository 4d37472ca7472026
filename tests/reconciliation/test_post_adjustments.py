"""The entries that breaks propose are posted by a person, once, at what the goods are worth."""

import threading

import pytest
from django.db import connections

from agreeing import person, token
from counterflow.config.cli import main
from counterflow.config.cli_verify import laws, verify
from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.ledger import journal
from counterflow.ledger.queries import AsOf, stock_by_state
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from statements import FULL, MORNING, NIGHT

MISSING = [("tee", "available", 8), ("mug", "available", 4), ("tee", "quarantine", 3), ("phone", "received", 2)]
MOVED = [("tee", "available", 6), ("mug", "available", 4), ("tee", "quarantine", 7), ("phone", "received", 2)]


def post(shelves, breaks, *, actor="user:2", permissions=("*",), key=None):
    ctx = shelves.ctx(*permissions, actor=actor, key=key, at=MORNING)
    return post_adjustments(ctx, items=[PostAdjustment(row.id) for row in breaks]).results


def stock(shelves, item, as_of=None):
    rows = stock_by_state(items=[shelves.company.items[item]], as_of=as_of or AsOf())
    return {row.state: (row.quantity, row.cost_minor) for row in rows}


def holds():
    """No law of the ledger or of reconciliation is broken; the phones have no units here, so others are."""
    rooms = ("ledger.", "reconciliation.")
    return not [v for v in verify([law for law in laws() if law.name.startswith(rooms)]) if v.breaches]


def test_missing_goods_leave_the_books_at_average_cost(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    done = post(shelves, breaks)[0]
    assert stock(shelves, "tee") == {"available": (8, 6400), "quarantine": (3, 2400)}
    entry = journal.entry(id=done.facts["entry"])
    assert (entry.kind, entry.happened_at) == ("adjust", NIGHT)
    assert {(line.account, line.amount) for line in entry.lines if line.component != "qty"} == {
        ("stock.available", -1600),
        ("shrinkage", 1600),
    }
    assert {line.subject_id for line in entry.lines} == {breaks[0].id}
    row = queries.breaks(statement=breaks[0].statement_id)[0]
    assert (row.state, row.entry_id, row.settled_by) == ("settled", entry.id, "user:2")
    assert holds()


def test_goods_found_come_in_at_what_the_others_are_worth(shelves):
    rows = (("tee", "available", 12), *FULL[1:])
    post(shelves, shelves.breaks(shelves.statement(*rows)))
    assert stock(shelves, "tee")["available"] == (12, 9600)
    assert holds()


def test_goods_found_where_none_are_come_in_at_the_value_of_the_break(shelves):
    post(shelves, shelves.breaks(shelves.statement(*FULL, ("mug", "received", 2))))
    assert stock(shelves, "mug") == {"available": (4, 1000), "received": (2, 500)}
    assert holds()


def test_goods_in_another_state_take_their_value_along(shelves):
    post(shelves, shelves.breaks(shelves.statement(*MOVED)))
    assert stock(shelves, "tee") == {"available": (6, 4800), "quarantine": (7, 5600)}
    assert holds()


def test_the_same_statement_agrees_once_its_breaks_are_posted(shelves):
    post(shelves, shelves.breaks(shelves.statement(*MISSING)))
    assert shelves.breaks(shelves.statement(*MISSING, sha256="sent again")) == []


def test_the_last_piece_takes_the_remainder(shelves):
    shelves.put("open", "opening", "available", "cheap", 3, 100)
    rows = shelves.breaks(shelves.statement(*FULL))
    post(shelves, rows)
    assert stock(shelves, "cheap") == {}
    assert holds()


def test_a_break_is_posted_once(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    first = post(shelves, breaks)[0]
    again = post(shelves, breaks)[0]
    assert (again.replayed, again.facts) == (True, first.facts)
    assert stock(shelves, "tee")["available"] == (8, 6400)


def test_a_break_twice_in_one_call_is_posted_once(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    first, second = post(shelves, [breaks[0], breaks[0]])
    assert (first.replayed, second.replayed) == (False, True)
    assert stock(shelves, "tee")["available"] == (8, 6400)


def test_eight_at_once_post_once(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    results = []

    def run():
        results.append(post(shelves, breaks)[0])
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert stock(shelves, "tee")["available"] == (8, 6400)


def test_stock_that_has_gone_meanwhile_is_not_taken_below_zero(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    shelves.put("ship", "available", "customer", "tee", 9, 7200, MORNING)
    refused = post(shelves, breaks)[0]
    assert (refused.code, refused.facts["left"]) == ("position_changed", 1)
    assert queries.breaks(statement=breaks[0].statement_id)[0].state == "open"
    assert holds()


def test_breaks_of_one_call_see_what_earlier_ones_took(shelves):
    rows = [("tee", "available", 0), ("mug", "available", 4), ("tee", "quarantine", 3), ("phone", "received", 2)]
    first = shelves.breaks(shelves.statement(*rows))
    refused_later = post(shelves, [first[0], first[0]])
    assert [type(r).__name__ for r in refused_later] == ["Done", "Done"]
    rows = [("tee", "available", 0), ("tee", "quarantine", 1), ("mug", "available", 4), ("phone", "received", 2)]
    both = shelves.breaks(shelves.statement(*rows, sha256="b"))
    assert [row.kind for row in both] == ["missing"]
    post(shelves, both)
    assert stock(shelves, "tee") == {"quarantine": (1, 800)}
    assert holds()


def test_a_newer_statement_makes_older_breaks_void(shelves):
    from datetime import timedelta

    old = shelves.breaks(shelves.statement(*MISSING))
    shelves.breaks(shelves.statement(*FULL, as_of=NIGHT + timedelta(hours=1)))
    assert post(shelves, old)[0].code == "newer_statement"


def test_whoever_compared_does_not_post_unless_somebody_else_agrees(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    refused = post(shelves, breaks, actor="user:1")[0]
    assert (refused.code, refused.facts["approvers"]) == ("approval_needed", 1)
    assert "You compared this statement yourself" in refused.message
    assert post(shelves, breaks, actor="user:2")[0].facts["entry"]


def test_whoever_compared_by_a_token_is_no_other_person(ctx, shelves):
    controller = person(ctx, "inventory_controller")
    program = token(ctx, controller, "reconciliation.compare", "reconciliation.post")
    for compared, posts in ((program, controller), (controller, program)):
        done = shelves.compare(shelves.statement(*MISSING, sha256=compared), actor=compared)[0]
        breaks = queries.breaks(statement=done.facts["statement"])
        refused = post(shelves, breaks, actor=posts)[0]
        assert (refused.code, refused.facts["approvers"]) == ("approval_needed", 1)
        assert "You compared this statement yourself" in refused.message


def test_posting_needs_its_permission(shelves):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    with pytest.raises(PermissionDenied):
        post(shelves, breaks, permissions=("reconciliation.compare",))


def test_what_proposes_nothing_is_refused_and_says_why(shelves):
    rows = shelves.breaks(shelves.statement(*MISSING[:3], ("phone", "received", 1), more=[("NO-SUCH", "ok", "1")]))
    by_kind = {row.kind if row.proposal != "by_unit" else "unit": row for row in rows}
    refused = post(shelves, [by_kind["unknown_sku"], by_kind["unit"]])
    assert [r.code for r in refused] == ["nothing_proposed", "needs_units"]
    ctx = shelves.ctx(at=MORNING)
    assert post_adjustments(ctx, items=[PostAdjustment(-1)]).results[0].code == "break_not_found"


def test_the_case_closes_with_the_last_break_of_its_kind(shelves):
    rows = [("tee", "available", 8), ("mug", "available", 3), *FULL[2:]]
    breaks = shelves.breaks(shelves.statement(*rows))
    case = "SELECT state FROM workqueue_case WHERE subject_id = %s"
    post(shelves, breaks[:1])
    assert db.rows(case, [breaks[0].statement_id])[0].state == "open"
    post(shelves, breaks[1:])
    assert db.rows(case, [breaks[0].statement_id])[0].state == "closed"


def test_as_many_statements_of_sql_for_one_break_as_for_many(shelves):
    def spent(count):
        items = [("tee", "available", 10 - n) for n in range(count + 1)][-1:]
        rows = items + [("mug", "available", 4 - min(count, 2))] * (count > 1) + list(FULL[2:])
        rows += list(FULL[1:2]) * (count == 1)
        breaks = shelves.breaks(shelves.statement(*rows, sha256=f"sql{count}"))
        assert len(breaks) == min(count, 2)
        with db.counting() as sent:
            post(shelves, breaks)
        return len(sent)

    assert spent(1) == spent(2) <= 9


def test_a_settled_break_without_its_entry_is_found(shelves, owner, capsys):
    breaks = shelves.breaks(shelves.statement(*MISSING))
    post(shelves, breaks)
    owner.execute("UPDATE reconciliation_break SET quantity = 3 WHERE id = %s", [breaks[0].id])
    assert main(["verify"]) == 1
    said = capsys.readouterr().out
    assert f"break {breaks[0].id} (settled)" in said
    owner.execute("UPDATE reconciliation_break SET quantity = 2 WHERE id = %s", [breaks[0].id])
    owner.execute("UPDATE reconciliation_statement SET breaks = 9 WHERE id = %s", [breaks[0].statement_id])
    assert main(["verify"]) == 1
    assert f"statement {breaks[0].statement_id}: says 9 breaks" in capsys.readouterr().out
    owner.execute("UPDATE reconciliation_statement SET breaks = 1 WHERE id = %s", [breaks[0].statement_id])
    assert holds()

"""A statement is compared with the books as of its own time, and what differs is named for what it is."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.compare_statements import compare_statements
from statements import BEFORE, FULL, MORNING, NIGHT


def told(breaks):
    """(kind, SKU, pieces, value) of each break."""
    return sorted((row.kind, row.sku.partition("-")[0], row.quantity, row.value_minor) for row in breaks)


def but(*changes):
    """The full statement with other rows for some (item, state)."""
    rows = {(item, state): pieces for item, state, pieces in FULL} | {(i, s): q for i, s, q in changes}
    return [(item, state, pieces) for (item, state), pieces in rows.items() if pieces is not None]


def test_a_statement_that_agrees_has_no_break(shelves):
    result = shelves.compare(shelves.statement(*FULL))[0]
    assert (result.facts["breaks"], result.facts["explained"], result.facts["rows"]) == (0, 0, 4)


def test_goods_that_the_statement_lacks_are_missing_at_average_cost(shelves):
    row = shelves.breaks(shelves.statement(*but(("tee", "available", 8))))[0]
    assert (row.kind, row.quantity, row.expected, row.stated) == ("missing", 2, 10, 8)
    assert (row.value_minor, row.currency) == (1600, "GBP")
    assert (row.proposal, row.from_state, row.to_state) == ("adjust", "available", "unexplained")


def test_a_sku_that_is_not_in_the_statement_is_missing_whole(shelves):
    assert told(shelves.breaks(shelves.statement(*but(("mug", "available", None))))) == [("missing", "mug", 4, 1000)]


def test_goods_that_the_books_lack_are_over_and_worth_what_others_are(shelves):
    rows = shelves.breaks(shelves.statement(*but(("tee", "available", 11)), ("mug", "received", 2)))
    assert told(rows) == [("over", "mug", 2, 500), ("over", "tee", 1, 800)]
    assert {(row.from_state, row.to_state) for row in rows} == {
        ("unexplained", "available"),
        ("unexplained", "received"),
    }


def test_pieces_in_another_state_are_no_loss(shelves):
    rows = shelves.breaks(shelves.statement(*but(("tee", "available", 8), ("tee", "quarantine", 5))))
    assert told(rows) == [("wrong_state", "tee", 2, 1600)]
    assert (rows[0].stock_state, rows[0].stated_state) == ("available", "quarantine")


def test_pieces_in_another_state_and_lost_ones_are_told_apart(shelves):
    rows = shelves.breaks(shelves.statement(*but(("tee", "available", 5), ("tee", "quarantine", 5))))
    assert told(rows) == [("missing", "tee", 3, 2400), ("wrong_state", "tee", 2, 1600)]


def test_an_unknown_sku_proposes_nothing(shelves):
    rows = shelves.breaks(shelves.statement(*FULL, more=[("NO-SUCH", "available", "7")]))
    assert told(rows) == [("unknown_sku", "NO", 7, 0)]
    assert rows[0].proposal == ""


def test_an_unknown_word_is_not_guessed_and_hides_what_it_may_mean(shelves):
    # Three tees are not in quarantine but in "limbo": that is one question, not a loss as well.
    rows = shelves.breaks(shelves.statement(*but(("tee", "quarantine", 0)), ("tee", "Limbo!", 3)))
    assert told(rows) == [("unknown_state", "tee", 3, 0)]
    assert (rows[0].stated_state, rows[0].proposal) == ("Limbo!", "")
    cases = db.rows("SELECT kind FROM workqueue_case WHERE subject_id = %s", [rows[0].statement_id])
    assert [case.kind for case in cases] == ["unmapped_code"]


@pytest.mark.parametrize("word", ["Sellable", "UNRESTRICTED", "in-stock", "available"])
def test_partners_words_mean_our_states(shelves, word):
    rows = but(("tee", "available", None))
    assert shelves.breaks(shelves.statement(*rows, ("tee", word, 10))) == []


def test_pieces_with_licence_plates_are_for_receiving_to_name(shelves):
    row = shelves.breaks(shelves.statement(*but(("phone", "received", 1))))[0]
    assert (row.kind, row.proposal, row.value_minor) == ("missing", "by_unit", 30000)
    assert "licence plates" in row.cause


def test_what_happened_after_the_statement_does_not_count(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, NIGHT + timedelta(seconds=1))
    shelves.put("open", "opening", "available", "mug", 9, 900, NIGHT + timedelta(hours=3))
    assert shelves.breaks(shelves.statement(*FULL)) == []


def test_what_happened_before_and_was_recorded_after_counts(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, NIGHT - timedelta(hours=1), recorded=MORNING)
    assert shelves.breaks(shelves.statement(*but(("tee", "available", 6)))) == []


def test_a_partner_who_did_not_know_it_yet_raises_no_alarm(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, NIGHT - timedelta(hours=1), recorded=MORNING)
    statement = shelves.statement(*FULL)
    rows = shelves.breaks(statement)
    assert told(rows) == [("timing", "tee", 4, 0)]
    assert rows[0].state == "explained"
    assert queries.statement(id=rows[0].statement_id).breaks == 0
    assert not db.rows("SELECT 1 FROM workqueue_case WHERE subject_id = %s", [rows[0].statement_id])


def test_late_facts_explain_only_what_they_add_up_to(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, NIGHT - timedelta(hours=2), recorded=MORNING)
    shelves.put("ship", "available", "customer", "tee", 1, 800, NIGHT - timedelta(hours=1), recorded=MORNING)
    assert told(shelves.breaks(shelves.statement(*but(("tee", "available", 6))))) == [("timing", "tee", 1, 0)]
    assert told(shelves.breaks(shelves.statement(*but(("tee", "available", 10))))) == [("timing", "tee", 5, 0)]
    assert told(shelves.breaks(shelves.statement(*but(("tee", "available", 8))))) == [("over", "tee", 3, 2400)]


def test_facts_recorded_late_long_ago_explain_nothing(shelves):
    shelves.put("ship", "available", "customer", "tee", 4, 3200, BEFORE + timedelta(hours=1), recorded=MORNING)
    assert told(shelves.breaks(shelves.statement(*FULL))) == [("over", "tee", 4, 3200)]


def test_goods_on_the_way_to_us_may_have_arrived(shelves):
    shelves.put("carrier_scan", "customer", "in_transit_return", "tee", 2, 1600)
    rows = shelves.breaks(shelves.statement(*but(("tee", "received", 3))))
    assert told(rows) == [("over", "tee", 1, 800), ("timing", "tee", 2, 0)]
    # They have not become sellable, though: that is an alarm.
    assert told(shelves.breaks(shelves.statement(*but(("tee", "available", 12))))) == [("over", "tee", 2, 1600)]


def test_another_node_and_another_entity_are_not_mixed_in(shelves):
    shelves.put("open", "opening", "available", "tee", 7, 700, node="3pl")
    assert shelves.breaks(shelves.statement(*FULL)) == []
    assert told(shelves.breaks(shelves.statement(("tee", "available", 6), node="3pl"))) == [("missing", "tee", 1, 100)]


def test_rows_that_cannot_be_read_are_told_and_their_skus_not_compared(shelves):
    bad = [
        (shelves.sku("mug"), "available", "-4"),
        (shelves.sku("cheap"), "available", "4.5"),
        (shelves.sku("cheap"), "available", "99999999999"),
        ("", "available", "1"),
        (shelves.sku("cheap"), "", "1"),
        ("x" * 101, "available", "1"),
    ]
    statement = shelves.statement(*but(("mug", "available", None)), more=bad)
    result = shelves.compare(statement)[0]
    refused = queries.refused_rows(statement=result.facts["statement"])
    assert [(row.line, row.reason) for row in refused] == [
        (5, "quantity -4 is below zero"),
        (6, "quantity '4.5' is not a whole number"),
        (7, "quantity 99999999999 is absurd"),
        (8, "no SKU"),
        (9, "no state"),
        (10, "a cell of more than 100 characters"),
    ]
    rows = queries.breaks(statement=result.facts["statement"])
    assert told(rows) == [("unclear", "mug", 4, 0)]
    assert "line 5: quantity -4 is below zero" in rows[0].cause


def test_what_stands_twice_is_refused_and_not_summed(shelves):
    result = shelves.compare(shelves.statement(*FULL, ("mug", "Sellable", 4), ("mug", "good", 1)))[0]
    refused = queries.refused_rows(statement=result.facts["statement"])
    assert [row.line for row in refused] == [3, 6, 7]
    assert "stands on lines 3, 6, 7; say it once" in refused[0].reason
    assert told(queries.breaks(statement=result.facts["statement"])) == [("unclear", "mug", 4, 0)]


def test_the_same_statement_again_is_a_replay_with_the_same_breaks(shelves):
    statement = shelves.statement(*but(("tee", "available", 8)))
    first = shelves.compare(statement)[0]
    again = shelves.compare(statement)[0]
    assert again.replayed
    assert again.facts["statement"] == first.facts["statement"]
    assert len(queries.breaks(statement=first.facts["statement"])) == 1
    twice = shelves.compare(statement, statement)
    assert [result.replayed for result in twice] == [True, True]


def test_a_statement_twice_in_one_call_is_compared_once(shelves):
    statement = shelves.statement(*but(("tee", "available", 7)))
    first, second = shelves.compare(statement, statement)
    assert (first.replayed, second.replayed) == (False, True)
    assert first.facts == second.facts


def test_the_same_digest_with_other_rows_is_refused(shelves):
    shelves.compare(shelves.statement(*FULL, sha256="same"))
    refused = shelves.compare(shelves.statement(*but(("tee", "available", 1)), sha256="same"))[0]
    assert (refused.code, refused.kind) == ("identity_reused", "conflict")


def test_eight_at_once_have_one_effect(shelves):
    statement = shelves.statement(*but(("tee", "available", 5)))
    results = []

    def run():
        results.append(shelves.compare(statement)[0])
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert len({result.facts["statement"] for result in results}) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"node": "nowhere"}, "node_not_found"),
        ({"entity": "FR"}, "entity_not_found"),
        ({"as_of": MORNING + timedelta(hours=1)}, "statement_from_future"),
        ({"as_of": NIGHT.replace(tzinfo=None)}, "instant_without_zone"),
        ({"total": 20}, "totals_differ"),
        ({"rows": ((2, "", "available", "1"),)}, "statement_empty"),
    ],
)
def test_refusals_say_why(shelves, change, code):
    from dataclasses import replace

    statement = shelves.statement(*FULL)
    refused, done = shelves.compare(replace(statement, **change), replace(statement, total=19))
    assert refused.code == code
    assert isinstance(done, Done)


def test_as_many_statements_of_sql_for_one_as_for_many(shelves):
    def spent(count):
        items = [shelves.statement(*but(("tee", "available", 9)), sha256=f"s{count}-{n}") for n in range(count)]
        items += [shelves.statement(("tee", "available", n), sha256=f"o{count}-{n}") for n in range(count)]
        with db.counting() as sent:
            compare_statements(shelves.ctx(at=MORNING), items=items)
        return len(sent)

    assert spent(1) == spent(40) <= 9


def test_cases_open_for_each_kind_of_alarm(shelves):
    statement = shelves.statement(*but(("tee", "available", 8), ("mug", "available", 5)))
    result = shelves.compare(statement)[0]
    cases = db.rows(
        "SELECT kind, money_at_risk_minor AS money, facts FROM workqueue_case"
        " WHERE subject_id = %s ORDER BY dedupe_key",
        [result.facts["statement"]],
    )
    assert [(case.kind, case.money, case.facts["break"], case.facts["pieces"]) for case in cases] == [
        ("break", 1600, "missing", 2),
        ("break", 250, "over", 1),
    ]

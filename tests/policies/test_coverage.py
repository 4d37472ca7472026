"""Rows that can never fire are found by sets, and only those: the engine itself is the witness."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from counterflow.policies import coverage
from counterflow.policies.engine import prepare
from counterflow.policies.facts import completed
from dispositions import THEN, cell, everything, table_of


@settings(max_examples=150, deadline=None)
@given(st.lists(cell, min_size=1, max_size=6))
def test_a_row_is_called_unreachable_exactly_when_no_facts_reach_it(whens):
    table = table_of(*whens)
    fired = {row.id for row in prepare(table).fired(completed("disposition", everything()))}
    assert {row for row, _ in coverage.unreachable(table)} == {row.id for row in table.rows[:-1]} - fired


def test_rows_that_cover_one_only_together_are_named():
    found = coverage.unreachable(table_of({"on_hold": "true"}, {"on_hold": "false"}, {"grade": "'A'"}))
    assert found == [("r2", ["r0", "r1"])]


def test_overlaps_and_gaps_are_notes():
    table = table_of({"grade": "'A'"}, {"on_hold": "true"})
    rows = (table.rows[0], replace(table.rows[1], then={**THEN, "code": "other"}), table.rows[2])
    said = [(note.row, note.column, note.words) for note in coverage.notes(replace(table, rows=rows))]
    assert ("r1", "", "some cases fit row r0 as well; it stands above and answers them.") in said
    only_yes = table_of({"grade": "'A'", "on_hold": "true"})
    gaps = {note.column: note.words for note in coverage.notes(only_yes)}
    assert gaps["on_hold"] == "only the last row answers where on_hold is no."
    assert gaps["grade"] == "only the last row answers where grade is unknown, B, C, D."
    assert "brand" not in gaps

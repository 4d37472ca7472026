"""Two wordings side by side: nothing that differs is left out, and nothing else is told."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from counterflow.policies.comparing import compare
from counterflow.policies.tables import Row, Table, shipped


def test_a_changed_cell_a_new_row_and_a_removed_one() -> None:
    before = shipped("refund")
    rows = [replace(r, when={**r.when, "value_minor": "<= 2000"}) if r.id == "returnless" else r for r in before.rows]
    new = replace(rows[3], id="new")
    after = replace(before, rows=(*rows[:2], new, *(r for r in rows[2:] if r.id != "goodwill")))
    changes = {change.row: change for change in compare(before, after).changed}
    assert {name: change.what for name, change in changes.items()} == {
        "returnless": "changed",
        "new": "added",
        "goodwill": "removed",
    }
    (cell,) = changes["returnless"].cells
    assert (cell.part, cell.column, cell.before, cell.after) == ("when", "value_minor", "<= 1500", "<= 2000")
    assert changes["goodwill"].place_after is None
    assert not any(change.moved for change in changes.values())


def test_one_row_that_was_carried_up_is_the_one_that_moved() -> None:
    before = shipped("refund")
    *_, carried, last = before.rows
    after = replace(before, rows=(carried, *before.rows[:-2], last))
    (moved,) = compare(before, after).changed
    assert (moved.row, moved.what, moved.place_after) == (carried.id, "moved", 1)


def test_columns_that_come_and_go() -> None:
    before = shipped("disposition")
    after = replace(before, inputs=("node", *before.inputs[1:]))
    found = compare(before, after)
    assert (found.columns_added, found.columns_removed) == (["node"], [before.inputs[0]])


def made(*names: str) -> Table:
    return Table("sla", "t", (), (), tuple(Row(name, {}, {"code": name[0]}, "a", "c") for name in names))


names = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(before=names, after=names)
@settings(max_examples=200, deadline=None)
def test_what_changed_is_the_difference(before: list[str], after: list[str]) -> None:
    found = compare(made(*before), made(*after))
    what: dict[str, Any] = {row.row: row.what for row in found.rows}
    assert {n for n, w in what.items() if w == "added"} == set(after) - set(before)
    assert {n for n, w in what.items() if w == "removed"} == set(before) - set(after)
    assert [row.row for row in found.rows if row.place_after] == after
    stayed = [row.row for row in found.rows if row.place_before and row.place_after and not row.moved]
    assert stayed == [name for name in before if name in stayed]
    assert bool(found.changed) == (before != after)

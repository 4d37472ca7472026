"""record_brands, record_suppliers, record_reasons: identity, replay, reuse, one number of statements."""

from dataclasses import replace

import pytest

from counterflow.catalog.commands import (
    NewBrand,
    NewReason,
    NewSupplier,
    record_brands,
    record_reasons,
    record_suppliers,
)
from counterflow.catalog.queries import reasons
from counterflow.kernel import db

pytestmark = pytest.mark.usefixtures("database_copy")
CASES = [
    (record_brands, lambda n: NewBrand(f"b{n}", "A brand"), "name"),
    (record_suppliers, lambda n: NewSupplier(f"s{n}", "A supplier"), "name"),
    (record_reasons, lambda n: NewReason("return", f"r{n}", "A reason"), "label"),
]


@pytest.mark.parametrize(("record", "make", "field"), CASES)
def test_the_same_content_is_a_replay_and_other_content_is_refused(ctx, record, make, field):
    first = record(ctx(), items=[make(1), make(1), make(2)])
    assert [r.replayed for r in first.done] == [False, True, False]
    again = record(ctx(), items=[make(1)])
    assert again.done[0].replayed
    assert again.done[0].facts["id"] == first.done[0].facts["id"]
    other = record(ctx(), items=[replace(make(1), **{field: "Another"}), make(3)])
    assert [type(r).__name__ for r in other] == ["Refused", "Done"]
    assert other.refused[0].code == "identity_reused"


@pytest.mark.parametrize(("record", "make", "field"), CASES)
def test_statements_do_not_grow_with_the_batch(ctx, record, make, field):
    counts = []
    for numbers in (range(10, 11), range(20, 1020)):
        with db.counting() as seen:
            record(ctx(), items=[make(n) for n in numbers])
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_reasons_are_listed_by_kind(ctx):
    record_reasons(ctx(), items=[NewReason("exchange", "b", "B"), NewReason("exchange", "a", "A")])
    assert [row.code for row in reasons(kind="exchange")] == ["a", "b"]

"""map_reasons and install_reasons: what is shipped never overrules what the company says."""

import pytest

from counterflow.catalog.commands import (
    MapReason,
    NewReason,
    ShippedReason,
    install_reasons,
    map_reasons,
    record_reasons,
)
from counterflow.catalog.queries import mapped_reasons

pytestmark = pytest.mark.usefixtures("database_copy")
SHIPPED = ShippedReason("adjustment", "wet", "Wet", "book", ("wet pallet", "Wet!"))


def test_a_mapping_is_found_by_its_normal_form_and_can_be_replaced(ctx):
    ids = [
        r.facts["id"]
        for r in record_reasons(ctx(), items=[NewReason("return", "a", "A"), NewReason("return", "b", "B")]).done
    ]
    map_reasons(ctx(), items=[MapReason("shop", "Too Small!", "return", "a")])
    assert mapped_reasons(source="shop") == {"too small": ids[0]}
    batch = map_reasons(
        ctx(), items=[MapReason("shop", "too small", "return", "b"), MapReason("shop", "too small", "return", "b")]
    )
    assert [r.replayed for r in batch.done] == [False, True]
    assert mapped_reasons(source="shop") == {"too small": ids[1]}


def test_an_unknown_reason_is_refused(ctx):
    batch = map_reasons(ctx(), items=[MapReason("shop", "odd", "return", "nothing")])
    assert batch.refused[0].code == "reason_unknown"


def test_installing_again_changes_nothing(ctx):
    install_reasons(ctx(), items=[SHIPPED])
    first = mapped_reasons(source="book")
    assert set(first) == {"wet pallet", "wet"}
    record_reasons(ctx(), items=[NewReason("adjustment", "own", "Our own word")])
    map_reasons(ctx(), items=[MapReason("book", "wet", "adjustment", "own")])
    own = mapped_reasons(source="book")
    assert install_reasons(ctx(), items=[SHIPPED]).done[0].replayed
    assert mapped_reasons(source="book") == own
    assert own["wet"] != first["wet"]

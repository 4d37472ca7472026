"""record_items and ensure_items: who may name an item, and what a file's name is worth."""

from itertools import permutations

import pytest

from counterflow.catalog import queries
from counterflow.catalog.commands import (
    NewBrand,
    NewItem,
    NewSupplier,
    SeenItem,
    ensure_items,
    record_brands,
    record_items,
    record_suppliers,
)
from counterflow.kernel import db

pytestmark = pytest.mark.usefixtures("database_copy")


def test_an_item_keeps_all_that_was_said(ctx):
    record_brands(ctx(), items=[NewBrand("north", "North")])
    record_suppliers(ctx(), items=[NewSupplier("acme", "Acme")])
    item = NewItem("TEE-1", "Tee", "4006381333931", "apparel", "north", "acme", 450, "EUR", True)
    record_items(ctx(), items=[item])
    row = queries.items_by_sku(skus=["TEE-1"])["TEE-1"]
    assert (row.gtin, row.family, row.brand, row.supplier) == ("04006381333931", "apparel", "north", "acme")
    assert (row.standard_cost_minor, row.currency, row.serial_tracked, row.provisional) == (450, "EUR", True, False)
    assert record_items(ctx(), items=[item]).done[0].replayed


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (NewItem(" ", "No SKU"), "sku_missing"),
        (NewItem("X", "X", gtin="1"), "gtin_malformed"),
        (NewItem("X", "X", brand="nobody"), "brand_unknown"),
        (NewItem("X", "X", supplier="nobody"), "supplier_unknown"),
        (NewItem("X", "X", standard_cost_minor=1), "cost_without_currency"),
        (NewItem("X", "X", standard_cost_minor=-1, currency="GBP"), "cost_negative"),
        (NewItem("X", "X", standard_cost_minor=1, currency="GBX"), "unknown_currency"),
    ],
)
def test_a_wrong_item_is_refused_and_the_others_are_not(ctx, item, code):
    batch = record_items(ctx(), items=[item, NewItem(f"OK-{code}", "Fine")])
    assert [r.code for r in batch.refused] == [code]
    assert len(batch.done) == 1


def test_a_recorded_item_takes_over_a_provisional_one(ctx):
    seen = ensure_items(ctx(), items=[SeenItem("P-1", "A NAME")]).done[0]
    taken = record_items(ctx(), items=[NewItem("P-1", "Proper name")]).done[0]
    assert taken.facts["id"] == seen.facts["id"]
    assert not taken.replayed
    ensure_items(ctx(), items=[SeenItem("P-1", "A MUCH LONGER NAME OF A FILE")])
    row = queries.items_by_sku(skus=["P-1"])["P-1"]
    assert (row.name, row.provisional) == ("Proper name", False)


def test_the_name_of_a_provisional_item_does_not_depend_on_the_order_of_files(ctx):
    names = ("", "RED LAMP", "LAMP RED, LARGE", "LAMP RED, LARGF")
    found = set()
    for n, order in enumerate(permutations(names)):
        for name in order:
            ensure_items(ctx(), items=[SeenItem(f"ORDER-{n}", name)])
        found.add(queries.items_by_sku(skus=[f"ORDER-{n}"])[f"ORDER-{n}"].name)
    assert found == {"LAMP RED, LARGF"}


def test_items_are_found_by_sku_name_and_page(ctx):
    record_items(ctx(), items=[NewItem(f"PAGE-{n}", f"Thing {n}") for n in range(5)])
    first = queries.items(search="page-", limit=2)
    assert [row.sku for row in first] == ["PAGE-0", "PAGE-1"]
    assert next(row.sku for row in queries.items(search="page-", after=first[-1].sku, limit=9)) == "PAGE-2"
    assert [row.sku for row in queries.items(search="thing 4")] == ["PAGE-4"]


def test_statements_do_not_grow_with_the_batch(ctx):
    for command, make in (
        (record_items, lambda n: NewItem(f"N-{n}", "x")),
        (ensure_items, lambda n: SeenItem(f"S-{n}")),
    ):
        counts = []
        for numbers in (range(1), range(1, 1001)):
            with db.counting() as seen:
                command(ctx(), items=[make(n) for n in numbers])
            counts.append(len(seen))
        assert counts[0] == counts[1]

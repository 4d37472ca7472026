"""Changing master data: what is said replaces what was there, the rest stays, and the history tells it."""

import pytest

from counterflow.catalog import partners, queries
from counterflow.catalog.commands import (
    ChangeBrand,
    ChangeItem,
    ChangeReason,
    ChangeSupplier,
    MapReason,
    NewBrand,
    NewItem,
    NewReason,
    NewSupplier,
    change_brands,
    change_items,
    change_reasons,
    change_suppliers,
    ensure_items,
    map_reasons,
    record_brands,
    record_items,
    record_reasons,
    record_suppliers,
)
from counterflow.catalog.commands.ensure_items import SeenItem
from counterflow.facilities.commands.change_nodes import ChangeNode, change_nodes
from counterflow.facilities.commands.record_nodes import RecordNode, record_nodes
from counterflow.facilities.commands.set_authority import SetAuthority, set_authority
from counterflow.facilities.queries import node
from counterflow.kernel import db
from counterflow.orders import queries as orders
from counterflow.orders.commands import ChangeChannel, change_channels
from counterflow.registry import laws
from counterflow.registry.queries import changes

pytestmark = pytest.mark.usefixtures("database_copy")


def told(kind, code):
    """Field, from, to of every change of a record, the oldest first."""
    found = changes(kind=kind, search=code)
    return [(row.field, row.old, row.new) for row in reversed(found) if row.code == code]


def test_a_change_replaces_what_it_says_and_leaves_the_rest(ctx):
    record_brands(ctx(), items=[NewBrand("b1", "One"), NewBrand("b2", "Two")])
    item = NewItem("C-1", "Tee", "4006381333931", "apparel", "b1", "", 450, "EUR", weight_g=200)
    record_items(ctx(), items=[item])
    change = ChangeItem("C-1", 1, family="shirts", brand="b2", clear=("gtin",), more_gtins=("5901234123457",))
    done = change_items(ctx(actor="user:7"), items=[change]).done[0]
    assert (done.facts["version"], done.replayed) == (2, False)
    row = queries.items_by_sku(skus=["C-1"])["C-1"]
    assert (row.name, row.gtin, row.family, row.brand) == ("Tee", None, "shirts", "b2")
    assert (row.more_gtins, row.standard_cost_minor, row.weight_g, row.version) == (("05901234123457",), 450, 200, 2)
    assert told("item", "C-1") == [
        ("", "", ""),
        ("gtin", "04006381333931", ""),
        ("family", "apparel", "shirts"),
        ("more_gtins", "", "05901234123457"),
        ("brand", "b1", "b2"),
    ]
    newest = changes(kind="item", search="C-1")[0]
    assert (newest.by, newest.command, newest.version) == ("user:7", "change_items", 2)
    assert [found.key for found in queries.named("5901234123457")] == ["C-1"]


def test_the_same_values_again_are_a_replay_whatever_the_version(ctx):
    record_items(ctx(), items=[NewItem("C-2", "Tee")])
    change = ChangeItem("C-2", 1, name="Shirt")
    assert not change_items(ctx(), items=[change]).done[0].replayed
    assert change_items(ctx(), items=[change]).done[0].replayed
    assert told("item", "C-2") == [("", "", ""), ("name", "Tee", "Shirt")]


def test_a_change_of_what_somebody_else_changed_is_refused(ctx):
    record_items(ctx(), items=[NewItem("C-3", "Tee")])
    change_items(ctx(), items=[ChangeItem("C-3", 1, name="Shirt")])
    late = change_items(ctx(), items=[ChangeItem("C-3", 1, name="Blouse"), ChangeItem("C-3", 2, name="Vest")])
    assert (late.refused[0].code, late.refused[0].facts["now"]) == ("record_changed", 2)
    assert queries.items_by_sku(skus=["C-3"])["C-3"].name == "Vest"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (ChangeItem("nothing", name="X"), "record_missing"),
        (ChangeItem("C-4", gtin="123"), "gtin_malformed"),
        (ChangeItem("C-4", more_gtins=("4006381333932",)), "gtin_malformed"),
        (ChangeItem("C-4", brand="nobody"), "brand_unknown"),
        (ChangeItem("C-4", weight_g=0), "number_out_of_range"),
        (ChangeItem("C-4", standard_cost_minor=5), "cost_without_currency"),
        (ChangeItem("C-4", clear=("name",)), "field_not_clearable"),
    ],
)
def test_a_wrong_change_is_refused(ctx, change, code):
    record_items(ctx(), items=[NewItem("C-4", "Tee")])
    assert [r.code for r in change_items(ctx(), items=[change]).refused] == [code]


def test_the_currency_of_what_the_books_hold_stays(ctx, company):
    company.sell()
    batch = change_items(ctx(), items=[ChangeItem(company.sku(), currency="EUR", standard_cost_minor=900)])
    assert batch.refused[0].code == "currency_fixed"
    assert not change_items(ctx(), items=[ChangeItem(company.sku(), standard_cost_minor=900)]).refused
    assert told("item", company.sku())[-1] == ("standard_cost_minor", "8.00 GBP", "9.00 GBP")


def test_an_item_of_a_file_is_provisional_until_somebody_changes_it(ctx):
    ensure_items(ctx(), items=[SeenItem("P-9", "A NAME")])
    change_items(ctx(), items=[ChangeItem("P-9", name="A NAME")])
    assert queries.items_by_sku(skus=["P-9"])["P-9"].provisional
    change_items(ctx(), items=[ChangeItem("P-9", name="Proper")])
    assert not queries.items_by_sku(skus=["P-9"])["P-9"].provisional


def test_whom_to_ask_at_a_supplier_is_kept_erasable_and_not_in_the_history(ctx, owner):
    record_suppliers(ctx(), items=[NewSupplier("s1", "Acme", return_window_days=30, contact="Canary Quillfeather")])
    change_suppliers(ctx(), items=[ChangeSupplier("s1", 1, terms="30 days", contact="Canary the Second")])
    row = partners.suppliers_by_code(codes=["s1"])["s1"]
    assert (row.contact, row.terms, row.return_window_days, row.version) == ("Canary the Second", "30 days", 30, 2)
    assert ("contact", "", "") in told("supplier", "s1")
    for table in ("registry_change", "kernel_eventrecord", "kernel_commandkey", "catalog_supplier"):
        assert owner.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%canary%'").fetchone()[0] == 0
    change_suppliers(ctx(), items=[ChangeSupplier("s1", 2, clear=("contact",))])
    assert partners.suppliers_by_code(codes=["s1"])["s1"].contact == ""
    assert change_suppliers(ctx(), items=[ChangeSupplier("s1", defect_allowance_bp=10_001)]).refused


def test_brands_and_reasons_are_renamed_and_switched_off(ctx):
    record_brands(ctx(), items=[NewBrand("b9", "Nine")])
    record_reasons(ctx(), items=[NewReason("return", "tight", "Too tight")])
    change_brands(ctx(), items=[ChangeBrand("b9", 1, active=False)])
    change_reasons(ctx(), items=[ChangeReason("return", "tight", 1, label="Tight", active=False)])
    assert not partners.brands_by_code(codes=["b9"])["b9"].active
    assert [r.code for r in queries.reasons(kind="return", active=True) if r.code == "tight"] == []
    assert told("brand", "b9") == [("", "", ""), ("active", "yes", "no")]
    assert told("reason", "return:tight")[1:] == [("label", "Too tight", "Tight"), ("active", "yes", "no")]
    assert change_brands(ctx(), items=[ChangeBrand("b9", name=" ")]).refused[0].code == "name_missing"


def test_a_mapping_that_changes_is_told(ctx):
    record_reasons(ctx(), items=[NewReason("return", "a1", "A"), NewReason("return", "b1", "B")])
    map_reasons(ctx(), items=[MapReason("shop", "Too Big!", "return", "a1")])
    map_reasons(ctx(), items=[MapReason("shop", "too big", "return", "b1")])
    assert told("mapping", "shop: too big") == [("code", "", "a1"), ("code", "a1", "b1")]


def test_a_node_says_where_it_is_and_what_fits(ctx, company):
    code = company.node()
    change = ChangeNode(code, 1, address="Dock 4", capacity_units=500, gln="4012345000009", active=False)
    assert not change_nodes(ctx(), items=[change]).refused
    row = node(code=code)
    assert (row.address, row.capacity_units, row.gln, row.active, row.version) == (
        "Dock 4",
        500,
        "4012345000009",
        False,
        2,
    )
    record_nodes(ctx(), items=[RecordNode(code, "Dock", "dc", f"UK{company.tag}")])
    kept = node(code=code)
    assert (kept.name, kept.address, kept.active) == ("Dock", "Dock 4", True)
    assert change_nodes(ctx(), items=[ChangeNode(code, gln="4012345000008")]).refused[0].code == "gln_malformed"
    set_authority(ctx(), items=[SetAuthority(code, "receipt", "partner")])
    assert told("authority", f"{code}:receipt") == [("holder", "", "partner")]


def test_the_brand_of_a_channel_that_sold_stays(ctx, company):
    record_brands(ctx(), items=[NewBrand(f"other-{company.tag}", "Other")])
    free, used = company.channel("b2b"), company.channel()
    company.sell()
    batch = change_channels(
        ctx(), items=[ChangeChannel(code, brand=f"other-{company.tag}", zone="Europe/Paris") for code in (free, used)]
    )
    assert [r.code for r in batch.refused] == ["channel_brand_fixed"]
    assert {c.code: c.zone for c in orders.channels_found(search=company.tag)}[free] == "Europe/Paris"


def test_the_statements_of_a_change_do_not_grow_with_the_batch(ctx):
    record_items(ctx(), items=[NewItem(f"MANY-{n}", "x") for n in range(1001)])
    counts = []
    for numbers in (range(1), range(1, 1001)):
        with db.counting() as seen:
            batch = change_items(ctx(), items=[ChangeItem(f"MANY-{n}", 1, name=f"y{n}") for n in numbers])
        assert not batch.refused
        counts.append(len(seen))
    assert counts == [5, 5]


def test_lists_are_sorted_and_go_on_after_a_key(ctx):
    record_items(ctx(), items=[NewItem(f"SORT-{n}", f"Name {9 - n}", family="sorted") for n in range(5)])
    first = queries.items(family="sorted", sort="name", limit=2)
    assert [row.sku for row in first] == ["SORT-4", "SORT-3"]
    rest = queries.items(family="sorted", sort="name", after=first[-1].sku)
    assert [row.sku for row in rest] == ["SORT-2", "SORT-1", "SORT-0"]
    turned = queries.items(family="sorted", sort="-name", after="SORT-1")
    assert [row.sku for row in turned] == ["SORT-2", "SORT-3", "SORT-4"]
    assert "sorted" in queries.families()


def test_the_laws_of_the_history_hold_and_can_fail(ctx, owner):
    for law in laws.LAWS:
        assert owner.execute(law.sql).fetchall() == []
        assert owner.execute(law.counted).fetchone()[0] is not None
    with owner.transaction(force_rollback=True):
        owner.execute("UPDATE registry_change SET old = 'else' WHERE field = 'name' AND version = 3")
        assert owner.execute(laws.LAWS[1].sql).fetchall()
    with owner.transaction(force_rollback=True):
        owner.execute("UPDATE registry_change SET by = 'user:99'")
        assert owner.execute(laws.LAWS[0].sql).fetchall()

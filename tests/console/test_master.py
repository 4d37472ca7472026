"""Master data on screens: every kind is listed, recorded, changed and told by the same pages."""

import re

import pytest

from counterflow.catalog import partners
from counterflow.catalog import queries as catalog
from counterflow.catalog.commands import ChangeItem, NewItem, NewReason, change_items, record_items, record_reasons
from counterflow.console.master.register import KINDS
from counterflow.registry.queries import changes

SAID = {
    "items": {
        "sku": "NEW-1",
        "name": "Lamp",
        "gtin": "4006381333931",
        "standard_cost_minor": "4,50",
        "currency": "gbp",
    },
    "suppliers": {"code": "new-s", "name": "Acme", "defect_allowance_bp": "1.5", "contact": "Ask for Quillfeather"},
    "brands": {"code": "new-b", "name": "North"},
    "reasons": {"kind": "return", "code": "too_loud", "label": "Too loud"},
    "mappings": {"source": "shop", "text": "Too LOUD!", "kind": "return", "code": "too_loud"},
    "channels": {"code": "new-c", "name": "Shop", "kind": "own_shop", "currency": "GBP", "zone": "UTC"},
    "nodes": {"code": "new-n", "name": "Dock", "kind": "dc", "scope": "full", "zone": "UTC", "pool": "own"},
    "authorities": {"message_kind": "receipt", "holder": "partner"},
}


def words(page):
    """A page's text without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


@pytest.mark.parametrize("name", SAID)
def test_each_kind_is_recorded_listed_shown_and_told(browse, company, ctx, name):
    record_reasons(
        ctx(),
        items=[NewReason("return", "too_loud", "Too loud")]
        if name == "mappings"
        else [NewReason("return", "other_reason", "Other")],
    )
    client, kind = browse("administrator"), KINDS[name]
    form = {
        **SAID[name],
        "active": "on",
        **({"brand": f"brand-{company.tag}", "entity": f"UK{company.tag}"} if name in ("channels", "nodes") else {}),
        **({"node": company.node()} if name == "authorities" else {}),
    }
    answer = client.post(f"/master/{name}/new", form)
    assert answer.status_code == 302, words(answer)
    page = words(client.get(answer["Location"]))
    assert "recorded" in page
    assert "History" in page
    listed = client.get(f"/master/{name}")
    assert kind.many in words(listed)
    assert answer["Location"] in listed.content.decode()
    assert changes(kind=kind.told)


def test_a_change_is_saved_with_its_version_and_told(browse, ctx):
    record_items(ctx(), items=[NewItem("S-1", "Lamp", weight_g=100)])
    client = browse("inventory_controller")
    page = client.get("/master/items/one/S-1").content.decode()
    assert 'name="version" value="1"' in page
    answer = client.post("/master/items/one/S-1", {"name": "Desk lamp", "weight_g": "", "active": "on", "version": "1"})
    assert answer.status_code == 302
    row = catalog.items_by_sku(skus=["S-1"])["S-1"]
    assert (row.name, row.weight_g, row.version) == ("Desk lamp", None, 2)
    page = words(client.get("/master/items/one/S-1"))
    assert "Saved." in page
    assert "Name Lamp Desk lamp" in page
    assert "Weight in grams 100 nothing" in page


def test_a_stale_form_is_refused_with_the_difference_and_loses_nothing(browse, ctx):
    record_items(ctx(), items=[NewItem("S-2", "Lamp")])
    change_items(ctx(), items=[ChangeItem("S-2", 1, name="Their name")])
    client = browse("administrator")
    form = {"name": "My name", "weight_g": "70", "active": "on", "version": "1"}
    answer = client.post("/master/items/one/S-2", form)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody changed this item" in text
    assert "Their name" in text
    assert 'value="My name"' in text
    assert 'value="70"' in text
    assert 'name="version" value="2"' in text
    assert client.post("/master/items/one/S-2", {**form, "version": "2"}).status_code == 302
    assert catalog.items_by_sku(skus=["S-2"])["S-2"].name == "My name"


def test_what_reaches_further_is_confirmed_first(browse, ctx):
    record_items(ctx(), items=[NewItem("S-3", "Lamp", family="homeware")])
    client = browse("administrator")
    form = {"name": "Lamp", "family": "electronics", "active": "on", "version": "1"}
    answer = client.post("/master/items/one/S-3", form)
    assert answer.status_code == 422
    assert "Policies and inspection plans go by family" in words(answer)
    assert catalog.items_by_sku(skus=["S-3"])["S-3"].family == "homeware"
    assert client.post("/master/items/one/S-3", {**form, "confirmed": "1"}).status_code == 302
    assert catalog.items_by_sku(skus=["S-3"])["S-3"].family == "electronics"


def test_a_wrong_cell_keeps_the_form_and_says_how_to_mend_it(browse, ctx):
    record_items(ctx(), items=[NewItem("S-4", "Lamp")])
    answer = browse("administrator").post(
        "/master/items/one/S-4", {"name": "Other", "gtin": "4.0065E+12", "active": "on", "version": "1"}
    )
    assert answer.status_code == 422
    assert "a spreadsheet shortens a long number" in words(answer)
    assert 'value="Other"' in answer.content.decode()


def test_a_record_is_switched_off_and_used_again(browse, ctx):
    record_items(ctx(), items=[NewItem("S-5", "Lamp")])
    client = browse("administrator")
    for word, active in (("off", False), ("on", True)):
        client.post("/master/items/one/S-5", {"switch": word})
        assert catalog.items_by_sku(skus=["S-5"])["S-5"].active is active


def test_who_may_only_look_sees_no_form(browse, ctx):
    record_items(ctx(), items=[NewItem("S-6", "Lamp")])
    client = browse("clerk")
    page = client.get("/master/items/one/S-6").content.decode()
    assert "Lamp" in page
    assert 'id="record_name"' not in page
    assert client.post("/master/items/one/S-6", {"name": "X"}).status_code == 404
    assert client.get("/master/items/new").status_code == 403
    assert client.get("/master/items/import").status_code == 403
    assert client.get("/master/changes").status_code == 403


def test_whom_to_ask_is_not_in_the_file_of_who_may_not_change(browse, ctx):
    client = browse("administrator")
    client.post("/master/suppliers/new", {**SAID["suppliers"], "code": "s-file", "active": "on"})
    assert partners.suppliers_by_code(codes=["s-file"])["s-file"].contact == "Ask for Quillfeather"
    with_contact = b"".join(client.get("/master/suppliers?format=csv").streaming_content).decode()
    without = b"".join(browse("clerk").get("/master/suppliers?format=csv").streaming_content).decode()
    assert "Quillfeather" in with_contact
    assert "Quillfeather" not in without


def test_a_list_searches_filters_sorts_and_goes_on(browse, ctx):
    record_items(ctx(), items=[NewItem(f"PAGE-{n:03}", f"Thing {199 - n}", family="paged") for n in range(60)])
    client = browse("administrator")
    first = client.get("/master/items?family=paged&sort=name").content.decode()
    assert "PAGE-059" in first
    assert "PAGE-000" not in first
    link = re.search(r'href="(\?[^"]*place=[^"]*)"', first)[1].replace("&amp;", "&")
    assert "PAGE-000" in client.get(f"/master/items{link}").content.decode()
    assert "Nothing matches" in client.get("/master/items?q=nothing-like-it").content.decode()


def test_changes_are_searched_and_written_to_a_file(browse, ctx):
    record_items(ctx(), items=[NewItem("CH-1", "Lamp"), NewItem("CH-2", "Lamp")])
    change_items(ctx(), items=[ChangeItem("CH-1", name="=HYPERLINK()")])
    client = browse("administrator")
    found = words(client.get("/master/changes?q=ch-1&kind=item"))
    assert "CH-1" in found
    assert "CH-2" not in found
    lines = b"".join(client.get("/master/changes?q=ch-1&format=csv").streaming_content).decode().splitlines()
    assert lines[0].startswith("When,Kind,Record,What,From,To,By")
    assert ",'=HYPERLINK()," in lines[1]


def test_a_user_gets_roles_and_a_home_node_on_one_page(browse, company):
    client = browse("administrator")
    client.post("/users/new", {"name": "New", "email": "homed@demo.example", "time_zone": "UTC"})
    form = {"name": "Newer", "roles": ["clerk"], "time_zone": "UTC", "home_node": company.node(), "version": "1"}
    assert client.post("/users/homed@demo.example", form).status_code == 302
    page = words(client.get("/users/homed@demo.example"))
    assert "Newer" in page
    assert company.node() in page
    assert "Roles nothing clerk" in page
    stale = client.post("/users/homed@demo.example", {**form, "roles": ["clerk", "inspector"], "version": "1"})
    assert stale.status_code == 422


def test_the_matrix_of_roles_says_what_each_may_do(browse):
    page = words(browse("administrator").get("/users/roles"))
    assert "Receive parcels and units" in page
    assert "Returns clerk" in page
    assert browse("clerk").get("/users/roles").status_code == 403


@pytest.mark.parametrize("name", KINDS)
def test_pages_of_a_kind_take_few_statements(browse, ctx, company, django_statements, name):
    client, kind = browse("administrator"), KINDS[name]
    record_items(ctx(), items=[NewItem("FEW-1", "Lamp")])
    rows = kind.find(search="", chosen={}, sort="", after="", limit=1)
    pages = [kind.url(), *([kind.url("one", kind.code_of(rows[0]))] if rows else []), kind.url("import")]
    for address in pages:
        with django_statements() as seen:
            assert client.get(address).status_code == 200, address
        assert len(seen) <= 15, (address, len(seen))


def test_no_heading_means_two_fields():
    for kind in KINDS.values():
        heard = {}
        for f in kind.fields:
            for heading in f.headings:
                assert heard.setdefault(heading, f.name) == f.name, (kind.name, heading)

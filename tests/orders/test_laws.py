"""The laws of orders hold on a real month, and each finds a change made behind the system's back."""

import pytest

from counterflow.kernel import db
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.orders.laws import LAWS

pytestmark = pytest.mark.usefixtures("database_copy")
TAMPER = {
    "orders.children_have_parents": "UPDATE orders_shipmentline SET item_id = item_id + 1 WHERE id = %s",
    "orders.shipped_is_ordered": "UPDATE orders_shipmentline SET invoiced_minor = invoiced_minor + 1 WHERE id = %s",
    "orders.issues_are_posted": "UPDATE orders_shipmentline SET issued_entry_id = 1 WHERE id = %s",
    "orders.tenders_fit_orders": (
        "INSERT INTO orders_tender (id, order_id, seq, kind, currency, captured_minor)"
        " SELECT %s, o.id, 1, 'card', 'XTS', 1 FROM orders_order o LIMIT 1"
    ),
    "orders.history_is_matched": "UPDATE orders_shipmentline SET history_qty = history_qty - 1 WHERE id = %s",
    "orders.matches_are_possible": (
        "UPDATE orders_importedreturnmatch SET quantity = quantity + 99 WHERE shipment_line_id = %s"
    ),
    "orders.imports_are_there": (
        "DELETE FROM orders_orderline WHERE id = (SELECT order_line_id FROM orders_shipmentline WHERE id = %s)"
    ),
    "orders.serials_fit_their_line": "UPDATE orders_soldserial SET item_id = item_id + 1 WHERE id <> %s",
    "orders.links_are_of_people_known": "UPDATE orders_contact SET email = NULL WHERE id <> %s",
}


def broken() -> set[str]:
    return {law.name for law in LAWS if db.rows(law.sql.replace("%", "%%"))}


def test_every_law_has_its_tampering():
    assert set(TAMPER) == {law.name for law in LAWS}


def test_laws_hold_and_find_tampering(ctx, imports, owner, data_dir):
    path = data_dir / "orders" / "online_retail" / "online_retail_2011-02.csv.gz"
    imports.run(path)
    imports.run(path)
    # Books of this layout tell no serial numbers, so one is sold by hand for the law about them.
    owner.execute(
        "INSERT INTO orders_soldserial (shipment_line_id, item_id, serial)"
        " SELECT id, item_id, 'SN-1' FROM orders_shipmentline ORDER BY id DESC LIMIT 1"
    )
    # Nor do they tell how anybody is reached.
    people = db.rows(
        "SELECT c.code, k.external_ref FROM orders_customer k JOIN orders_channel c ON c.id = k.channel_id LIMIT 2"
    )
    told = [RecordContact(k.code, k.external_ref, NewContact(email=f"{n}@demo.example")) for n, k in enumerate(people)]
    assert record_contacts(ctx(), items=told).done
    assert broken() == set()
    assert all(db.rows(law.counted)[0][0] > 0 for law in LAWS)
    some = db.rows("SELECT id FROM orders_shipmentline WHERE history_qty > 0 ORDER BY id LIMIT %s", [len(TAMPER)])
    found = set()
    for (name, sql), row in zip(TAMPER.items(), some, strict=True):
        owner.execute(sql, [row.id])
        found |= broken()
        assert name in found

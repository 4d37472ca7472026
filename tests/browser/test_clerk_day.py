"""A clerk's morning: twenty parcels of every kind, by scanner alone; not one click of a mouse."""

from io import BytesIO

import pytest
from PIL import Image

from counterflow.kernel import db
from dock import CARRIER, announce, authorise, breaches, line_of, tell
from people import PASSWORD, email

GTIN = "4006381333931"
SSCC = "340123450000000017"


@pytest.fixture(scope="module")
def morning(everything):
    """What stands at the dock: returns with parcels that the carrier delivered; a GTIN on the tee."""
    from counterflow.catalog.models import Item

    Item.objects.filter(id=everything.items["tee"]).update(gtin=GTIN.zfill(14))

    def parcel(name="tee", pieces=1, tracking=""):
        rma = authorise(everything, [(name, pieces)])
        found = announce(everything, rma, tracking=tracking)
        tell(everything, found, "accepted", "delivered")
        return rma, found

    return parcel


def units(rma):
    """How the units of a return were found, in the order they came."""
    sql = """SELECT u.found, u.state, u.quantity, u.serial, u.lot, u.damage_code FROM receiving_unit u
             JOIN returns_rmaline l ON l.id = u.rma_line_id JOIN returns_rma r ON r.id = l.rma_id
             WHERE r.number = %s ORDER BY u.id"""
    return db.rows(sql, [rma])


def photo():
    body = BytesIO()
    Image.new("RGB", (320, 240), "peru").save(body, "JPEG")
    return {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": body.getvalue()}


def test_twenty_mixed_parcels_by_scanner_alone(sit_down, morning, everything):
    desk = sit_down()
    page = desk.open("/receive")
    page.keyboard.type(email("clerk"))
    page.keyboard.press("Tab")
    desk.type(PASSWORD)
    page.wait_for_selector("button[name=node]")
    desk.press(f"button[name=node][value='{everything.node()}']")
    page.wait_for_selector("form[data-scan-box]")

    # One to six: what was expected, a piece or several, by the carrier's number or the return's.
    for pieces in (1, 1, 2, 1, 3):
        rma, tracking = morning(pieces=pieces)
        assert f"{rma}: {pieces} piece" in desk.scan(tracking)
        for _ in range(pieces):
            assert "Received: 1 × " in desk.scan(GTIN)
        assert "is unpacked" in desk.scan("f")
        assert [(u.found, u.quantity) for u in units(rma)] == [("expected", 1)] * pieces
    rma, tracking = morning(pieces=4)
    desk.scan(rma)
    assert "counts 4 pieces" in desk.scan("4")
    assert "Everything is here" in desk.scan(GTIN)
    assert "is unpacked" in desk.scan("f")
    assert [(u.found, u.quantity) for u in units(rma)] == [("expected", 4)]

    # Seven: short. Eight: one more than expected. Nine: another item than expected.
    rma, tracking = morning(pieces=2)
    desk.scan(tracking)
    desk.scan(GTIN)
    assert "1 piece is missing" in desk.scan("f")
    assert "is closed, 1 missing" in desk.scan("s")
    assert len(units(rma)) == 1
    rma, tracking = morning()
    desk.scan(tracking)
    desk.scan(GTIN)
    assert "O receives one more" in desk.scan(GTIN)
    assert "as more than expected" in desk.scan("o")
    desk.scan("f")
    rma, tracking = morning()
    desk.scan(tracking)
    assert "W receives it as a wrong item" in desk.scan(everything.sku("mug"))
    assert "as a wrong item" in desk.scan("w")
    desk.scan("s")
    assert line_of(rma).allocated_qty == 0

    # Ten: no return announced it.
    assert desk.scan("nobody-announced-this")
    assert "Without a return" in desk.scan("n")
    assert "without a return" in desk.scan(GTIN)

    # Eleven: an element string with serial and lot. Twelve: an item that is tracked piece by piece.
    rma, tracking = morning()
    desk.scan(tracking)
    assert "Received" in desk.scan(f"(01){GTIN.zfill(14)}(10)LOT-7(21)SER-7")
    desk.scan("f")
    assert [(u.serial, u.lot) for u in units(rma)] == [("SER-7", "LOT-7")]
    rma, tracking = morning("phone")
    desk.scan(tracking)
    assert "Scan the serial number" in desk.scan(everything.sku("phone"))
    assert "Received" in desk.scan("C02X7777")
    desk.scan("f")
    assert [u.serial for u in units(rma)] == ["C02X7777"]

    # Thirteen: a pallet label. Fourteen: an empty box. Fifteen: damaged on its way.
    rma, tracking = morning(tracking=SSCC)
    assert f"{rma}: 1 piece" in desk.scan(f"00{SSCC}")
    desk.scan(GTIN)
    assert "is unpacked" in desk.scan("f")
    rma, tracking = morning()
    desk.scan(tracking)
    assert "closed as an empty box" in desk.scan("e")
    assert units(rma) == []
    rma, tracking = morning()
    desk.scan(tracking)
    assert "damaged on its way" in desk.scan("d")
    assert "damaged on its way" in desk.scan(GTIN)
    desk.scan("f")
    assert [u.damage_code for u in units(rma)] == ["damaged_in_transit"]

    # Sixteen: a mistake, taken back and done again. Seventeen: the label once more. Eighteen: put aside, and taken up.
    rma, tracking = morning()
    desk.scan(tracking)
    desk.scan(GTIN)
    assert "is taken back" in desk.scan("z")
    desk.scan(GTIN)
    desk.scan("f")
    assert sorted(u.state for u in units(rma)) in (["received"], ["received", "reversed"])
    assert line_of(rma).allocated_qty == 1
    rma, tracking = morning(pieces=2)
    desk.scan(tracking)
    desk.scan(GTIN)
    assert desk.scan("p").startswith("Label ")
    label = page.locator("[data-label]").get_attribute("data-label")
    assert page.request.get(desk.site + label).body().startswith(b"%PDF")
    assert "Put aside" in desk.scan("x")
    assert f"{rma}: 1 piece" in desk.scan(tracking)
    desk.scan(GTIN)
    assert "is unpacked" in desk.scan("f")

    # Nineteen: closed too soon, opened again.
    rma, tracking = morning()
    desk.scan(tracking)
    desk.scan("e")
    assert "is open again" in desk.scan("z")
    desk.scan(GTIN)
    assert "is unpacked" in desk.scan("f")

    # Twenty: nobody can say what it is; it is parked with a photo.
    parked = desk.scan("u")
    assert parked.startswith("Parked as ")
    lpn = parked.removeprefix("Parked as ").split(".")[0]
    desk.type(lpn)
    page.wait_for_url(f"**/units/{lpn}")
    page.set_input_files("input[type=file]", photo())
    desk.press("form:has(input[type=file]) button[type=submit]")
    page.wait_for_selector("img[alt^='Photo 1']")
    assert breaches() == []
    kinds = {row.kind for row in db.rows("SELECT DISTINCT kind FROM workqueue_case")}
    assert {"short", "over", "wrong_item", "blind_return"} <= kinds
    assert db.rows("SELECT count(*) AS n FROM logistics_parcel WHERE carrier = %s AND state = 'emptied'", [CARRIER])[
        0
    ].n

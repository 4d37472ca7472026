"""A clerk's shift at the receive station, scan by scan: what each comes to, and what is in the books after it."""

import re

import pytest

from company import ASKED, make_company
from counterflow.catalog.models import Item
from counterflow.kernel import db
from counterflow.logistics.queries import parcel as parcel_of
from dock import CARRIER, announce, authorise, breaches, cases, line_of, milestones, tell

GTIN = "4006381333931"


@pytest.fixture(scope="module")
def company(people):
    """A company whose tee has a barcode."""
    from counterflow.kernel.context import Context

    found = make_company(lambda **more: Context.make("user:1", ["*"], ASKED, **more))
    Item.objects.filter(id=found.items["tee"]).update(gtin=GTIN.zfill(14))
    return found


class Clerk:
    """Somebody at the station: what was answered last, and the hidden fields that the next scan carries."""

    def __init__(self, client, company):
        self.client, self.html = client, ""
        client.post("/receive/node", {"node": company.node()})
        self.look(client.get("/receive"))

    def look(self, answer):
        self.answer = answer
        self.html = answer.content.decode()
        hidden = r'<input type="hidden" form="scan-box" name="([a-z]+)" value="([^"]*)" data-carried>'
        self.carried = dict(re.findall(hidden, self.html))
        return self

    def scan(self, text, **more):
        data = {**self.carried, "scan": text, **more}
        return self.look(self.client.post("/receive/scan", data, headers={"HX-Request": "true"}))

    @property
    def signal(self):
        found = re.search(r'data-signal="(\w+)" data-words="([^"]*)"', self.html)
        return (found[1], found[2].replace("&#x27;", "'")) if found else ("", "")

    @property
    def last(self):
        return self.carried["last"].partition(":")[2]


@pytest.fixture
def clerk(browse, company):
    return Clerk(browse("clerk"), company)


@pytest.fixture
def parcel(company):
    """A delivered parcel with two tees; its return and its tracking number."""
    rma = authorise(company, [("tee", 2)])
    tracking = announce(company, rma)
    tell(company, tracking, "delivered")
    return rma, tracking


def unit(lpn):
    return db.rows("SELECT * FROM receiving_unit WHERE lpn = %s", [lpn])[0]


def test_a_parcel_is_opened_received_and_closed_by_scans_alone(clerk, company, parcel):
    rma, tracking = parcel
    assert clerk.scan(tracking).signal == ("good", f"{rma}: 2 pieces expected. Scan each item.")
    assert "no longer wanted" in clerk.html.lower()
    assert clerk.scan(GTIN).signal[1].startswith(f"Received: 1 × {company.sku()}. Label LPN")
    assert clerk.signal[1].endswith("1 more expected.")
    assert clerk.scan(GTIN).signal[1].endswith("Everything is here: F finishes it.")
    assert clerk.scan("f").signal == ("good", f"{tracking} is unpacked. Scan the next parcel.")
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 2, "received": 2}
    assert parcel_of(carrier=CARRIER, tracking=tracking).state == "emptied"
    assert breaches() == []


def test_a_number_before_a_scan_is_its_quantity(clerk, parcel):
    clerk.scan(parcel[1])
    assert clerk.scan("2").signal == ("good", "The next scan counts 2 pieces")
    clerk.scan(GTIN)
    assert unit(clerk.last).quantity == 2
    assert clerk.carried["quantity"] == "1"


def test_lot_and_serial_of_an_element_string_go_along(clerk, company, parcel):
    clerk.scan(parcel[1])
    clerk.scan(f"]C101{GTIN.zfill(14)}10LOT-1\x1d21SER-1")
    assert (unit(clerk.last).lot, unit(clerk.last).serial) == ("LOT-1", "SER-1")


def test_an_item_tracked_piece_by_piece_asks_for_its_serial_number(clerk, company):
    rma = authorise(company, [("phone", 1)])
    clerk.scan(rma)
    assert clerk.scan(company.sku("phone")).signal == (
        "attention",
        "Scan the serial number of phone. It is tracked piece by piece.",
    )
    clerk.scan("C02X1234")
    assert unit(clerk.last).serial == "C02X1234"
    assert unit(clerk.last).found == "expected"


def test_too_many_is_received_only_when_somebody_says_so(clerk, company, parcel):
    rma, tracking = parcel
    clerk.scan(tracking)
    clerk.scan("2")
    clerk.scan(GTIN)
    before = clerk.last
    assert clerk.scan(GTIN).signal[1].startswith(f"All 2 of {company.sku()} are here. O receives")
    assert clerk.last == before
    assert clerk.scan("o").signal[0] == "attention"
    assert unit(clerk.last).found == "excess"
    assert milestones(rma)["received"] == 2


def test_a_wrong_item_is_received_only_when_somebody_says_so(clerk, company, parcel):
    clerk.scan(parcel[1])
    assert clerk.scan(company.sku("mug")).signal[1].startswith(f"{company.sku('mug')} is not on {parcel[0]}")
    assert clerk.last == ""
    clerk.scan("W")
    assert unit(clerk.last).found == "wrong_item"


def test_a_doubtful_item_is_dropped_by_the_next_scan(clerk, company, parcel):
    clerk.scan(parcel[1])
    clerk.scan(company.sku("mug"))
    clerk.scan(GTIN)
    assert unit(clerk.last).found == "expected"
    assert unit(clerk.last).item_id == company.items["tee"]
    clerk.scan("w")
    assert clerk.signal == ("attention", "The next item is a wrong one")


def test_a_short_parcel_is_closed_with_what_is_missing(clerk, company, parcel):
    rma, tracking = parcel
    clerk.scan(tracking)
    clerk.scan(GTIN)
    assert clerk.scan("f").signal == (
        "attention",
        "1 piece is missing. S closes the parcel as short. Scan what is still in it.",
    )
    assert clerk.scan("s").signal[1].startswith(f"{tracking} is closed, 1 missing")
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 1, "received": 1}
    assert "short" in cases(company)


def test_an_empty_box_is_closed_as_one(clerk, parcel):
    clerk.scan(parcel[1])
    assert clerk.scan("e").signal[1].startswith(f"{parcel[1]} is closed as an empty box")
    assert parcel_of(carrier=CARRIER, tracking=parcel[1]).state == "emptied"


def test_a_box_that_something_came_from_is_not_empty(clerk, parcel):
    clerk.scan(parcel[1])
    clerk.scan(GTIN)
    assert clerk.scan("e").signal[0] == "stop"
    assert "was not empty" in clerk.signal[1]


def test_damage_on_the_way_marks_the_next_piece_alone(clerk, parcel):
    clerk.scan(parcel[1])
    clerk.scan("d")
    clerk.scan(GTIN)
    assert unit(clerk.last).damage_code == "damaged_in_transit"
    clerk.scan(GTIN)
    assert unit(clerk.last).damage_code == ""


def test_without_a_return_goods_are_received_blind(clerk, company):
    assert clerk.scan(GTIN).signal[1].startswith("Scan the parcel or the return first")
    clerk.scan("n")
    assert unit(clerk.last).found == "blind"
    clerk.scan(company.sku("mug"))
    assert unit(clerk.last).found == "blind"


def test_a_parcel_that_nobody_announced_can_be_received_or_parked(clerk):
    assert clerk.scan("1Z5R89390357567127").signal == (
        "stop",
        "No parcel 1Z5R89390357567127 is announced. It reads as UPS 1Z. N receives what is in it without a return,"
        " U parks it.",
    )
    clerk.scan("u")
    found = unit(clerk.last)
    assert found.found == "unidentified"
    case = db.rows("SELECT facts FROM workqueue_case WHERE subject_id = %s", [found.id])[0]
    assert case.facts["tracking"] == "1Z5R89390357567127"


def test_an_item_without_a_barcode_is_found_by_its_name(clerk, company, parcel):
    clerk.scan(parcel[1])
    clerk.scan("b")
    assert clerk.scan("tee").signal == ("attention", "Which one is it? Type its number.")
    place = re.search(rf'value="{company.sku()}"><kbd>(\d)</kbd>', clerk.html)[1]
    clerk.scan(place)
    assert unit(clerk.last).item_id == company.items["tee"]
    assert unit(clerk.last).found == "expected"


def test_the_last_receipt_is_undone_as_a_reversal(clerk, parcel):
    rma, tracking = parcel
    clerk.scan(tracking)
    clerk.scan(GTIN)
    lpn = clerk.last
    assert clerk.scan("z").signal == (
        "good",
        f"{lpn} is taken back. Take its label off: the plate is not used again.",
    )
    assert unit(lpn).state == "reversed"
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 2}
    assert clerk.scan("z").signal[1].startswith("There is nothing to undo here")
    assert breaches() == []


def test_a_closing_is_undone_and_the_parcel_goes_on(clerk, parcel):
    rma, tracking = parcel
    clerk.scan(tracking)
    clerk.scan(GTIN)
    clerk.scan("s")
    assert clerk.scan("z").signal == ("good", f"{tracking} is open again. Scan what is in it.")
    clerk.scan(GTIN)
    assert milestones(rma)["received"] == 2
    assert breaches() == []


def test_what_can_no_longer_be_undone_is_told(clerk, company, parcel):
    from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units

    clerk.scan(parcel[1])
    clerk.scan(GTIN)
    inspect_units(company.ctx(), items=[InspectUnit(clerk.last, "A")])
    clerk.scan("z")
    assert clerk.signal[0] == "stop"
    assert "can no longer be undone" in clerk.signal[1]


def test_the_same_scan_sent_twice_has_its_effect_once(clerk, company, parcel):
    clerk.scan(parcel[1])
    before = dict(clerk.carried)
    clerk.scan(GTIN, key="scan-1")
    clerk.carried = before
    clerk.scan(GTIN, key="scan-1")
    clerk.carried = before
    clerk.scan(GTIN, key="scan-2")
    assert line_of(parcel[0]).allocated_qty == 1


def test_a_plate_opens_its_unit(clerk, parcel):
    clerk.scan(parcel[1])
    clerk.scan(GTIN)
    lpn = clerk.last
    clerk.scan(lpn.lower())
    assert clerk.answer.status_code == 302
    assert clerk.answer["Location"] == f"/units/{lpn}"


def test_a_broken_code_says_what_is_wrong_with_it(clerk):
    assert clerk.scan("4006381333932").signal == (
        "stop",
        "Nothing here is called 4006381333932. GTIN-13 (EAN-13): check digit is 2, should be 1. "
        "Scan it again, or compare it digit by digit with the print.",
    )


def test_the_station_shows_the_shift_and_what_waits(clerk, parcel):
    page = clerk.client.get("/receive").content.decode()
    assert "Units today" in page
    assert page.count('href="/receive?parcel=') == 8
    clerk.scan(parcel[1])
    assert 'data-into=".station-shift"' in clerk.html


def test_a_bench_is_shown_again_by_its_address(clerk, parcel):
    clerk.scan(parcel[1])
    address = re.search(r'data-address="([^"]+)"', clerk.html)[1]
    assert parcel[0] in clerk.client.get(address).content.decode()


def test_without_the_script_a_scan_answers_with_the_whole_page(clerk, parcel):
    answer = clerk.client.post("/receive/scan", {**clerk.carried, "scan": ["", parcel[1]]})
    html = answer.content.decode()
    assert "<title>Receive" in html
    assert parcel[0] in html


def test_a_session_without_a_node_is_asked_for_one(browse, company):
    client = browse("clerk")
    assert "Where do you work?" in client.get("/receive").content.decode()
    assert client.post("/receive/scan", {"scan": "x"})["Location"] == "/receive"
    client.post("/receive/node", {"node": "nowhere"})
    assert "Where do you work?" in client.get("/receive").content.decode()


def test_who_may_not_receive_does_not_reach_the_station(browse):
    for role in ("agent", "finance", "executive"):
        assert browse(role).get("/receive").status_code == 403
        assert browse(role).post("/receive/scan", {"scan": "x"}).status_code == 403


def test_the_pages_and_the_scans_take_a_bounded_number_of_statements(clerk, company, parcel, django_statements):
    with django_statements() as seen:
        clerk.look(clerk.client.get("/receive"))
    assert len(seen) <= 12
    with django_statements() as seen:
        clerk.scan(parcel[1])
    assert len(seen) <= 12
    with django_statements() as seen:
        clerk.scan(GTIN)
    assert len(seen) <= 26


def test_each_string_that_is_refused_is_answered_with_its_reason_and_how_to_mend_it(clerk):
    for text, reason in (
        ("1Z5R89390357567128", "UPS 1Z: check digit is 8, should be 7. Scan it again"),
        ("(17)271301", "AI 17 has month 13. The date is printed wrong"),
        ("]C110ABCDEFGHIJKLMNOPQRSTUVWXYZ", "a separator may be missing. Let the scanner send FNC1"),
        ("1.06141E+17", "a spreadsheet rounded it: its last digits are lost. Make the column text"),
        ("40063813339314006381333931", "stands there twice: 4006381333931. Let the scanner send ENTER"),
        ("1Z5R8939035756", "has 18 characters, and this has 14. A part is missing"),
        ("hello world", "It follows no scheme we know. Compare it with the label"),
    ):
        tone, words = clerk.scan(text).signal
        assert tone == "stop"
        assert reason in words, words

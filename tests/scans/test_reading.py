"""What a scanned string is understood as, and the reason where it is not."""

from datetime import date

import pytest

from counterflow.scans.reading import proved, read

TODAY = date(2026, 11, 25)
GS = "\x1d"


def scan(text):
    return read(text, today=TODAY)


# (scanned, kind, normal form, carrier)
SOUND = [
    ("1Z5R89390357567127", "parcel", "1Z5R89390357567127", "UPS"),
    ("1z 5r8 939 03 5756 712 7", "parcel", "1Z5R89390357567127", "UPS"),
    ("0307 1790 0005 2348 3741", "parcel", "03071790000523483741", "USPS"),
    ("420 22153 9101026837331000039521", "parcel", "9101026837331000039521", "USPS"),
    ("4201002334249200190132607600833457", "parcel", "9200190132607600833457", "USPS"),
    ("9505 5110 6960 5048 6006 24", "parcel", "9505511069605048600624", "USPS"),
    ("92748931507708513018050063", "parcel", "92748931507708513018050063", "USPS"),
    ("7196 9010 7560 0307 7385", "parcel", "71969010756003077385", "USPS"),
    ("986578788855", "parcel", "986578788855", "FedEx"),
    ("0414 4176 0228 964", "parcel", "041441760228964", "FedEx"),
    ("61299998820821171811", "parcel", "61299998820821171811", "FedEx"),
    ("9611020987654312345672", "parcel", "987654312345672", "FedEx"),
    ("1001921334250001000300779017972697", "parcel", "779017972697", "FedEx"),
    ("9622001900000000000000776632517510", "parcel", "776632517510", "FedEx"),
    ("3318810025", "parcel", "3318810025", "DHL Express"),
    ("JVGL0999999990", "parcel", "JVGL0999999990", "DHL Express"),
    ("GM2951173225174494", "parcel", "GM2951173225174494", "DHL"),
    ("00 81827 0998 0000 0200 33 350 276 C", "parcel", "09980000020033", "DPD"),
    ("TBA502887274000", "parcel", "TBA502887274000", "Amazon"),
    ("RB123456785GB", "parcel", "RB123456785GB", "Royal Mail"),
    ("rb123456785us", "parcel", "RB123456785US", "USPS"),
    ("0073938000549297", "parcel", "0073938000549297", "Canada Post"),
    ("C11031500001879", "parcel", "C11031500001879", "OnTrac"),
    ("JD0002254405060992", "parcel", "0002254405060992", "Yodel"),
    ("00106141412345678908", "parcel", "106141412345678908", ""),
    ("106141412345678908", "parcel", "106141412345678908", ""),
    ("4006381333931", "item", "04006381333931", ""),
    ("036000291452", "item", "00036000291452", ""),
    ("96385074", "item", "00000096385074", ""),
    ("30885909173823", "item", "30885909173823", ""),
    ("04252614", "item", "00042100005264", ""),
    ("0-306-40615-2", "item", "09780306406157", ""),
    ("978-0-306-40615-7", "item", "09780306406157", ""),
    ("RMA-1048", "return", "RMA-1048", ""),
    ("rma 1048", "return", "RMA-1048", ""),
    ("S/N: C02X1234", "serial", "C02X1234", ""),
    ("IMEI: 490154203237518", "serial", "490154203237518", ""),
    ("(8003)09521234567899(21)5", "asset", "09521234567899", ""),
    ("(401)0952011234", "parcel", "0952011234", ""),
    ("(8018)123456789012345675", "reference", "123456789012345675", ""),
    ("(414)9520123456788", "place", "9520123456788", ""),
    ("[)>\x1e06\x1d1PABC-1\x1dSZ123\x1dQ2\x1e\x04", "item", "ABC-1", ""),
]


@pytest.mark.parametrize(("text", "kind", "value", "carrier"), SOUND, ids=[row[0][:24] for row in SOUND])
def test_a_sound_string_is_understood(text, kind, value, carrier):
    best = scan(text).best
    assert best is not None, scan(text).reason
    assert (best.kind, best.value, best.facts.carrier) == (kind, value, carrier)
    assert best.evidence


# (scanned, what the reason says)
BROKEN = [
    ("4006381333932", "check digit is 2, should be 1"),
    ("96385075", "check digit is 5, should be 4"),
    ("106141412345678907", "SSCC: check digit is 7, should be 8"),
    ("1Z5R89390357567128", "UPS 1Z: check digit is 8, should be 7"),
    ("RB123456786US", "UPU S10: check digit is 6, should be 5"),
    ("RB123456785XX", "XX is no country"),
    ("9400111202555842332660", "check digit is 0, should be 9"),
    ("C11031500001889", "OnTrac: check digit is 9, should be 7"),
    ("LPN10489", "licence plate: check digit is 9, should be 5"),
    ("(01)09501101530004", "AI 01 has check digit 4, should be 3"),
    ("]C117251301", "AI 17 has month 13"),
    ("]C117250230", "AI 17 has day 30 in a month of 28 days"),
    ("(17)250100(17)250101", "AI 17 stands there twice"),
    ("(01)09501101530003(02)09501101530003", "AI 01 and AI 02 do not stand together"),
    ("(1A)123", "it does not begin with an application identifier in brackets"),
    ("(88)123", "(88) is no application identifier"),
    (f"]C110{'A' * 21}", "takes 20 characters at most, and this has 21; a separator may be missing"),
    ("]C10109501101530", "needs 14 characters, and this has 11"),
    ("]d2", "there is no element"),
    ("]E0abc", "holds 13 digits"),
    ("IMEI 490154203237519", "IMEI: check digit is 9, should be 8"),
    ("https://id.gs1.org/01/09520123456789", "AI 01 has check digit 9, should be 8"),
    ("https://id.gs1.org/01/09520123456788/21/A/10/B", "which GS1 Digital Link does not allow"),
    ("hello world", "it follows no scheme we know"),
    ("", "it is empty"),
]


@pytest.mark.parametrize(("text", "reason"), BROKEN, ids=[row[0][:24] or "nothing" for row in BROKEN])
def test_a_broken_string_is_refused_with_its_reason(text, reason):
    found = scan(text)
    if text.startswith("https"):
        assert not any(reading.kind == "item" for reading in proved(found))
        assert any(reason in objection.reason for objection in found.objections)
    else:
        assert not found.understood, found.readings
        assert reason in found.reason


def test_serial_lot_expiry_and_count_come_along():
    facts = scan(f"]C1010950110153000317270131{GS}21SER-1{GS}10LOT-7{GS}305").best.facts
    assert facts.gtin == "09501101530003"
    assert (facts.serial, facts.lot, facts.expiry, facts.quantity) == ("SER-1", "LOT-7", "2027-01-31", 5)


def test_the_same_elements_are_understood_in_every_spelling():
    spellings = [
        f"]C1010950110153000310ABC{GS}17270131",
        f"]d2010950110153000310ABC{GS}17270131",
        f"]Q3010950110153000310ABC{GS}17270131",
        f"{GS}010950110153000310ABC{GS}17270131",
        "010950110153000310ABC<GS>17270131",
        "010950110153000310ABC\u241d17270131",
        "^010950110153000310ABC^17270131",
        "(01)09501101530003(10)ABC(17)270131",
        "(01) 09501101530003 (10) ABC (17) 270131",
        "(01) 0 9501101 53000 3 (10)ABC (17)27 01 31",
        "https://shop.demo.example/gtin/09501101530003/lot/ABC?exp=270131",
        "https://id.gs1.org/01/09501101530003/10/ABC?17=270131",
        "HTTPS://shop.demo.example/some/where/01/9501101530003/10/ABC?17=270131&utm=x",
    ]
    for text in spellings:
        facts = scan(text).best.facts
        assert (facts.gtin, facts.lot, facts.expiry) == ("09501101530003", "ABC", "2027-01-31"), text


def test_a_pallet_label_tells_what_it_holds():
    best = scan("(00)106141412345678908(02)09501101530003(37)24").best
    assert (best.kind, best.value) == ("parcel", "106141412345678908")
    assert (best.facts.gtin, best.facts.quantity) == ("09501101530003", 24)


def test_weights_and_prices_of_variable_items_have_their_point():
    measures = scan("(01)99501101530006(3103)001750(3922)1299").best.facts.measures
    assert measures == {"net weight": "1.750 kg", "price": "12.99"}


def test_a_missing_separator_gives_a_second_reading_and_no_guess():
    found = scan("]C1010950110153000310ABC12317270131")
    lots = [(reading.facts.lot, reading.facts.expiry) for reading in proved(found)]
    assert lots == [("ABC12317270131", ""), ("ABC123", "2027-01-31")]
    assert found.ambiguous


def test_a_lot_that_is_too_long_is_refused_and_the_other_way_to_cut_it_offered():
    found = scan("]C1010950110153000310ABCDEFGHIJKLM1717270131")
    assert any("a separator may be missing" in objection.reason for objection in found.objections)
    assert (found.readings[0].facts.lot, found.readings[0].facts.expiry) == ("ABCDEFGHIJKLM17", "2027-01-31")


def test_a_day_of_zero_is_the_last_of_its_month_and_says_so():
    best = scan("(01)09501101530003(17)270200").best
    assert best.facts.expiry == "2027-02-28"
    assert any("the whole month" in note for note in best.evidence)


@pytest.mark.parametrize(("yy", "year"), [("26", 2026), ("76", 2076), ("77", 1977), ("99", 1999), ("00", 2000)])
def test_two_digits_of_a_year_mean_the_nearest_year(yy, year):
    assert scan(f"(01)09501101530003(17){yy}0115").best.facts.expiry.startswith(str(year))


def test_one_number_that_two_schemes_accept_has_two_readings():
    found = scan("00340434161094042557")
    assert [(reading.scheme, reading.facts.carrier) for reading in proved(found)] == [
        ("SSCC", ""),
        ("DHL Paket shipment number", "DHL"),
    ]
    assert found.ambiguous


def test_an_imei_is_not_mistaken_for_certain():
    kinds = {reading.scheme: reading.score for reading in scan("490154203237518").readings}
    assert kinds["IMEI"] < 70


def test_an_add_on_beside_an_item_number_is_left_out():
    assert scan("]E3400638133393105").best.value == "04006381333931"
    assert scan("]E3400638133393152499").best.value == "04006381333931"


@pytest.mark.parametrize("noise", ["{}\r\n", "\t{}\t", "  {} ", "\ufeff{}", "{}\x00", "{}\x04", "*{}*"])
def test_what_scanners_add_is_taken_away(noise):
    for text in ("RMA-1048", "4006381333931", "1Z5R89390357567127"):
        assert scan(noise.format(text)).best.value == scan(text).best.value


def test_a_caps_lock_does_no_harm_to_our_own_numbers():
    assert scan("lpn10485").best.value == scan("LPN10485").best.value == "LPN10485"
    assert scan("rma-77").best.value == "RMA-77"


def test_a_return_portal_address_gives_away_its_number():
    found = scan("https://returns.demo.example/label/RMA-12345?t=RB123456785GB")
    assert [(r.kind, r.value) for r in proved(found)][:2] == [("return", "RMA-12345"), ("parcel", "RB123456785GB")]


def test_an_address_without_a_number_is_a_link_and_nothing_more():
    assert scan("https://www.demo.example/help").best.kind == "link"


def test_any_other_text_is_left_for_the_books_to_look_up():
    found = scan("LPN-old-7")
    assert not found.understood
    assert [(reading.kind, reading.value) for reading in found.readings] == [("text", "LPN-old-7")]

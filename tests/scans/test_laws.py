"""What holds for any string: reading never raises, and what is printed comes back as it was."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from counterflow.scans import digits, own
from counterflow.scans.parts import SET_82
from counterflow.scans.reading import proved, read

TODAY = date(2026, 11, 25)
DIGITS = st.text("0123456789", min_size=1, max_size=40)
VALUE = st.text(sorted(SET_82 - set("()\\")), min_size=1, max_size=20)
FRAGMENT = st.sampled_from(
    [
        "(01)",
        "01",
        "10",
        "17",
        "21",
        "\x1d",
        "]C1",
        "]d2",
        "]E0",
        "https://a/01/",
        "1Z",
        "420",
        "RMA-",
        "LPN",
        "%",
        "00",
    ]
)
PIECES = st.lists(st.one_of(FRAGMENT, DIGITS, VALUE, st.text(max_size=6)), max_size=8).map("".join)


def body(length):
    return st.text("0123456789", min_size=length, max_size=length).filter(lambda text: text.strip("0"))


@given(st.one_of(st.text(max_size=300), PIECES))
@settings(max_examples=1_500, deadline=None)
def test_any_text_is_read_without_an_error(text):
    found = read(text, today=TODAY)
    assert found.understood or found.reason
    scores = [reading.score for reading in found.readings]
    assert scores == sorted(scores, reverse=True)


@given(body(13), VALUE, VALUE, st.dates(date(2000, 1, 1), date(2060, 12, 31)))
@settings(deadline=None)
def test_elements_come_back_as_they_were_printed(number, lot, serial, day):
    gtin = number + digits.gs1(number)
    raw = f"]d201{gtin}17{day:%y%m%d}10{lot}\x1d21{serial}"
    for text in (raw, f"(01){gtin}(17){day:%y%m%d}(10){lot}(21){serial}"):
        facts = read(text, today=TODAY).best.facts
        assert (facts.gtin, facts.expiry, facts.lot, facts.serial) == (gtin, day.isoformat(), lot, serial)


@given(body(17))
@settings(deadline=None)
def test_an_sscc_is_understood_and_no_other_last_digit_is(number):
    right = digits.gs1(number)
    assert any(r.scheme == "SSCC" and r.value == number + right for r in proved(read(number + right, today=TODAY)))
    for wrong in set("0123456789") - {right}:
        found = read(number + wrong, today=TODAY)
        assert not any(reading.scheme == "SSCC" for reading in found.readings)
        assert f"check digit is {wrong}, should be {right}" in next(o.reason for o in found.objections)


@given(body(12), st.integers(0, 12), st.sampled_from("0123456789"))
@settings(deadline=None)
def test_one_wrong_digit_never_passes_as_an_item(number, place, digit):
    gtin = number + digits.gs1(number)
    wrong = gtin[:place] + digit + gtin[place + 1 :]
    sound = [r for r in read(wrong, today=TODAY).readings if r.scheme.startswith(("GTIN-13", "ISBN", "ISSN"))]
    assert bool(sound) == (wrong == gtin)


@given(st.integers(10, 10**18))
@settings(deadline=None)
def test_a_plate_comes_back_and_a_wrong_digit_or_a_swap_is_found(number):
    plate = own.plate(number)
    assert read(plate, today=TODAY).best.value == plate
    for place in range(3, len(plate)):
        wrong = plate[:place] + str((int(plate[place]) + 1) % 10) + plate[place + 1 :]
        assert not any(reading.kind == "unit" for reading in read(wrong, today=TODAY).readings)


@given(body(8), st.sampled_from(["GB", "DE", "US"]))
@settings(deadline=None)
def test_a_postal_number_is_understood_with_the_right_check_digit_only(number, country):
    right = digits.upu_s10(number)
    for last in "0123456789":
        found = read(f"RR{number}{last}{country}", today=TODAY)
        assert found.understood == (last == right)

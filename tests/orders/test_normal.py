"""One form for each way to reach somebody, however it is written; two people keep two forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.orders import normal

TEXT = st.text(max_size=60)
ASCII = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
STREETS = st.from_regex(
    r"[A-Za-zÄÖÜäöüßéè]{2,12}(str\.|straße|strasse| Street| Ave| road)? [1-9][0-9]?[a-c]?", fullmatch=True
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada.Lovelace@Gmail.com", "adalovelace+shop@googlemail.com"),
        ("ada@demo.example", "  ADA@demo.example. "),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@me.com", "ada@icloud.com"),
        ("ada+one@demo.example", "ada+two@demo.example"),
    ],
)
def test_one_mailbox_has_one_form(one, other):
    assert normal.email(one) == normal.email(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada.l@demo.example", "adal@demo.example"), ("ada@demo.example", "ada@demo.test"), ("+a@x.test", "+b@x.test")],
)
def test_two_mailboxes_have_two(one, other):
    assert normal.email(one) != normal.email(other)


@pytest.mark.parametrize("written", ["020 7946 0000", "+44 (0)20 7946-0000", "0044 20 79460000", "+442079460000"])
def test_one_telephone_has_one_form(written):
    assert normal.phone(written, "GB") == "+442079460000"


def test_a_number_nobody_can_place_has_none():
    assert [normal.phone(*given) for given in (("020 7946 0000", ""), ("", "GB"), ("call me", "GB"), ("12", "GB"))] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "written",
    ["Haupt Straße 5 A", "5A Hauptstraße", "HAUPTSTRASSE 5a", "hauptstr.5a", "Hauptstrasse, Nr. 5a", "Haupt-Str 5a"],
)
def test_one_street_has_one_form(written):
    assert normal.words(written) == normal.words("Hauptstr. 5a")


def test_umlauts_and_their_spelling_are_one():
    assert normal.words("Müllerstraße 3") == normal.words("Muellerstr. 3") == normal.words("MULLERSTRASSE 3")


@pytest.mark.parametrize("other", ["Hauptstr. 5b", "Hauptstr. 6a", "Nebenstr. 5a", "Hauptstr. 5a, Apt 2"])
def test_two_doors_have_two(other):
    assert normal.words(other) != normal.words("Hauptstr. 5a")


def test_an_address_needs_a_street_and_a_place():
    whole = normal.address("10 Downing St.", "", "sw1a 2aa", "London", "GB")
    assert whole == normal.address("10, Downing Street", "", "SW1A2AA", "elsewhere", "gb")
    assert whole != normal.address("10 Downing Street", "", "SW1A 2AA", "London", "IE")
    assert normal.address("10 Downing Street", "", "", "London", "GB")
    assert normal.address("", "", "SW1A 2AA", "London", "GB") is None
    assert normal.address("10 Downing Street", "", "", "", "GB") is None


@given(ASCII, ASCII, st.sampled_from(["gmail.com", "demo.example", "googlemail.com"]))
def test_mailboxes_do_not_change_with_case_space_or_a_second_look(local, tag, domain):
    form = normal.email(f"{local}@{domain}")
    assert form == normal.email(f" {local.upper()}+{tag}@{domain.upper()} ")
    assert normal.email(form) == form


@given(TEXT)
def test_any_text_is_read_and_a_form_is_its_own_form(text):
    for form_of in (normal.email, normal.words, normal.postcode, lambda t: normal.phone(t, "DE")):
        form = form_of(text)
        assert form is None or form_of(form) == form


@given(STREETS, st.sampled_from([" ", "  ", ", ", "\t"]))
def test_streets_do_not_change_with_case_or_space(street, space):
    form = normal.words(street)
    assert (
        form == normal.words(street.upper()) == normal.words(street.replace(" ", space)) == normal.words(f" {street} ")
    )
    assert normal.words(" ".join(reversed(street.split(" ")))) == form


@given(st.integers(2_000_000_000, 2_099_999_999))
def test_numbers_do_not_change_with_spaces_or_prefix(number):
    national = f"0{number}"
    form = normal.phone(national, "GB")
    assert form == normal.phone(f"+44{number}") == normal.phone(f"0044 {number}", "DE")
    assert form is None or normal.phone(form, "FR") == form

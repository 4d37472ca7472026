import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.catalog.rules import GtinMalformed, gtin14, reason_key


@pytest.mark.parametrize(
    ("text", "key"),
    [("Thrown away.", "thrown away"), ("  wet  &  rotting", "wet rotting"), ("DAMAGED?", "damaged?"), ("", "")],
)
def test_a_reason_has_one_normal_form(text, key):
    assert reason_key(text) == key


@given(st.text())
def test_the_normal_form_is_stable(text):
    assert reason_key(reason_key(text)) == reason_key(text)


@pytest.mark.parametrize("text", ["4006381333931", "04006381333931", "96385074", "036000291452"])
def test_a_gtin_has_fourteen_digits(text):
    assert gtin14(text) == text.zfill(14)


@pytest.mark.parametrize("text", ["4006381333930", "123", "abcdefgh", "", "٤٠٠٦٣٨١٣٣٣٩٣١"])
def test_a_wrong_gtin_is_refused(text):
    with pytest.raises(GtinMalformed):
        gtin14(text)

"""Strings of others, collected from standards, makers' manuals, carriers' pages and libraries' tests, each with what a
person who knows the field makes of it and where it comes from (`strings.tsv`)."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from counterflow.scans.reading import proved, read

TODAY = date(2026, 11, 25)
TABLE = Path(__file__).with_name("strings.tsv")
_FACT = re.compile(r"(net weight|\w+)=(.*?)(?= (?:net weight|\w+)=|$)")


def rows():
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def given(text):
    """The string itself: control characters are written as escapes in the table."""
    return re.sub(r"\\(x[0-9a-f]{2}|[rnt])", lambda found: found[0].encode().decode("unicode_escape"), text)


def fits(reading, kind, value, facts):
    told = {**{name: str(what) for name, what in vars(reading.facts).items()}, **reading.facts.measures}
    return (reading.kind, reading.value) == (kind, value) and all(told[name] == want for name, want in facts)


ROWS = rows()


def test_the_table_is_large_and_names_its_sources():
    assert len(ROWS) > 240
    assert sum(row[1] == "refused" for row in ROWS) > 50
    assert all(row[4] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[f"line {n}" for n, _ in enumerate(ROWS, 2)])
def test_a_string_of_others_is_understood_or_refused_as_expected(row):
    text, expected, value, facts, _ = row
    found = read(given(text), today=TODAY)
    if expected == "refused":
        assert not found.understood, found.readings
        assert value in found.reason
        assert found.mend
        return
    wanted = _FACT.findall(facts.replace("among=1", "").strip())
    readings = proved(found) if "among=1" in facts else [found.best]
    assert any(each and fits(each, expected, value, wanted) for each in readings), (found.readings, found.reason)


def test_what_a_keyboard_changed_is_read_with_its_cause_and_less_sure_than_the_clean_scan():
    for changed, clean, cause in (
        ("1Y5R89390357567127", "1Z5R89390357567127", "German keyboard"),
        ("1Я5К89390357567127", "1Z5R89390357567127", "Russian keyboard"),
        ("]c1010950110153000310abc", "]C1010950110153000310ABC", "Caps Lock"),
    ):
        best, sound = read(changed, today=TODAY).best, read(clean, today=TODAY).best
        assert (best.value, best.facts) == (sound.value, sound.facts)
        assert best.score < sound.score
        assert any(cause in each for each in best.evidence)


def test_a_french_keyboard_gives_signs_for_digits_and_is_undone():
    best = read("RB&é\"'(-è_(GB", today=TODAY).best
    assert (best.value, best.facts.carrier) == ("RB123456785GB", "Royal Mail")


def test_a_sound_string_is_never_taken_for_what_a_keyboard_made_of_another():
    for text in ("4006381333931", "1Z5R89390357567127", "RMA-1048", "(01)09501101530003"):
        evidence = [words for each in read(text, today=TODAY).readings for words in each.evidence]
        assert not any("keyboard" in words or "Caps Lock" in words for words in evidence)


def test_a_number_with_dashes_is_not_taken_for_the_signs_of_a_french_keyboard():
    for text in ("LPN-1-2", "RMA_-2", "ABC-(1)"):
        assert not read(text, today=TODAY).understood


def test_a_usps_label_with_a_wrong_check_digit_is_no_postcode():
    found = read("]C142010023\x1d9200190132607600833458", today=TODAY)
    assert not found.understood
    assert "USPS package number with ZIP: check digit is 8, should be 7" in found.reason

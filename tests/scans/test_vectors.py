"""Strings of others: the vectors of the GS1 Syntax Engine, texts of photographed barcodes, biip and stdnum as second
opinions."""

import json
from datetime import date

import pytest

from counterflow.scans import elements
from counterflow.scans.digits import gs1, luhn
from counterflow.scans.identifiers import identifiers
from counterflow.scans.parts import Broken
from counterflow.scans.reading import proved, read

TODAY = date(2026, 11, 25)
# Where we differ, knowingly: numbers without their leading zeros and unknown parameters of an address are read all
# the same, and an address of an unusual host is none of our business.
LENIENT = (
    "https://a/01/2112345678900",
    "https://a/01/416000336108",
    "https://a/8004/9520614141234567?01=",
    "https://example.com/01/09520123456788?99=XYZ&89=",
    "https://[fe80",
)


@pytest.fixture(scope="module")
def vectors(data_dir):
    return json.loads((data_dir / "barcodes" / "gs1-syntax-engine-vectors.json").read_text())["vectors"]


def parsed(parse, text):
    try:
        return "".join(each.code + each.value for each in parse(text, TODAY))
    except Broken:
        return None


def test_bracketed_strings_are_sound_or_broken_as_the_syntax_engine_says(vectors):
    rows = [row for row in vectors["parseAIdata"] if row[1] != "inbuf"]
    assert len(rows) > 15
    for sound, text, plain in rows:
        expected = plain.replace("^", "") if sound else None
        assert parsed(elements.bracketed, text) == expected, text


def test_plain_strings_are_sound_or_broken_as_the_syntax_engine_says(vectors):
    # Without a separator in front the engine refuses on principle; scanners leave the first one out.
    rows = [row for row in vectors["processAIdata"] if row[1] != "buf" and row[1] != "991234"]
    assert len(rows) > 40
    for sound, text in rows:
        assert (parsed(elements.plain, text.replace("^", "\x1d")) is not None) == sound, text


def test_addresses_are_sound_or_broken_as_the_syntax_engine_says(vectors):
    rows = [row for row in vectors["parseDLuri"] if len(row) == 3 and not row[1].startswith(LENIENT)]
    assert len(rows) > 45
    for sound, text, plain in rows:
        expected = plain.replace("^", "") if sound else None
        assert parsed(elements.link, text) == expected, text


def test_identifiers_have_the_lengths_and_separators_of_the_syntax_dictionary(data_dir):
    text = (data_dir / "barcodes" / "gs1-syntax-dictionary.txt").read_text()
    seen = 0
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        codes, *rest = line.partition("#")[0].split()
        fixed = rest[0].startswith("*") if not rest[0][0].isalpha() else False
        first, _, last = codes.partition("-")
        for number in range(int(first), int(last or first) + 1):
            code = str(number).zfill(len(first))
            assert identifiers()[code].separated != fixed, code
            seen += 1
    assert seen == len(identifiers())


def test_every_photographed_trade_item_is_understood(data_dir):
    texts = json.loads((data_dir / "barcodes" / "zxing-blackbox-texts.json").read_text())
    seen = 0
    for group, rows in texts.items():
        if not group.startswith(("ean", "upca", "upce")):
            continue
        for name, text in rows.items():
            if not name.endswith(".metadata"):
                found = [reading for reading in proved(read(text, today=TODAY)) if reading.kind == "item"]
                assert found, (group, name, text)
                seen += 1
    assert seen > 250


def test_every_photographed_element_string_is_understood_or_refused_with_a_reason(data_dir):
    texts = json.loads((data_dir / "barcodes" / "zxing-blackbox-texts.json").read_text())
    rows = [t for g, group in texts.items() if g.startswith("rss") for n, t in group.items() if "." not in n]
    assert len(rows) > 200
    outcomes = [read(text, today=TODAY) for text in rows]
    assert all(found.understood or found.objections for found in outcomes)
    assert sum(found.understood for found in outcomes) > len(rows) * 0.9


def test_biip_reads_the_same_values(data_dir):
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    compared = 0
    for text in (
        "010950110153000317270131\x1d21SER-1\x1d10LOT",
        "00106141412345678908",
        "0109501101530003310300175010A",
    ):
        try:
            theirs = GS1Message.parse(text)
        except ParseError:
            continue
        ours = elements.plain(text, TODAY)
        assert [(e.ai.ai, e.value) for e in theirs.element_strings] == [(e.code, e.value) for e in ours]
        compared += 1
    assert compared == 3


def test_check_digits_of_phones_and_items_agree_with_published_numbers(data_dir):
    folder = data_dir / "barcodes" / "python-stdnum"
    text = (folder / "test_imei.doctest").read_text() + (folder / "test_ean.doctest").read_text()
    phones = [w for w in text.split() if len(w) == 15 and w.isdigit()]
    items = [w for w in text.split() if len(w) == 13 and w.isdigit()]
    assert sum(luhn(number[:14]) == number[14] for number in phones) >= len(phones) * 0.8
    assert sum(gs1(number[:12]) == number[12] for number in items) >= len(items) * 0.8

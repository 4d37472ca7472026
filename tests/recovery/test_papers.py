"""Papers: a scanner reads the SSCC of a pallet and the code of a tote; a packing list names all that is in it."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counterflow.facilities.queries import ToteRow
from counterflow.recovery.papers import LINES_A_PAGE, packing_list, pallet_label, tote_label
from counterflow.recovery.queries import LoadFile, LoadLineRow, LoadRow

AT = datetime(2026, 11, 25, tzinfo=UTC)
SSCC = "376104250021234569"


@pytest.fixture(scope="module")
def reader():
    """What the tests of plates draw and decode labels with."""
    spec = importlib.util.spec_from_file_location(
        "labels_read", Path(__file__).parents[1] / "receiving" / "test_labels.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pallet(lines=2):
    """A pallet with so many lines."""
    told = {
        "id": 1,
        "kind": "pallet",
        "number": "PAL-1",
        "state": "open",
        "node": "dc-1",
        "entity": "UK",
        "supplier": "mill-one",
        "supplier_name": "Mill One",
        "sscc": SSCC,
        "opened_at": AT,
        "lines": lines,
        "pieces": lines,
        "value_minor": 0,
        "simulated": True,
        "actions": [],
    }
    texts = dict.fromkeys(("request_ref", "currency", "buyer", "carrier", "tracking"), "")
    unknown = dict.fromkeys(("proceeds_minor", "sold_at", "shipped_at", "ship_entry_id"))
    return LoadRow(**told, **texts, **unknown)


def test_a_scanner_reads_the_sscc_of_a_pallet(reader, tmp_path):
    picture = reader.drawn(pallet_label(pallet(), compress=False), (105, 148))
    (found,) = reader.decoded(tmp_path, [picture])
    assert SSCC in str(found)


def test_a_scanner_reads_the_code_of_a_tote(reader, tmp_path):
    tote = ToteRow(1, "dc-north-REST-1", "dc-north", "restock", 24, True)
    picture = reader.drawn(tote_label(tote, compress=False), (100, 50))
    (found,) = reader.decoded(tmp_path, [picture])
    assert "dc-north-REST-1" in str(found)


def test_a_long_packing_list_takes_more_pages():
    lines = [
        LoadLineRow(
            n, f"LPN-{n}", "", "SKU", "A name that is longer than its column by far " * 3, "", 1, "D", "", 0, None, AT
        )
        for n in range(2 * LINES_A_PAGE + 1)
    ]
    document = packing_list(LoadFile(pallet(len(lines)), lines))
    assert document.count(b"/Type /Page\n") == 3
    assert packing_list(LoadFile(pallet(0), [])).startswith(b"%PDF")

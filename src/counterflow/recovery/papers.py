"""Papers of recovery as PDF: the label of a pallet, packing lists, labels of totes.

An SSCC is printed as GS1-128 with application identifier 00 (GS1 General Specifications, 5.4 and 6.6).
"""

from functools import partial
from typing import Any, Final

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from counterflow.facilities.queries import ToteRow
from counterflow.kernel.paper import centred, printed, write
from counterflow.recovery.queries import LoadFile, LoadLineRow, LoadRow

FNC1: Final = "\xf1"
LINES_A_PAGE: Final = 34
LABEL: Final = (105 * mm, 148 * mm)
TOTE: Final = (100 * mm, 50 * mm)


def pallet_label(load: LoadRow, *, compress: bool = True) -> bytes:
    """A logistic label of 105 x 148 mm: from, to, content, and the SSCC as GS1-128."""
    return printed(LABEL, f"Pallet {load.number}", partial(_pallet, load), compress=compress)


def _pallet(load: LoadRow, canvas: Any) -> None:
    width, height = LABEL
    rows = (
        ("FROM", load.node, load.entity),
        ("TO", load.supplier_name or load.supplier, load.supplier),
        ("CONTENT", f"{load.lines} units, {load.pieces} pieces", f"Returns to vendor, {load.number}"),
    )
    for n, (head, first, second) in enumerate(rows):
        top = height - 8 * mm - n * 22 * mm
        write(canvas, 7 * mm, top - 3 * mm, head, size=7)
        write(canvas, 7 * mm, top - 10 * mm, first, size=15, bold=True, width=width - 14 * mm)
        write(canvas, 7 * mm, top - 16 * mm, second, width=width - 14 * mm)
        canvas.line(5 * mm, top - 19 * mm, width - 5 * mm, top - 19 * mm)
    if load.simulated:
        write(canvas, 74 * mm, height - 11 * mm, "Simulated", size=8, bold=True)
    write(canvas, 7 * mm, 66 * mm, "SSCC", size=7)
    write(canvas, 7 * mm, 58 * mm, load.sscc, size=17, bold=True)
    # A module of 0.495 mm is the least that GS1 asks of logistic labels; 10 modules stay quiet on each side.
    code = Code128(f"{FNC1}00{load.sscc}", barHeight=34 * mm, barWidth=0.495 * mm, quiet=False, humanReadable=False)
    code.drawOn(canvas, (width - code.width) / 2, 17 * mm)
    centred(canvas, width / 2, 10 * mm, f"(00) {load.sscc}", size=11, width=width)


def tote_label(tote: ToteRow, *, compress: bool = True) -> bytes:
    """A label of 100 x 50 mm: the code as Code 128, what the tote is for, and where it stands."""
    return printed(TOTE, f"Tote {tote.code}", partial(_tote, tote), compress=compress)


def _tote(tote: ToteRow, canvas: Any) -> None:
    width, height = TOTE
    plain = Code128(tote.code, barHeight=22 * mm, barWidth=1, quiet=False, humanReadable=False)
    module = min(0.5 * mm, (width - 8 * mm) / (plain.width + 20))
    code = Code128(tote.code, barHeight=22 * mm, barWidth=module, quiet=False, humanReadable=False)
    code.drawOn(canvas, (width - code.width) / 2, height - 26 * mm)
    write(canvas, 5 * mm, 13 * mm, tote.code, size=18, bold=True, width=width - 10 * mm)
    write(canvas, 5 * mm, 5 * mm, f"{tote.purpose.replace('_', ' ').capitalize()} · {tote.node}", size=11)


COLUMNS: Final = ((15, "Plate"), (62, "SKU"), (104, "Item"), (164, "Grade"), (180, "Pieces"))


def packing_list(file: LoadFile) -> bytes:
    """What is on a pallet or in a lot, on A4, with as many pages as it takes."""
    pages = [file.lines[n : n + LINES_A_PAGE] for n in range(0, len(file.lines), LINES_A_PAGE)] or [[]]
    feet = (f"Page {n} of {len(pages)}" for n in range(1, len(pages) + 1))
    draws = (partial(_page, file.load, lines, foot) for lines, foot in zip(pages, feet, strict=True))
    return printed(A4, f"Packing list {file.load.number}", *draws)


def _page(load: LoadRow, lines: list[LoadLineRow], foot: str, canvas: Any) -> None:
    height = A4[1]
    whom = f"Supplier {load.supplier_name or load.supplier}" if load.kind == "pallet" else f"Buyer {load.buyer}"
    write(canvas, 15 * mm, height - 20 * mm, f"Packing list {load.number}", size=16, bold=True)
    write(canvas, 15 * mm, height - 28 * mm, f"{whom} · from {load.node} · {load.lines} lines, {load.pieces} pieces")
    if load.sscc:
        write(canvas, 15 * mm, height - 34 * mm, f"SSCC {load.sscc}")
    if load.carrier or load.tracking:
        write(canvas, 110 * mm, height - 34 * mm, f"{load.carrier} {load.tracking}".strip())
    top = height - 44 * mm
    for x, head in COLUMNS:
        write(canvas, x * mm, top, head, size=8, bold=True)
    canvas.line(15 * mm, top - 2 * mm, 195 * mm, top - 2 * mm)
    for n, line in enumerate(lines):
        y = top - (8 + 6 * n) * mm
        texts = (line.lpn or "from the shelf", line.sku, line.item_name, line.grade, str(line.quantity))
        widths = [b - a for (a, _), (b, _) in zip(COLUMNS, [*COLUMNS[1:], (196, "")], strict=True)]
        for (x, _), text, width in zip(COLUMNS, texts, widths, strict=True):
            write(canvas, x * mm, y, text, size=8, width=(width - 2) * mm)
    write(canvas, 15 * mm, 12 * mm, foot, size=8)
    if load.simulated:
        write(canvas, 60 * mm, 12 * mm, "Simulated data", size=8, bold=True)

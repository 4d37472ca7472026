"""Labels of licence plates: as PDF for any printer, as ZPL II for label printers. Code 128 (ISO/IEC 15417)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm

from counterflow.kernel.errors import Invalid
from counterflow.kernel.paper import centred, printed, write
from counterflow.receiving.queries import UnitMissing, UnitRow, units_by_lpn

# Width and height in millimetres: the usual shipping-label roll, and the address roll of desk printers.
SIZES: Final = {"100x50": (100, 50), "62x29": (62, 29)}
DOTS_PER_MM: Final = 8
NARROWEST_MM: Final = 0.19
WIDEST_MM: Final = 0.5
QUIET_MODULES: Final = 10


class SizeUnknown(Invalid):
    """{size} is no size of a label; the sizes are: {sizes}."""


@dataclass(frozen=True)
class Label:
    """What stands on a label; a blank one has its plate alone."""

    lpn: str
    sku: str = ""
    name: str = ""
    rma: str = ""
    node: str = ""
    at: datetime | None = None
    note: str = ""

    @property
    def lines(self) -> list[str]:
        """The texts under the barcode, the most important first."""
        day = f"{self.at:%Y-%m-%d}" if self.at else ""
        where = "  ".join(filter(None, (self.rma, self.node, day)))
        return [text for text in (self.sku, self.name, where, self.note) if text]


def label_of(unit: UnitRow) -> Label:
    """The label of a unit."""
    note = "  ".join(filter(None, (f"{unit.quantity} pieces" if unit.quantity > 1 else "", unit.serial, unit.lot)))
    return Label(unit.lpn, unit.sku, unit.item_name, unit.rma or "", unit.node, unit.received_at, note)


@dataclass(frozen=True)
class PrintedLabel:
    """A unit's label for programs: as ZPL II, at 8 dots a millimetre."""

    lpn: str
    size: str
    zpl: str


def label(*, lpn: str, size: str = "100x50") -> PrintedLabel:
    """The label of one unit, to be sent to a label printer. Raises `UnitMissing`, `SizeUnknown`. One statement."""
    found = units_by_lpn(lpns=[lpn])
    if lpn not in found:
        raise UnitMissing(lpn=lpn[:80])
    return PrintedLabel(lpn, size, zpl([label_of(found[lpn])], size=size))


def _size(size: str) -> tuple[int, int]:
    if size not in SIZES:
        raise SizeUnknown(size=size[:20], sizes=", ".join(SIZES))
    return SIZES[size]


def pdf(labels: Sequence[Label], *, size: str = "100x50", compress: bool = True) -> bytes:
    """Labels as a PDF, a page each. Raises `SizeUnknown`."""
    width, height = (side * mm for side in _size(size))
    pages = (partial(_draw, each, width, height) for each in labels)
    return printed((width, height), "Licence plates", *pages, compress=compress)


def _draw(each: Label, width: float, height: float, canvas: Any) -> None:
    """One label: the barcode over the whole width, the plate below it, then what one wants to read."""
    small = height < 40 * mm
    margin, big, text = (2 * mm, 9, 6.5) if small else (4 * mm, 15, 10)
    bars = height * (0.42 if each.lines else 0.6)
    top = height - margin
    symbol = Code128(each.lpn, barHeight=bars, barWidth=1, quiet=False, humanReadable=False)
    module = min(WIDEST_MM * mm, (width - 2 * margin) / (symbol.width + 2 * QUIET_MODULES))
    if module >= NARROWEST_MM * mm:
        symbol = Code128(each.lpn, barHeight=bars, barWidth=module, quiet=False, humanReadable=False)
        symbol.drawOn(canvas, (width - symbol.width) / 2, top - bars)
    else:
        _draw_square(canvas, each.lpn, (width - bars) / 2, top - bars, bars)
    place = top - bars - big * 1.05
    centred(canvas, width / 2, place, each.lpn, size=big, bold=True, width=width - 2 * margin)
    for number, line in enumerate(each.lines):
        place -= text * 1.3
        if place < margin / 2:
            return
        write(canvas, margin, place, line, size=text, bold=number == 0, width=width - 2 * margin)


def _draw_square(canvas: Any, value: str, left: float, bottom: float, side: float) -> None:
    """A plate too long for bars that a scanner could tell apart, as a QR code."""
    square = QrCodeWidget(value, barWidth=side, barHeight=side, barBorder=1)
    drawing = Drawing(side, side)
    drawing.add(square)
    draw(drawing, canvas, left, bottom)


def zpl(labels: Sequence[Label], *, size: str = "100x50") -> str:
    """Labels as ZPL II in UTF-8, for printers of 203 dots an inch. Raises `SizeUnknown`."""
    width, height = (side * DOTS_PER_MM for side in _size(size))
    return "".join(_zpl(each, width, height) for each in labels)


def _zpl(each: Label, width: int, height: int) -> str:
    small = height < 40 * DOTS_PER_MM
    margin, big, text = (16, 34, 22) if small else (32, 60, 32)
    bars = int(height * (0.38 if each.lines else 0.55))
    modules = Code128(each.lpn, barWidth=1, quiet=False).width + 2 * QUIET_MODULES
    module = max(1, min(4, int((width - 2 * margin) / modules)))
    left = max(margin, (width - int(modules - 2 * QUIET_MODULES) * module) // 2)
    parts = [
        f"^XA^CI28^PW{width}^LL{height}^LH0,0",
        f"^BY{module}^FO{left},{margin}^BCN,{bars},N,N,N,A^FH_^FD{_escaped(each.lpn, bars=True)}^FS",
        f"^FO0,{margin + bars + 8}^A0N,{big},{big}^FB{width},1,0,C^FH_^FD{_escaped(each.lpn)}^FS",
    ]
    place = margin + bars + 8 + big + 6
    for line in each.lines:
        if place + text > height:
            break
        most = int((width - 2 * margin) / (text * 0.5))
        shown = line if len(line) <= most else f"{line[: most - 1]}…"
        parts.append(f"^FO{margin},{place}^A0N,{text},{text}^FH_^FD{_escaped(shown)}^FS")
        place += int(text * 1.25)
    return "".join(parts) + "^XZ\n"


def _escaped(text: str, *, bars: bool = False) -> str:
    """Text as field data: the signs that ZPL takes for commands as hexadecimal (`^FH_`), no control characters.

    In the data of a barcode `>` begins a code of its own and is written `>0`.
    """
    plain = "".join(char if char.isprintable() else " " for char in text)
    for sign in "_^~\\":
        plain = plain.replace(sign, f"_{ord(sign):02X}")
    return plain.replace(">", ">0") if bars else plain

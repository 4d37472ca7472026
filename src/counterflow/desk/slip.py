"""The return slip: a page the customer prints and puts into the parcel. It is no carrier's label and says so.

The number of the return stands on it as Code 128 (ISO/IEC 15417) and as a QR code (ISO/IEC 18004).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from counterflow.desk.routes import ROUTE, route
from counterflow.kernel import db
from counterflow.kernel.paper import printed, write
from counterflow.returns.rules import RmaNotFound

LINES_MAX: Final = 18


@dataclass(frozen=True)
class SlipLine:
    """Pieces that are to be sent."""

    sku: str
    name: str
    quantity: int
    reason: str


@dataclass(frozen=True)
class Slip:
    """What stands on a slip. The address is that of the node the goods go to; empty where none is known."""

    rma: str
    order: str
    channel: str
    node: str
    node_name: str
    address: str
    simulated: bool
    labelled: bool
    pays: str
    lines: tuple[SlipLine, ...]


_HEAD = f"""
SELECT r.id, r.number, coalesce(o.number, '') AS "order", c.name AS channel, r.simulated,
       EXISTS (SELECT FROM desk_label b JOIN kernel_payload k ON k.id = b.payload_id AND k.body IS NOT NULL
               WHERE b.rma_id = r.id AND b.sort <> 'zpl') AS labelled,
       n.code AS node, n.name AS node_name, n.address
FROM returns_rma r JOIN orders_channel c ON c.id = r.channel_id LEFT JOIN orders_order o ON o.id = r.order_id
{ROUTE}
WHERE r.number = %s
"""
_LINES = """
SELECT i.sku, i.name, l.authorised_qty AS quantity, coalesce(w.label, l.reason_code) AS reason
FROM returns_rmaline l JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN catalog_reasoncode w ON w.kind = 'return' AND w.code = l.reason_code
WHERE l.rma_id = %s AND NOT l.returnless AND l.authorised_qty > 0 ORDER BY l.line_no
"""


def slip(*, number: str) -> Slip:
    """The slip of a return: what the customer still has to send, and where to. Raises `RmaNotFound`.

    Where it goes and who pays is what the routing policy said when the return was opened; see `routes`.
    """
    heads = db.rows(_HEAD, [number])
    if not heads:
        raise RmaNotFound(rma=number[:80])
    head = heads[0]
    return Slip(
        head.number,
        head.order,
        head.channel,
        head.node or "",
        head.node_name or "",
        head.address or "",
        head.simulated,
        head.labelled,
        route(rma=head.number).customer_text,
        tuple(SlipLine(*row) for row in db.rows(_LINES, [head.id])),
    )


def slip_pdf(found: Slip) -> bytes:
    """A slip on A4."""
    return printed(A4, f"Return slip {found.rma}", partial(_draw, found))


def _draw(found: Slip, canvas: Any) -> None:
    top = A4[1] - 24 * mm
    _text(canvas, 20, top, f"Return slip {found.rma}", 18, bold=True)
    order = f"Order {found.order} · " if found.order else ""
    _text(canvas, 20, top - 8 * mm, f"{order}{found.channel}", 10)
    _codes(canvas, found.rma, top)
    top -= 42 * mm
    _text(canvas, 20, top, "Send it to", 8)
    place = [found.node_name or "Ask us where to send it", *found.address.replace(", ", "\n").splitlines()]
    for n, line in enumerate(place[:7]):
        _text(canvas, 20, top - (6 + 6 * n) * mm, line[:60], 12, bold=n == 0)
    top -= 56 * mm
    _lines(canvas, found, top)
    _instructions(canvas, found)
    if found.simulated:
        _text(canvas, 20, 10 * mm, "Simulated data", 8, bold=True)


def _codes(canvas: Any, number: str, top: float) -> None:
    code = Code128(number, barHeight=16 * mm, barWidth=0.4 * mm, quiet=True, humanReadable=False)
    code.drawOn(canvas, 16 * mm, top - 29 * mm)
    widget = QrCodeWidget(number, barLevel="M")
    left, low, right, high = widget.getBounds()
    side = 32 * mm
    drawing = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (high - low), 0, 0])
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, A4[0] - 20 * mm - side, top - 30 * mm)


def _lines(canvas: Any, found: Slip, top: float) -> None:
    for x, head in ((20, "Pieces"), (38, "Item"), (122, "SKU"), (160, "Why")):
        _text(canvas, x, top, head, 8, bold=True)
    canvas.line(20 * mm, top - 2 * mm, A4[0] - 20 * mm, top - 2 * mm)
    for n, line in enumerate(found.lines[:LINES_MAX]):
        y = top - (8 + 6 * n) * mm
        for x, value in ((20, str(line.quantity)), (38, line.name[:48]), (122, line.sku[:22]), (160, line.reason[:20])):
            _text(canvas, x, y, value, 9)
    more = len(found.lines) - LINES_MAX
    if more > 0 or not found.lines:
        y = top - (8 + 6 * min(len(found.lines), LINES_MAX)) * mm
        _text(canvas, 20, y, f"and {more} more lines" if more > 0 else "Nothing has to be sent.", 9)


def _instructions(canvas: Any, found: Slip) -> None:
    how = (
        "Stick the carrier's label that came with it on the outside"
        if found.labelled
        else "Send it with a tracking number"
    )
    for n, line in enumerate(
        (
            "1. Pack the goods well, with all that came with them.",
            "2. Put this slip into the parcel, so that we know whose it is.",
            f"3. {how} and keep the receipt.",
            found.pays,
            "This is a return slip. It is no label of a carrier and pays no carriage.",
        )
    ):
        _text(canvas, 20, (48 - 6 * n) * mm, line, 10 if n < 4 else 8, bold=n == 3)


def _text(canvas: Any, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
    write(canvas, x * mm, y, text, size=size, bold=bold)

"""Paper as PDF: the fonts, a canvas, texts that fit. What stands on a paper is its room's business."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

REGULAR: Final = "Counterflow"
BOLD: Final = "CounterflowBold"


@cache
def _fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont(REGULAR, str(folder / "Vera.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(folder / "VeraBd.ttf")))


def printed(size: tuple[float, float], title: str, *pages: Callable[[Any], None], compress: bool = True) -> bytes:
    """A file with a page for each function, which draws it on the canvas it is given."""
    _fonts()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1, pageCompression=int(compress))
    canvas.setTitle(title)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def write(canvas: Any, x: float, y: float, text: str, *, size: float = 9, bold: bool = False, width: float = 0) -> None:
    """Write a text from a point on; with a width, as much of it as fits."""
    font = BOLD if bold else REGULAR
    canvas.setFont(font, size)
    canvas.drawString(x, y, fitted(text, font, size, width) if width else shown(text, font))


def centred(canvas: Any, x: float, y: float, text: str, *, size: float, bold: bool = False, width: float) -> None:
    """Write a text about a point, as much of it as fits a width."""
    font = BOLD if bold else REGULAR
    canvas.setFont(font, size)
    canvas.drawCentredString(x, y, fitted(text, font, size, width))


def shown(text: str, font: str) -> str:
    """A text as the font can show it; signs that it lacks become question marks."""
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    return "".join(char if ord(char) in glyphs else "?" for char in text)


def fitted(text: str, font: str, size: float, width: float) -> str:
    """A text as the font can show it, cut to a width."""
    full = shown(text, font)
    if pdfmetrics.stringWidth(full, font, size) <= width:
        return full
    while full and pdfmetrics.stringWidth(f"{full}…", font, size) > width:
        full = full[:-1]
    return f"{full.rstrip()}…"

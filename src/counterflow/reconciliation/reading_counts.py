"""Read a counted sheet from a CSV file: SKU (or GTIN, or licence plate), quantity, perhaps state and when."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel.commands import ITEMS_MAX
from counterflow.kernel.errors import Invalid
from counterflow.reconciliation.reading import DELIMITERS, HEADERS, HeaderMissing, NotReadable, decoded, unpacked
from counterflow.reconciliation.rules import TooManyRows
from counterflow.reconciliation.words import state_of, word

CODES = HEADERS["sku"] | {"gtin", "ean", "upc", "barcode", "code", "lpn", "licence plate", "unit"}
QUANTITIES = HEADERS["quantity"] | {"counted"}
STATES = HEADERS["state"]
TIMES = frozenset({"counted at", "last counted", "when", "time"})


class RowUnclear(Invalid):
    """Line {line}: {reason}."""


@dataclass(frozen=True)
class SheetRow:
    """What a row says was counted."""

    line: int
    code: str
    quantity: int
    state: str
    counted_at: datetime | None


def parse_sheet(content: bytes, *, name: str) -> list[SheetRow]:
    """The rows that say how many were counted; rows without a quantity are not counted yet, and left out.

    Raises `NotReadable`, `HeaderMissing`, `TooManyRows`, `RowUnclear`.
    """
    text = decoded(unpacked(content, name), name)
    first = text.lstrip("\r\n").partition("\n")[0]
    if not first.strip():
        raise NotReadable(name=name, reason="it is empty")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count))
    try:
        table = [(lines.line_num, cells) for cells in lines if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise NotReadable(name=name, reason=f"line {lines.line_num}: {error}") from error
    header = [word(cell[:100]) for cell in table[0][1]]
    places = {
        kind: next((n for n, text in enumerate(header) if text in words), -1)
        for kind, words in (("sku", CODES), ("quantity", QUANTITIES), ("state", STATES), ("time", TIMES))
    }
    for kind in ("sku", "quantity"):
        if places[kind] < 0:
            raise HeaderMissing(name=name, missing=kind, found=", ".join(table[0][1][:10]))
    if len(table) > ITEMS_MAX:
        raise TooManyRows(count=len(table) - 1, most=ITEMS_MAX)
    rows = (_row(number, cells, places) for number, cells in table[1:])
    return [row for row in rows if row is not None]


def _row(number: int, cells: list[str], places: dict[str, int]) -> SheetRow | None:
    told = {kind: cells[n].strip() if 0 <= n < len(cells) else "" for kind, n in places.items()}
    if not told["quantity"]:
        return None
    if not told["quantity"].isdigit() or len(told["quantity"]) > 7:
        raise RowUnclear(line=number, reason=f"{told['quantity'][:20]!r} is not a whole number of pieces")
    state = state_of(told["state"]) if told["state"] else None
    if told["state"] and state is None:
        raise RowUnclear(line=number, reason=f"nobody has said what the state {told['state'][:40]!r} means")
    return SheetRow(number, told["sku"], int(told["quantity"]), str(state or ""), _instant(number, told["time"]))


def _instant(number: int, text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise RowUnclear(line=number, reason=f"{text[:40]!r} is no instant, such as 2026-03-31T18:00:00Z") from error
    if at.tzinfo is None:
        raise RowUnclear(line=number, reason=f"{text[:40]} has no zone, such as 2026-03-31T18:00:00Z")
    return at

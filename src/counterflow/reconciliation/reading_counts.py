"""Read a counted sheet from a CSV file: SKU (or GTIN, or licence plate), quantity, perhaps state and when."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from counterflow.kernel.commands import ITEMS_MAX
from counterflow.kernel.errors import Invalid
from counterflow.kernel.sheets import opened
from counterflow.reconciliation.reading import HEADERS, HeaderMissing, table
from counterflow.reconciliation.rules import TooManyRows
from counterflow.reconciliation.words import state_of, word
from counterflow.scans.digits import plain_digits

BYTES_MAX = 20 * 2**20
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
    lines = table(content, name)
    _, first = next(lines, (0, []))
    header = [word(cell[:100]) for cell in first]
    places = {
        kind: next((n for n, text in enumerate(header) if text in words), -1)
        for kind, words in (("sku", CODES), ("quantity", QUANTITIES), ("state", STATES), ("time", TIMES))
    }
    for kind in ("sku", "quantity"):
        if places[kind] < 0:
            raise HeaderMissing(name=name, missing=kind, found=", ".join(cell.strip()[:20] for cell in first[:10]))
    counted = list(islice(lines, ITEMS_MAX + 1))
    if len(counted) > ITEMS_MAX:
        raise TooManyRows(count=f"more than {ITEMS_MAX:,}", most=ITEMS_MAX)
    rows = (_row(number, cells, places) for number, cells in counted)
    return [row for row in rows if row is not None]


def _row(number: int, cells: list[str], places: dict[str, int]) -> SheetRow | None:
    told = {kind: opened(cells[n].strip()) if 0 <= n < len(cells) else "" for kind, n in places.items()}
    if not told["quantity"]:
        return None
    if not plain_digits(told["quantity"]) or len(told["quantity"]) > 7:
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

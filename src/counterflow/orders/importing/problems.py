"""What can be wrong with a file or a row of it, as data and as sentences.

A row's problem is a `Refusal` in the report and the file goes on; a file's problem is raised.
"""

from dataclasses import dataclass

from counterflow.kernel.errors import Invalid, NotFound

CLIP = 300
"""Characters of a refused row that the report shows."""


class FileMissing(NotFound):
    """There is no file {path}."""


class FileEmpty(Invalid):
    """{path} is empty: it has not even a header line."""


class FileUnreadable(Invalid):
    """{path} cannot be read as {kind}: {detail}."""


class FileInUtf16(Invalid):
    """{path} is written in UTF-16; save it as "CSV UTF-8" and import it again."""


class EncodingUnknown(Invalid):
    """{encoding} is not the name of a text encoding, such as utf-8 or cp1252."""


class ColumnsMissing(Invalid):
    """{path} lacks the columns {missing} of the layout "{layout}"; its first line has: {found}."""


class ColumnsRepeated(Invalid):
    """{path} has a column twice: {repeated}. Each column may appear once; remove or rename one."""


class SheetMissing(Invalid):
    """{path} has no sheet with the columns of an order book; its sheets are: {sheets}."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that was not imported: its line in the file, why, how to mend it, and its text (clipped).

    `is_row` is False for a notice about the file itself, which counts as no row.
    """

    line: int
    code: str
    message: str
    raw: str = ""
    is_row: bool = True


MENDS = {
    "row_too_long": "Shorten the row; a cell has at most 1,000 characters.",
    "cell_too_long": "Shorten the cell.",
    "encoding": "Save the file as UTF-8, or name its encoding with --encoding (for example cp1252).",
    "control_character": "Remove the character; it is probably damage.",
    "quote_open": 'Close the quotation mark, or double it ("") where it is meant as a character.',
    "columns_differ": "Give the row as many cells as the header has; quote cells that contain commas.",
    "file_cut": "The file ends early. Fetch it again and import it once more; what is known is skipped.",
    "number_missing": "Give the order or invoice number.",
    "sku_missing": "Give the stock code.",
    "quantity_malformed": "Give a whole number, without thousands separators.",
    "quantity_zero": "Give the number of pieces, or leave the row out.",
    "quantity_negative": "Only a cancellation (C-invoice) or a stock adjustment at price 0 may be below zero.",
    "quantity_absurd": "Check the number; more than 1,000,000 pieces on a line are taken for an error.",
    "cancellation_positive": "A cancellation takes back: give its quantity below zero.",
    "price_malformed": "Give a number with a point for decimals, without currency sign or thousands separators.",
    "price_too_precise": "Round to the currency's decimals, or sell by a larger unit.",
    "price_negative": "Only a service line may have a price below zero; book a discount or cancellation.",
    "price_absurd": "Check the price; more than 10,000,000.00 a piece is taken for an error.",
    "amount_malformed": "Give amounts as numbers from 0 up, with the currency's decimals.",
    "date_malformed": "Write the time as 2011-01-31 14:05:00, or with a zone as 2011-01-31T14:05:00Z.",
    "date_absurd": "Check the date; it lies before 1990 or in the future.",
    "currency_unknown": "Give a currency code of ISO 4217, such as GBP or EUR.",
    "kind_unknown": "Write product, service or shipping.",
    "line_no_malformed": "Give the line's number in its order: a whole number from 1 up.",
    "order_conflict": "All lines of an order have the same customer, country, currency and time; correct the row.",
    "line_conflict": "Give each line of an order its own number, or leave the row out.",
    "line_known_differently": "This line is in the books with other content; use another number for a new line.",
}


def mend(code: str) -> str:
    """How to mend a row refused with this code."""
    return MENDS[code]


def clip(text: str) -> str:
    """A text short enough for the report."""
    return text if len(text) <= CLIP else f"{text[:CLIP]}… ({len(text):,} characters)"

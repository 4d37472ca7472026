"""What to do with a string that was refused: a sentence by the rule that it breaks."""

import re
from typing import Final

# The first that fits the reason is said. Check digits come late: a wrong one is often the trace of another cause.
_MENDS: Final = (
    ("separator", "Let the scanner send FNC1 as group separator (U+001D), or scan the fields one by one."),
    (
        "stands there twice:|codes stand in one string",
        "Let the scanner send ENTER after each code, and scan it once more.",
    ),
    ("spreadsheet", "Make the column text before the export, or scan the label itself."),
    ("is none of ISO/IEC 15424", "Let the scanner send AIM symbology identifiers, or none."),
    ("month|day|time|hour|minute|second", "The date is printed wrong or was read wrong: compare it with the label."),
    ("no application identifier", "Scan it again; a label with other identifiers has to be asked of who printed it."),
    ("do not stand together|stands there twice", "The label contradicts itself: scan the item's own number instead."),
    ("check digit|check character", "Scan it again, or compare it digit by digit with the print."),
    (
        "characters|digits|ends in the middle|has no value",
        "A part is missing or too much: scan the whole symbol again.",
    ),
    ("no country", "Compare the last two letters with the label."),
    ("form \\d\\d", "Scan the number below the symbol or another symbol of the label."),
    ("it is empty", "Scan it again."),
)
_ELSE: Final = "Compare it with the label, or scan another code of it."


def advice(reason: str) -> str:
    """How to mend what a reason says; empty without a reason."""
    return next((words for sign, words in _MENDS if re.search(sign, reason)), _ELSE) if reason else ""

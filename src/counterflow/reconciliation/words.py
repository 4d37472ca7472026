"""How partners call the states of stock: a word a row, in the normal form of `word()`. Nothing is guessed.

Our own names of states mean themselves. A word that is not here is reported, and a row is added.
"""

import re
from typing import Final

from counterflow.ledger.chart import TRAITS, State

WORDS: Final[dict[str, State]] = {
    "available": State.AVAILABLE,
    "sellable": State.AVAILABLE,
    "saleable": State.AVAILABLE,
    "good": State.AVAILABLE,
    "ok": State.AVAILABLE,
    "in stock": State.AVAILABLE,
    "unrestricted": State.AVAILABLE,
    "fulfillable": State.AVAILABLE,
    "received": State.RECEIVED,
    "dock": State.RECEIVED,
    "inbound dock": State.RECEIVED,
    "returns": State.RECEIVED,
    "quarantine": State.QUARANTINE,
    "damaged": State.QUARANTINE,
    "defective": State.QUARANTINE,
    "blocked": State.QUARANTINE,
    "unsellable": State.QUARANTINE,
    "unfulfillable": State.QUARANTINE,
    "on hold": State.QUARANTINE,
    "hold": State.QUARANTINE,
    "inspection": State.INSPECTION,
    "quality inspection": State.INSPECTION,
    "qc": State.INSPECTION,
    "refurbishable": State.REFURBISHABLE,
    "repair": State.REFURBISHABLE,
    "rework": State.REFURBISHABLE,
    "in refurbishment": State.IN_REFURBISHMENT,
    "to supplier": State.TO_SUPPLIER,
    "rtv": State.TO_SUPPLIER,
    "return to vendor": State.TO_SUPPLIER,
    "secondary channel": State.SECONDARY,
    "liquidation": State.SECONDARY,
    "outlet": State.SECONDARY,
    "return to customer": State.TO_CUSTOMER,
}
ARRIVING: Final = frozenset({State.RECEIVED, State.QUARANTINE, State.INSPECTION})
ON_THE_WAY: Final = (State.IN_TRANSIT, State.TRANSFER)
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def word(text: str) -> str:
    """The normal form of a word: small letters, one blank between parts, no punctuation."""
    return " ".join(_NOT_WORD.sub(" ", text.lower()).split())


def state_of(text: str) -> State | None:
    """The state on hand that a partner's word means; None where nobody has said so."""
    return WORDS.get(word(text))


if wrong := {w for w, state in WORDS.items() if not TRAITS[state].on_hand or w != word(w)}:
    raise ValueError(f"words for states that hold no stock, or not in normal form: {sorted(wrong)}")
if missing := {s for s, trait in TRAITS.items() if trait.on_hand and WORDS.get(word(s)) is not s}:
    raise ValueError(f"our own names mean themselves, and these do not: {sorted(missing)}")

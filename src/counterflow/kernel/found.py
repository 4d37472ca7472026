"""What a search finds: one shape from every room, so that the console can rank and group it."""

from dataclasses import dataclass

_LAST = "\U0010ffff"
_ID_DIGITS_MAX = 18


@dataclass(frozen=True)
class Found:
    """Something whose name fits what was typed.

    `kind` is the sort of thing (rma, unit, order), `key` what its page is asked by, `name` and `note` what people
    read. `exact`: what was typed is its very name; otherwise its name begins so, or it belongs to what was named.
    """

    kind: str
    key: str
    name: str
    note: str = ""
    exact: bool = False


def id_of(text: str | None) -> int | None:
    """The id that a text spells: up to 18 digits of ASCII; nothing for every other text."""
    return int(text) if text and len(text) <= _ID_DIGITS_MAX and text.isascii() and text.isdigit() else None


def literal(text: str) -> str:
    """A text in which percent and underscore mean themselves, for patterns of LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def between(words: str) -> tuple[str, str]:
    """The first and the last name that begin with these words, by code point: what an index of patterns reads."""
    return words, f"{words}{_LAST}"


def unique(found: list[Found]) -> list[Found]:
    """Each thing once, exact finds first; otherwise in the order found."""
    kept: dict[tuple[str, str], Found] = {}
    for one in sorted(found, key=lambda one: not one.exact):
        kept.setdefault((one.kind, one.key), one)
    return list(kept.values())

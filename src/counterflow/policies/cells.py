"""Cells: what one condition of a decision table lets through.

A cell is text in zen's unary language, written for one fact: `<= 14`, `[15..30]`, `'vip', 'employee'`,
`not in ['b2b']`, `true`, `null`, or nothing, which lets everything through. Most cells are of these
plain forms; `read` turns them into sets, so that a table can be checked for types and for rows that
never fire. Any other expression is `Other`: the engine understands it, the checks of sets do not.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from counterflow.kernel.errors import InvariantBroken

Value: TypeAlias = str | int | bool | None


@dataclass(frozen=True)
class Anything:
    """Every value, and unknown."""


@dataclass(frozen=True)
class OneOf:
    """Exactly these values; None is unknown."""

    values: frozenset[Value]


@dataclass(frozen=True)
class NoneOf:
    """All but these values; unknown passes unless None is among them."""

    values: frozenset[Value]


@dataclass(frozen=True)
class Range:
    """Whole numbers from `least` to `most`, both included; None is open. Unknown does not pass."""

    least: int | None
    most: int | None


@dataclass(frozen=True)
class Other:
    """An expression that only the engine understands."""

    text: str


Cell: TypeAlias = Anything | OneOf | NoneOf | Range | Other

_LITERAL = r"(?:'[^']*'|\"[^\"]*\"|-?\d+|true|false|null)"
_LIST = rf"{_LITERAL}(?:\s*,\s*{_LITERAL})*"
_ONE_OF = re.compile(rf"(?:in\s*\[\s*({_LIST})\s*\]|==\s*({_LITERAL})|\[\s*({_LIST})\s*\]|({_LIST}))\Z")
_NONE_OF = re.compile(rf"(?:not\s+in\s*\[\s*({_LIST})\s*\]|!=\s*({_LITERAL}))\Z")
_INTERVAL = re.compile(r"([\[(])\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*([\])])\Z")
_COMPARISONS = re.compile(r"(<=|>=|<|>)\s*(-?\d+)(?:\s+and\s+(<=|>=|<|>)\s*(-?\d+))?\Z")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_NAME = re.compile(r"(?<![\w$.])[A-Za-z_]\w*")


def read(text: str) -> Cell:
    """The set of values a cell lets through, or `Other`."""
    text = text.strip()
    if not text:
        return Anything()
    if found := _ONE_OF.match(text):
        return OneOf(_values(next(group for group in found.groups() if group)))
    if found := _NONE_OF.match(text):
        return NoneOf(_values(next(group for group in found.groups() if group)))
    if found := _INTERVAL.match(text):
        opening, low, high, closing = found.groups()
        return Range(int(low) + (opening == "("), int(high) - (closing == ")"))
    if found := _COMPARISONS.match(text):
        first, number, second, other = found.groups()
        both = [_half(first, int(number)), _half(second, int(other)) if second else Range(None, None)]
        lows = [r.least for r in both if r.least is not None]
        highs = [r.most for r in both if r.most is not None]
        return Range(max(lows, default=None), min(highs, default=None))
    return Other(text)


def names(text: str) -> set[str]:
    """The names an expression uses, outside of its strings."""
    return set(_NAME.findall(_STRING.sub(" ", text)))


def lets(cell: Cell, value: Value) -> bool:
    """Whether a plain cell lets a value through, None being unknown; of an expression only the engine knows."""
    match cell:
        case Anything():
            return True
        case OneOf(values):
            return value in values
        case NoneOf(values):
            return value not in values
        case Range():
            return _inside(cell, value)
    raise InvariantBroken(f"{cell} is no plain cell")


def covers(wide: Cell, narrow: Cell) -> bool:
    """Whether everything `narrow` lets through passes `wide` too; no where that cannot be known."""
    match wide, narrow:
        case Anything(), _:
            return True
        case Other(text), Other(same):
            return text == same
        case OneOf(values), OneOf(fewer):
            return fewer <= values
        case NoneOf(values), OneOf(few):
            return not (few & values)
        case NoneOf(values), NoneOf(more):
            return values <= more
        case NoneOf(values), Range():
            return not any(_inside(narrow, value) for value in values)
        case Range(), OneOf(values):
            return all(_inside(wide, value) for value in values)
        case Range(low, high), Range(least, most):
            return (low is None or (least is not None and least >= low)) and (
                high is None or (most is not None and most <= high)
            )
    return False


def _inside(span: Range, value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return (span.least is None or value >= span.least) and (span.most is None or value <= span.most)


def _half(sign: str, number: int) -> Range:
    halves = {
        "<": Range(None, number - 1),
        "<=": Range(None, number),
        ">": Range(number + 1, None),
        ">=": Range(number, None),
    }
    return halves[sign]


def _values(text: str) -> frozenset[Value]:
    words: dict[str, Value] = {"true": True, "false": False, "null": None}
    return frozenset(
        words[part] if part in words else part[1:-1] if part[0] in "'\"" else int(part)
        for part in re.findall(_LITERAL, text)
    )

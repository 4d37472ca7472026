"""Bodies of API calls, made from what a command's item says it needs."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints


def plain(hint):
    """A type without its None."""
    if get_origin(hint) in (Union, UnionType):
        return next(arg for arg in get_args(hint) if arg is not type(None))
    return hint


def sample(hint):
    """Some value of a type, as JSON has it."""
    hint = plain(hint)
    if is_dataclass(hint):
        return whole(hint)
    if get_origin(hint) is tuple and ... not in get_args(hint):
        return [sample(arg) for arg in get_args(hint)]
    if get_args(hint) and get_origin(hint) is not Mapping:
        return [sample(get_args(hint)[0])]
    known = {
        int: 1,
        str: "x",
        bytes: "eA==",
        bool: True,
        Decimal: "1",
        datetime: "2026-06-01T00:00:00Z",
        date: "2026-06-01",
    }
    return known.get(hint, {})


def whole(item):
    """A body with just what an item needs."""
    hints = get_type_hints(item)
    needed = [f for f in fields(item) if f.default is MISSING and f.default_factory is MISSING]
    return {f.name: sample(hints[f.name]) for f in needed}

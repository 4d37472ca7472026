"""A command's item from JSON, strictly: nothing is guessed, and what is wrong is named by its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from counterflow.kernel.errors import Invalid

Item = TypeVar("Item")
TEXT_MAX = 2_000
# No NUL, which no column holds, and none of the marks that make text read as other than it is.
_HIDDEN = re.compile("[\\x00\u202a-\u202e\u2066-\u2069]")
WHOLE_MAX = 2**53 - 1
"""Where every reader of JSON still counts exactly."""
LIST_MAX = 1_000


class ItemUnreadable(Invalid):
    """The item cannot be read at {where}: {reason}."""


def read_item(item: type[Item], given: Any) -> Item:
    """An item of a command from plain JSON values. Raises `ItemUnreadable`."""
    return cast(Item, _record(item, given, "item"))


def _record(kind: type, given: Any, where: str) -> Any:
    if not isinstance(given, Mapping):
        raise ItemUnreadable(where=where, reason=f"an object of fields is needed, not {_shown(given)}")
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(str(name) for name in set(given) - set(known)):
        reason = f"there is no such field; the fields are {', '.join(known)}"
        raise ItemUnreadable(where=f"{where}.{unknown[0][:60]}", reason=reason)
    if missing := [name for name, field in known.items() if name not in given and not _has_default(field)]:
        raise ItemUnreadable(where=f"{where}.{missing[0]}", reason="it is missing")
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in given.items()})


def _has_default(field: "Field[Any]") -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _value(hint: Any, given: Any, where: str) -> Any:
    """One value of a type; a union takes the first of its types that can read it."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if given is None and NoneType in args:
            return None
        kinds = [arg for arg in args if arg is not NoneType]
        return _value(kinds[0], given, where)
    if origin in (list, tuple, Sequence):
        return _listed(args[0], given, where)
    if origin is Mapping or hint is Any:
        return given
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, given, where)
    read = _PLAIN.get(hint)
    if read is None:
        raise ItemUnreadable(where=where, reason="values of this kind cannot be asked for")
    return read(given, where)


def _listed(hint: Any, given: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(given, (list, tuple)) or len(given) > LIST_MAX:
        raise ItemUnreadable(where=where, reason=f"a list of at most {LIST_MAX} is needed, not {_shown(given)}")
    return tuple(_value(hint, value, f"{where}.{n}") for n, value in enumerate(given))


def _text(given: Any, where: str) -> str:
    if not isinstance(given, str) or len(given) > TEXT_MAX or _HIDDEN.search(given):
        raise ItemUnreadable(
            where=where, reason=f"text of at most {TEXT_MAX} characters is needed, not {_shown(given)}"
        )
    return given


def _whole(given: Any, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or abs(given) > WHOLE_MAX:
        raise ItemUnreadable(where=where, reason=f"a whole number is needed, not {_shown(given)}")
    return int(given)


def _flag(given: Any, where: str) -> bool:
    if not isinstance(given, bool):
        raise ItemUnreadable(where=where, reason=f"true or false is needed, not {_shown(given)}")
    return given


def _decimal(given: Any, where: str) -> Decimal:
    try:
        found = Decimal(given) if isinstance(given, (str, int)) and not isinstance(given, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or len(str(given)) > 40:
        raise ItemUnreadable(
            where=where, reason=f'a number written as text is needed, such as "1.25", not {_shown(given)}'
        )
    return found


def _instant(given: Any, where: str) -> datetime:
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1900 <= found.year < 3000:
        reason = f"an instant with its zone is needed, such as 2026-05-01T10:00:00Z, not {_shown(given)}"
        raise ItemUnreadable(where=where, reason=reason)
    return found.astimezone(UTC)


def _shown(given: Any) -> str:
    return repr(given)[:60]


_PLAIN = {str: _text, int: _whole, bool: _flag, Decimal: _decimal, datetime: _instant}

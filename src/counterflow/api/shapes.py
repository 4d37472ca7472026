"""Request bodies from command items: the dataclass a command takes is the shape its endpoint takes.

Unknown fields are refused, whole numbers must be whole numbers, and instants must carry a zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StrictInt,
    create_model,
)

TEXT_MAX = 2_000
# No NUL, which no column holds, and none of the marks that make text read as other than it is.
PLAIN = "^[^\\x00\\u202A-\\u202E\\u2066-\\u2069]*$"
# Pieces and line numbers are 32-bit columns; ids and amounts stay where JSON readers count exactly, and where
# thousands of them still add up in 64 bits.
SMALL_MAX, LARGE_MAX = 2**31 - 1, 2**53 - 1
_LARGE = ("_minor", "_id", "_ids", "total")
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


class Strict(Schema):
    """A body that takes exactly its fields."""

    model_config = ConfigDict(extra="forbid")


@cache
def body_of(item: type) -> type[BaseModel]:
    """The body model of a command's item dataclass, nested dataclasses included."""
    hints = get_type_hints(item)
    columns: dict[str, Any] = {}
    for field in fields(item):
        kind = kind_of(hints[field.name], field.name)
        if field.default is not MISSING:
            columns[field.name] = (kind, field.default)
        elif field.default_factory is not MISSING:
            columns[field.name] = (kind, Field(default_factory=field.default_factory))
        else:
            columns[field.name] = (kind, ...)
    model: type[BaseModel] = create_model(item.__name__, __base__=Strict, __doc__=item.__doc__, **columns)
    return model


def kind_of(hint: Any, name: str = "") -> Any:
    """A type of the domain as the type that checks it in a body; a number's range goes by its field's name."""
    if is_dataclass(hint) and isinstance(hint, type):
        return body_of(hint)
    if hint is int:
        most = LARGE_MAX if name.endswith(_LARGE) else SMALL_MAX
        return Annotated[StrictInt, Field(ge=-most, le=most)]
    if hint is str:
        return _TEXT
    if hint is bytes:
        return Base64Bytes
    if hint is datetime:
        return _INSTANT
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return Union[tuple(kind_of(arg, name) for arg in args)]  # noqa: UP007 - built at run time
    if origin is tuple and ... not in args:
        return tuple[tuple(kind_of(arg, name) for arg in args)]  # type: ignore[misc]
    if origin in (list, tuple, Sequence) and args:
        # A long list that is wrong is refused at its first fault: millions of faults fill the memory.
        return Annotated[list[kind_of(args[0], name)], FailFast()]  # type: ignore[misc]
    if origin is Mapping:
        return dict[kind_of(args[0]), kind_of(args[1])]  # type: ignore[misc]
    return hint


def _written(value: Any) -> Any:
    """Only text says what instant is meant: a number may count seconds or milliseconds."""
    if not isinstance(value, str):
        raise ValueError("an instant is text, such as 2026-05-01T10:00:00Z")
    return value


def _in_utc(at: datetime) -> datetime:
    """The same instant in UTC, where databases and calendars can follow."""
    if not EARLIEST <= at < LATEST:
        raise ValueError("an instant lies in the years 1900 to 2999")
    return at.astimezone(UTC)


_TEXT: Any = Annotated[str, Field(max_length=TEXT_MAX, pattern=PLAIN)]
_INSTANT: Any = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]


def item_of(item: type, body: BaseModel) -> Any:
    """The command's item that a checked body means."""
    hints = get_type_hints(item)
    return item(**{f.name: _value(hints[f.name], getattr(body, f.name)) for f in fields(item)})


def _value(hint: Any, value: Any) -> Any:
    if isinstance(value, BaseModel):
        inner = next(t for t in (hint, *get_args(hint)) if is_dataclass(t) and isinstance(t, type))
        return item_of(inner, value)
    if isinstance(value, list):
        nested = next((t for t in get_args(hint) if is_dataclass(t)), None)
        return tuple(_value(nested, v) if nested else v for v in value)
    return value

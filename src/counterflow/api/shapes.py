"""Request bodies from command items: the dataclass a command takes is the shape its endpoint takes.

Unknown fields are refused, whole numbers must be whole numbers, and instants must carry a zone.
"""

from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from ninja import Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, create_model

TEXT_MAX = 2_000
NO_NUL = r"^[^\x00]*$"


class Strict(Schema):
    """A body that takes exactly its fields."""

    model_config = ConfigDict(extra="forbid")


@cache
def body_of(item: type) -> type[BaseModel]:
    """The body model of a command's item dataclass, nested dataclasses included."""
    hints = get_type_hints(item)
    columns: dict[str, Any] = {}
    for field in fields(item):
        kind = _kind(hints[field.name])
        if field.default is not MISSING:
            columns[field.name] = (kind, field.default)
        elif field.default_factory is not MISSING:
            columns[field.name] = (kind, Field(default_factory=field.default_factory))
        else:
            columns[field.name] = (kind, ...)
    model: type[BaseModel] = create_model(item.__name__, __base__=Strict, __doc__=item.__doc__, **columns)
    return model


def _kind(hint: Any) -> Any:
    """A type of the domain as the type that checks it in a body."""
    if is_dataclass(hint) and isinstance(hint, type):
        return body_of(hint)
    if hint is int:
        return StrictInt
    if hint is str:
        return _TEXT
    if getattr(hint, "__name__", "") == "datetime":
        return AwareDatetime
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return Union[tuple(_kind(arg) for arg in args)]  # noqa: UP007 - built at run time
    if origin in (list, tuple, Sequence) and args:
        return list[_kind(args[0])]  # type: ignore[misc]
    return hint


_TEXT: Any = Annotated[str, Field(max_length=TEXT_MAX, pattern=NO_NUL)]


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

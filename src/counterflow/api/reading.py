"""GET endpoints from queries: the keyword arguments of a query are the parameters of its endpoint.

A list answers `{"items": [...], "next": cursor}`; pass `cursor` to go on, and stop where it is null.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field, create_model

from counterflow.api.callers import bearer_of, reading
from counterflow.api.endpoints import answer
from counterflow.api.problems import ProblemError
from counterflow.api.shapes import LARGE_MAX, Strict, kind_of

_QUERY: Any = Query(...)  # type: ignore[type-arg]
LIMIT_DEFAULT, LIMIT_MAX = 50, 200


@dataclass(frozen=True)
class Read:
    """A row of the table of questions: GET `path` asks `query`, for those who hold `needs`.

    `takes` names the query's arguments that callers may give. A list that goes on names in `cursor` the
    argument that continues it and the field of the last row that it takes. Where the answer depends on who asks,
    `actor` names the argument that is told who it is, and `may` the one that is told their permissions. A query that
    takes many arguments takes them as one: `of` is the dataclass whose fields callers may give, as `asked`.
    """

    path: str
    query: Callable[..., Any]
    needs: str
    tag: str
    takes: Sequence[str] = ()
    cursor: tuple[str, str] | None = None
    name: str = ""
    actor: str = ""
    may: str = ""
    of: type | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What callers may give, by name."""
        return (*self.takes, *(field.name for field in fields(self.of))) if self.of else tuple(self.takes)

    def by(self, request: HttpRequest) -> Callable[..., Any]:
        """The query, told who asks where it wants to know."""
        bearer = bearer_of(request)
        told: dict[str, Any] = {}
        if self.actor:
            told[self.actor] = bearer.actor
        if self.may:
            told[self.may] = bearer.permissions
        return partial(self.query, **told) if told else self.query


def add(router: Router, read: Read) -> None:
    """Register the endpoint of a question."""
    model = _parameters(read)
    summary = (read.query.__doc__ or "").strip().split("\n")[0]
    in_path = [part[1:-1].split(":")[-1] for part in read.path.split("/") if part.startswith("{")]

    def ask(request: HttpRequest, filters: Any = _QUERY) -> HttpResponse:
        reading(request, read.needs)
        refuse_unknown(request, model)
        given = {k: v for k, v in filters.model_dump().items() if v is not None and k not in ("cursor", "limit")}
        return answer(_asked(read, read.by(request), given, filters))

    def ask_plain(request: HttpRequest) -> HttpResponse:
        reading(request, read.needs)
        refuse_unknown(request, model)
        return answer(_asked(read, read.by(request), {}, None))

    def ask_one(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        reading(request, read.needs)
        return answer(read.by(request)(**kwargs))

    ask.__annotations__["filters"] = model
    name = read.name or read.query.__name__
    options: dict[str, Any] = {"tags": [read.tag], "summary": summary, "operation_id": name}
    if in_path:
        hints = get_type_hints(read.query)
        parameters = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest)]
        parameters += [
            inspect.Parameter(part, inspect.Parameter.KEYWORD_ONLY, annotation=_parameter(hints[part]))
            for part in in_path
        ]
        ask_one.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        router.get(read.path, **options)(ask_one)
    else:
        router.get(read.path, **options)(ask if model.model_fields else ask_plain)


def refuse_unknown(request: HttpRequest, model: type[BaseModel]) -> None:
    """A filter that does not exist would silently show everything. Raises `ProblemError`."""
    unknown = sorted(set(request.GET) - set(model.model_fields))
    if unknown:
        known = ", ".join(model.model_fields) or "none"
        detail = f"There is no parameter {unknown[0][:60]}; the parameters are: {known}."
        raise ProblemError(422, "parameter_unknown", detail, {"unknown": [name[:60] for name in unknown]})


def _asked(read: Read, query: Callable[..., Any], given: dict[str, Any], filters: Any) -> Any:
    if read.cursor is None:
        found = query(**_as_taken(read, given))
        return {"items": found, "next": None} if isinstance(found, list) else found
    argument, field = read.cursor
    limit = filters.limit
    if filters.cursor is not None:
        given[argument] = _goes_on(get_type_hints(read.query)[argument], filters.cursor)
    found = query(**_as_taken(read, given), limit=limit + 1)
    more = len(found) > limit
    page = found[:limit]
    return {"items": page, "next": str(getattr(page[-1], field)) if more else None}


def _as_taken(read: Read, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the query takes them: by themselves, or as one."""
    if read.of is None:
        return given
    names = {field.name for field in fields(read.of)}
    own = {name: value for name, value in given.items() if name not in names}
    return {**own, "asked": read.of(**{name: value for name, value in given.items() if name in names})}


def _goes_on(hint: Any, cursor: str) -> Any:
    """Where a list goes on; cursors are what `next` said before. Raises `ProblemError`."""
    if "int" not in str(hint):
        return cursor
    if not (cursor.isascii() and cursor.isdigit() and int(cursor[:20]) <= LARGE_MAX):
        raise ProblemError(422, "cursor_invalid", "A cursor is what `next` said on the page before, as it was said.")
    return int(cursor)


def _parameter(hint: Any) -> Any:
    """A query's argument as the type that checks it in an address: text becomes a number there, within 64 bits."""
    if hint is int:
        return Annotated[int, Field(ge=-LARGE_MAX, le=LARGE_MAX)]
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(_parameter(arg) for arg in get_args(hint))]  # noqa: UP007 - built at run time
    return kind_of(hint)


def _parameters(read: Read) -> type[BaseModel]:
    hints = get_type_hints(read.query)
    signature = inspect.signature(read.query)
    columns: dict[str, Any] = {}
    for name in read.takes:
        default = signature.parameters[name].default
        required = default is inspect.Parameter.empty
        kind = _parameter(hints[name])
        columns[name] = (kind, ...) if required else (kind | None, None)
    if read.of is not None:
        of = get_type_hints(read.of)
        columns |= {field.name: (_parameter(of[field.name]) | None, None) for field in fields(read.of)}
    if read.cursor is not None:
        columns["cursor"] = (kind_of(str) | None, None)
        columns["limit"] = (int, Field(LIMIT_DEFAULT, ge=1, le=LIMIT_MAX))
    model: type[BaseModel] = create_model(f"{read.name or read.query.__name__}_filters", __base__=Strict, **columns)
    return model

"""Two endpoints for each act: one item, and a batch of 1 to 10,000.

One item answers with its own status: 201 done, 200 done before, else a problem. A batch answers 200
with one result an item, in the order of the items.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, get_args, get_type_hints

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BeforeValidator, create_model

from counterflow.api.callers import writing
from counterflow.api.problems import of_refused
from counterflow.api.shapes import Strict, body_of, item_of
from counterflow.kernel.commands import ITEMS_MAX, Batch, Done, Refused
from counterflow.kernel.db import json_default
from counterflow.kernel.errors import BatchTooLarge


@dataclass(frozen=True)
class Act:
    """A row of the table of acts: POST `path` runs `command`, whose `items` say what the body is."""

    path: str
    command: Callable[..., Batch]
    tag: str

    @property
    def item(self) -> type:
        """The dataclass of one item."""
        found: type = get_args(get_type_hints(self.command)["items"])[0]
        return found

    @property
    def name(self) -> str:
        """The command's name, which is the operation's id."""
        return self.command.__name__


def add(router: Router, act: Act) -> None:
    """Register the two endpoints of an act."""
    body_type = body_of(act.item)
    batch_of = Annotated[list[body_type], BeforeValidator(_countable)]  # type: ignore[valid-type]
    bulk_type = create_model(f"{act.item.__name__}Batch", __base__=Strict, items=(batch_of, ...))
    summary = (act.command.__doc__ or "").strip().split("\n")[0]

    def one(request: HttpRequest, body: body_type) -> HttpResponse:  # type: ignore[valid-type]
        batch = act.command(writing(request), items=[item_of(act.item, body)])
        return _single(batch.results[0])

    def many(request: HttpRequest, body: bulk_type) -> HttpResponse:  # type: ignore[valid-type]
        items = [item_of(act.item, item) for item in body.items]  # type: ignore[attr-defined]
        return _bulk(act.command(writing(request), items=items))

    options: dict[str, Any] = {"tags": [act.tag], "summary": summary, "description": act.command.__doc__}
    router.post(act.path, operation_id=act.name, **options)(one)
    options["summary"] = f"{summary} (batch of 1 to 10,000)"
    router.post(f"{act.path}/bulk", operation_id=f"{act.name}_bulk", **options)(many)


def _countable(items: Any) -> Any:
    """A list that is too long is refused before any of its items is looked at. Raises `BatchTooLarge`."""
    if isinstance(items, list) and len(items) > ITEMS_MAX:
        raise BatchTooLarge(most=ITEMS_MAX, count=len(items))
    return items


def _single(result: Done | Refused) -> HttpResponse:
    if isinstance(result, Refused):
        return of_refused(result)
    body = {"identity": result.identity, "replayed": result.replayed, **result.facts}
    return answer(body, status=200 if result.replayed else 201)


def _bulk(batch: Batch) -> HttpResponse:
    results = [{"status": "done" if isinstance(r, Done) else "refused", **asdict(r)} for r in batch.results]
    return answer({"done": len(batch.done), "refused": len(batch.refused), "results": results})


def answer(body: Any, *, status: int = 200) -> HttpResponse:
    """A JSON response; keys are sorted, so the same answer has the same bytes whenever it is given."""
    text = orjson.dumps(body, default=json_default, option=orjson.OPT_SORT_KEYS)
    return HttpResponse(text, status=status, content_type="application/json")

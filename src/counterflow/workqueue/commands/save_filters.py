"""Keep questions about cases, for oneself or for a role, and let go of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, NotFound, Refusal
from counterflow.workqueue.commands.assign_cases import check_role
from counterflow.workqueue.queries_lists import asker_of
from counterflow.workqueue.questions import Asker, meant, question_of

NAME_MAX = 60
COLUMNS_MAX = 20
KEPT_MAX = 50
_COLUMN = re.compile(r"[a-z][a-z_]{0,29}")


class FilterMalformed(Invalid):
    """A filter has a name of 1 to {name_most} characters, and at most {columns_most} columns, each a code once."""


class RoleNotHeld(Refusal):
    """Only those who hold the role {role} keep filters for it; keep this one for yourself."""


class TooManyFilters(Refusal):
    """{owner} keeps {most} filters already; let go of one first."""


class FilterMissing(NotFound):
    """There is no filter {name!r} of {owner} to let go of."""


@dataclass(frozen=True)
class SaveFilter:
    """A question to keep under a name: for whoever calls, or with `role` for everybody who holds that role.

    `question` has the fields of `Question` that narrow something; `columns` are codes of the list's columns.
    """

    name: str
    question: Mapping[str, str | int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True)
class DropFilter:
    """A kept question to let go of, by its name; with `role` one of a role."""

    name: str
    role: str = ""


_SAVE = """
INSERT INTO workqueue_savedfilter (id, owner, name, question, columns, at, by, command_id)
SELECT v.id, v.owner, v.name, v.question::jsonb, ARRAY(SELECT jsonb_array_elements_text(v.columns::jsonb)), %s, %s, %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS v(id, owner, name, question, columns)
ORDER BY v.owner, v.name
ON CONFLICT (owner, name) DO UPDATE SET question = excluded.question, columns = excluded.columns, at = excluded.at,
    by = excluded.by, command_id = excluded.command_id
RETURNING id
"""
_KEPT = """
SELECT owner, name, question, columns FROM workqueue_savedfilter WHERE owner = ANY(%s::text[])
ORDER BY owner, name
"""
_DROP = """
DELETE FROM workqueue_savedfilter t USING unnest(%s::text[], %s::text[]) AS v(owner, name)
WHERE t.owner = v.owner AND t.name = v.name RETURNING t.id
"""


@command(needs="access.own")
def save_filters(ctx: Context, *, items: Sequence[SaveFilter]) -> Batch:
    """Keep each question; one of the same owner and name is replaced, and the same again is a replay.

    Refuses `FilterMalformed`, `QuestionUnreadable` and what a question cannot mean, `RoleUnknown`, `RoleNotHeld`,
    `TooManyFilters`. Three SQL statements, whatever the batch.
    """
    asker = asker_of(ctx.actor, at=ctx.at)
    kept = _kept(asker, [item.role for item in items])
    written: dict[tuple[str, str], tuple[dict[str, Any], list[str]]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            owner, name = _owner(ctx, asker, item.role), item.name.strip()
            content = _content(ctx, item, asker)
            key = (owner, name)
            replayed = kept.get(key) == content
            if key not in kept and sum(1 for held, _ in kept if held == owner) >= KEPT_MAX:
                raise TooManyFilters(owner=owner, most=KEPT_MAX)
            if not replayed:
                kept[key] = written[key] = content
            results.append(Done(f"{owner}/{name}", {"owner": owner, "name": name}, replayed=replayed))
        except DomainError as error:
            results.append(Refused.of(_shown(item.name), error))
    _write(ctx, written)
    return Batch(results)


@command(needs="access.own")
def drop_filters(ctx: Context, *, items: Sequence[DropFilter]) -> Batch:
    """Let go of kept questions.

    Refuses `FilterMissing`, `RoleUnknown`, `RoleNotHeld`. Three SQL statements, whatever the batch.
    """
    asker = asker_of(ctx.actor, at=ctx.at)
    kept = _kept(asker, [item.role for item in items])
    gone: list[tuple[str, str]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            owner, name = _owner(ctx, asker, item.role), item.name.strip()
            if kept.pop((owner, name), None) is None:
                raise FilterMissing(name=_shown(name), owner=owner)
            gone.append((owner, name))
            results.append(Done(f"{owner}/{name}", {"owner": owner, "name": name}))
        except DomainError as error:
            results.append(Refused.of(_shown(item.name), error))
    if gone:
        db.rows(_DROP, [[owner for owner, _ in gone], [name for _, name in gone]])
    return Batch(results)


def _kept(asker: Asker, roles: Sequence[str]) -> dict[tuple[str, str], tuple[dict[str, Any], list[str]]]:
    """What these owners keep, by owner and name."""
    owners = sorted({asker.actor, *(f"role:{role}" for role in roles if role)})
    rows = db.rows(_KEPT, [owners])
    return {(row.owner, row.name): (row.question, list(row.columns)) for row in rows}


def _owner(ctx: Context, asker: Asker, role: str) -> str:
    """Whose a filter is. Raises `RoleUnknown`, `RoleNotHeld`."""
    if not role:
        return asker.actor
    if check_role(role) not in asker.roles and not ctx.may("access.manage"):
        raise RoleNotHeld(role=role)
    return f"role:{role}"


def _content(ctx: Context, item: SaveFilter, asker: Asker) -> tuple[dict[str, Any], list[str]]:
    """What is kept: the question as it tells itself, and the columns. Refuses what means nothing."""
    name, columns = item.name.strip(), list(item.columns)
    fit = all(_COLUMN.fullmatch(code) for code in columns) and len(set(columns)) == len(columns) <= COLUMNS_MAX
    if not 1 <= len(name) <= NAME_MAX or "\0" in name or not fit:
        raise FilterMalformed(name_most=NAME_MAX, columns_most=COLUMNS_MAX)
    question = question_of(dict(item.question))
    meant(question, asker=asker, at=ctx.at)
    return question.told, columns


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _shown(name: str) -> str:
    return name[:NAME_MAX].replace("\0", "?")


def _write(ctx: Context, written: Mapping[tuple[str, str], tuple[dict[str, Any], list[str]]]) -> None:
    if not written:
        return
    db.rows(
        _SAVE,
        [
            ctx.at,
            ctx.actor,
            ctx.command_id,
            [ctx.new_id() for _ in written],
            [owner for owner, _ in written],
            [name for _, name in written],
            [_text(question) for question, _ in written.values()],
            [_text(columns) for _, columns in written.values()],
        ],
    )

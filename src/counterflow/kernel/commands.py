"""`@command`: what makes a function an act of the system.

Permission first; then one transaction: claim the transport key, run, flush what was queued, finish
with the result, the audit row and the events. The same key with the same input answers what was
answered before, word for word; with another input it is a conflict. An outer command lends its
transaction, its ids and its place in the lock order to the commands it calls.

Statements around the body: BEGIN, claim, finish, COMMIT.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from functools import wraps
from hashlib import sha256
from typing import Any, Concatenate, ParamSpec, cast

import orjson
import psycopg.errors
from django.db import DatabaseError, connection, transaction

from counterflow.kernel import db
from counterflow.kernel.context import Context, Run
from counterflow.kernel.errors import (
    BatchTooLarge,
    Conflict,
    DomainError,
    InputUnreadable,
    Invalid,
    InvariantBroken,
    KeyConflict,
    NotFound,
    PermissionDenied,
    Refusal,
)

P = ParamSpec("P")
ITEMS_MAX = 10_000
IDS_PER_NODE = 6
TRIES_MAX = 8
_AGAIN = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.UniqueViolation,
)


@dataclass(frozen=True)
class Done:
    """An item took effect, or had taken it before (`replayed`). `facts` are plain values for the caller."""

    identity: str
    facts: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True)
class Refused:
    """An item had no effect, and why."""

    identity: str
    code: str
    message: str
    facts: dict[str, Any] = field(default_factory=dict)
    kind: str = "refusal"

    @classmethod
    def of(cls, identity: str, error: DomainError) -> "Refused":
        """The refusal that an error means for one item."""
        return cls(identity, error.code, error.message, dict(error.facts), kind_of(error))


def kind_of(error: DomainError) -> str:
    """not_found, invalid, refusal or conflict: what an edge maps to a status."""
    for kind in (NotFound, Invalid, Conflict):
        if isinstance(error, kind):
            return kind.code
    return Refusal.code


@dataclass(frozen=True)
class Batch:
    """One result an item, in the order of the items; and to whoever called the command, what was called."""

    results: list[Done | Refused]
    command: str = field(default="", compare=False, repr=False)
    items: Sequence[Any] = field(default=(), compare=False, repr=False)

    def __iter__(self) -> Iterator[Done | Refused]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def done(self) -> list[Done]:
        """What took effect, now or before."""
        return [r for r in self.results if isinstance(r, Done)]

    @property
    def refused(self) -> list[Refused]:
        """What had no effect."""
        return [r for r in self.results if isinstance(r, Refused)]

    def compact(self) -> list[list[Any]]:
        """The shape stored under the transport key."""
        return [
            ["d", r.identity, r.facts, r.replayed]
            if isinstance(r, Done)
            else ["r", r.identity, r.code, r.message, r.facts, r.kind]
            for r in self.results
        ]

    @classmethod
    def restored(cls, stored: Iterable[list[Any]]) -> "Batch":
        """The answer that was given under the key, as it was given."""
        return cls([Done(*row[1:]) if row[0] == "d" else Refused(*row[1:]) for row in stored])


Body = Callable[Concatenate[Context, P], Batch]


def command(*, needs: str) -> Callable[[Body[P]], Body[P]]:
    """Make a function a command that needs a permission.

    The function takes a context and keyword arguments of plain values, locks, decides, changes, posts
    and tells, in that order, and returns a `Batch`. Raises `PermissionDenied`, `KeyConflict`, `Invalid`.
    """

    def decorate(body: Body[P]) -> Body[P]:
        name = body.__name__

        @wraps(body)
        def run(ctx: Context, *args: P.args, **kwargs: P.kwargs) -> Batch:
            if not ctx.may(needs):
                raise PermissionDenied(permission=needs, actor=ctx.actor)
            if args:
                raise InvariantBroken(f"{name} takes keyword arguments only")
            _check_size(kwargs)
            if ctx.run is not None:
                return _inner(ctx, name, body, kwargs)
            called: Any = kwargs.get("items", ())
            return replace(_retrying(ctx, name, body, kwargs), command=name, items=called)

        run.needs = needs  # type: ignore[attr-defined]
        return cast(Body[P], run)

    return decorate


def _check_size(kwargs: dict[str, Any]) -> None:
    items = kwargs.get("items")
    if isinstance(items, Sequence) and not 1 <= len(items) <= ITEMS_MAX:
        raise BatchTooLarge(most=ITEMS_MAX, count=len(items))


def _inner(ctx: Context, name: str, body: Any, kwargs: dict[str, Any]) -> Batch:
    batch: Batch = body(ctx, **kwargs)
    told = {"command": name, "done": len(batch.done), "refused": len(batch.refused)}
    # What others agreed to is done as whoever asked, not as whoever called the outermost command.
    ctx.running.trail.append(told if ctx.leave is None else {**told, "as": ctx.actor})
    return batch


def _retrying(ctx: Context, name: str, body: Any, kwargs: dict[str, Any]) -> Batch:
    """Run from the top again when the database asks for it: outermost only, a bounded number of times."""
    for attempt in range(1, TRIES_MAX + 1):
        try:
            return _outermost(ctx, name, body, kwargs)
        except DatabaseError as error:
            if not asks_again(error) or attempt == TRIES_MAX or connection.in_atomic_block:
                raise
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - spreads retries, guards nothing
    raise InvariantBroken("unreachable")


def asks_again(error: DatabaseError) -> bool:
    """Whether the database asks to run the whole transaction again, from the top."""
    return isinstance(error.__cause__, _AGAIN)


def _outermost(ctx: Context, name: str, body: Any, kwargs: dict[str, Any]) -> Batch:
    text, nodes = canonical(kwargs)
    digest = sha256(text).digest()
    with transaction.atomic(), db.gathering():
        claim = _claim(ctx, name, digest, ids=IDS_PER_NODE * nodes + 8)
        if not claim.fresh:
            if bytes(claim.stored_hash) != digest:
                raise KeyConflict(key=ctx.key, command=name)
            return Batch.restored(claim.stored_result)
        inside = replace(ctx, run=Run(claim.command_id, claim.epoch, claim.ids[::-1], _refill))
        batch = _inner(inside, name, body, kwargs)
        for flush in inside.running.flush.values():
            flush(inside)
        _finish(inside, name, batch)
        return batch


def _claim(ctx: Context, name: str, digest: bytes, *, ids: int) -> Any:
    sql = "SELECT * FROM kernel_claim(%s, %s, %s, %s, %s, %s::int)"
    return db.rows(sql, [ctx.actor, name, ctx.key, digest, ctx.at, ids])[0]


def _refill() -> list[int]:
    found = db.rows("SELECT nextval('kernel_id_seq') AS id FROM generate_series(1, 1000)")
    return [row.id for row in reversed(found)]


def _finish(ctx: Context, name: str, batch: Batch) -> None:
    run = ctx.running
    events = run.events
    db.rows(
        "SELECT kernel_finish(%s, %s, %s, %s, %s, %s, %s::int, %s::int, %s, %s, %b, %b, %b, %b)",
        [
            run.command_id,
            name,
            ctx.actor,
            ctx.source,
            ctx.key,
            ctx.at,
            len(batch.done),
            len(batch.refused),
            _json(run.trail),
            _json(batch.compact()),
            [event.kind for event in events],
            [event.subject_id for event in events],
            [event.happened_at or ctx.at for event in events],
            [_json(event.facts) for event in events],
        ],
    )


def _json(value: Any) -> str:
    """A value as JSON that the database takes: a NUL, which it cannot hold, becomes the replacement character."""
    return orjson.dumps(value, default=db.json_default).decode().replace("\\u0000", "\ufffd")


def canonical(value: Any) -> tuple[bytes, int]:
    """A value as canonical JSON, and the number of nodes (records and lists' items) in it.

    Records are objects with sorted keys, so the same input always has the same bytes.
    """
    nodes = 0

    def plain(v: Any) -> Any:
        nonlocal nodes
        if is_dataclass(v) and not isinstance(v, type):
            nodes += 1
            return {k: plain(w) for k, w in v.__dict__.items()} if hasattr(v, "__dict__") else plain(asdict(v))
        if isinstance(v, dict):
            nodes += 1
            return {str(k): plain(w) for k, w in v.items()}
        if isinstance(v, (list, tuple)):
            return [plain(w) for w in v]
        if isinstance(v, (set, frozenset)):
            return sorted(plain(w) for w in v)
        return v

    try:
        text = orjson.dumps(plain(value), default=db.json_default, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise InputUnreadable(reason=str(error)) from error
    return text, nodes


def content_hash(value: Any) -> bytes:
    """Digest of one item's content; beside its business identity it tells a replay from a reuse."""
    return sha256(canonical(value)[0]).digest()


__all__ = ["Batch", "Context", "Done", "Refused", "command", "content_hash", "kind_of"]

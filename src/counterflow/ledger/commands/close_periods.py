"""Close the books of entities through a day, or open them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, NotFound, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.ledger import events


class EntityNotFound(NotFound):
    """There is no entity {entity}."""


class DayNotOver(Refusal):
    """The books of {entity} can be closed through yesterday at most; {through} is not over there."""


class ClosedFurther(Refusal):
    """The books of {entity} are closed through {closed_through}; ask to reopen them to go back to {through}."""


class BeforeGoLive(Refusal):
    """The books of {entity} began on {go_live} and cannot be opened before that."""


@dataclass(frozen=True)
class ClosePeriod:
    """Close `entity` through a day, that day included; `reopen` says that going back is meant."""

    entity: str
    through: date
    reopen: bool = False


@command(needs="ledger.close")
def close_periods(ctx: Context, *, items: Sequence[ClosePeriod]) -> Batch:
    """Move the day through which each entity's books are closed; later facts of it go to the next open day.

    Waits for those who are posting, and they for it. Refuses `EntityNotFound`, `DayNotOver`,
    `ClosedFurther`, `BeforeGoLive`. Three statements.
    """
    codes = sorted({item.entity for item in items})
    db.rows(_LOCK, [codes])
    found = db.rows(
        "SELECT id, code, zone, closed_through, go_live FROM ledger_entity WHERE code = ANY(%s) ORDER BY id", [codes]
    )
    known = {row.code: row for row in found}
    through = {row.code: row.closed_through for row in found}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_close(ctx, item, known, through))
        except DomainError as error:
            results.append(Refused.of(item.entity, error))
    moved = [row for row in found if through[row.code] != row.closed_through]
    db.rows(
        "SELECT ledger_close(u.id, u.day) FROM unnest(%s::bigint[], %s::date[]) AS u(id, day)",
        [[row.id for row in moved], [through[row.code] for row in moved]],
    )
    return Batch(results)


# The lock that `ledger_close` takes, for all entities at once and in one order.
_LOCK = """
SELECT pg_advisory_xact_lock(7001, (e.id %% 2147483647)::integer)
FROM (SELECT id FROM ledger_entity WHERE code = ANY(%s) ORDER BY id) e
"""


def _close(ctx: Context, item: ClosePeriod, known: dict[str, object], through: dict[str, date]) -> Done:
    row: db.Row = known.get(item.entity)
    if row is None:
        raise EntityNotFound(entity=item.entity)
    before = through[item.entity]
    facts = {"closed_through": item.through.isoformat(), "before": before.isoformat()}
    if item.through == before:
        return Done(item.entity, facts, replayed=True)
    if item.through >= ctx.at.astimezone(ZoneInfo(row.zone)).date():
        raise DayNotOver(entity=item.entity, through=item.through.isoformat())
    if item.through < before and not item.reopen:
        raise ClosedFurther(entity=item.entity, closed_through=before.isoformat(), through=item.through.isoformat())
    if (row.go_live - item.through).days > 1:
        raise BeforeGoLive(entity=item.entity, go_live=row.go_live.isoformat())
    through[item.entity] = item.through
    kind = events.PERIOD_CLOSED if item.through > before else events.PERIOD_REOPENED
    emit(ctx, [Event(kind, row.id, facts=facts)])
    return Done(item.entity, facts)

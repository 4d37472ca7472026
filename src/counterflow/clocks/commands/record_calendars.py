"""Record calendars of working hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.clocks import events
from counterflow.clocks.calendars import WEEKDAYS, checked, require_code
from counterflow.clocks.commands.serving import Served, lock_served
from counterflow.clocks.commands.versions import write_versions
from counterflow.clocks.models import Calendar
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.registry.commands.changing import Note, note


@dataclass(frozen=True)
class NewCalendar:
    """A calendar by its code; the one called `default` serves what no other one does.

    Hours are spans of local time, such as `08:00-12:00 13:00-17:00`; none for a day off. `country` (ISO 3166-1, two
    letters) and `subdivision` say whose public holidays are off. `closed_days` and `open_days` have a line a day:
    `2026-12-24 Stocktaking`, `2026-12-19 09:00-13:00`. `nodes` and `entities` are the codes it serves.
    """

    code: str
    name: str
    zone: str = "UTC"
    monday: str = ""
    tuesday: str = ""
    wednesday: str = ""
    thursday: str = ""
    friday: str = ""
    saturday: str = ""
    sunday: str = ""
    country: str = ""
    subdivision: str = ""
    closed_days: str = ""
    open_days: str = ""
    nodes: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


TEXTS = ("name", "zone", *WEEKDAYS, "country", "subdivision", "closed_days", "open_days")
"""Fields of a calendar that are texts of its own."""


@command(needs="clocks.edit")
def record_calendars(ctx: Context, *, items: Sequence[NewCalendar]) -> Batch:
    """Record each calendar; the code is its identity.

    Refuses `CalendarCodeInvalid`, `CalendarTextInvalid`, `CalendarZoneUnknown`, `HoursUnreadable`, `NeverOpen`,
    `CountryUnknown`, `SubdivisionUnknown`, `DayUnreadable`, `ServedUnknown`, `ServedTwice`, `IdentityReused`.
    """
    served = lock_served(ctx)
    known = {row.code: row._asdict() for row in db.rows(_KNOWN, [[item.code for item in items]])}
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, served, known, fresh))
        except DomainError as error:
            results.append(Refused.of(item.code[:80], error))
    db.insert(Calendar, fresh)
    write_versions(ctx, fresh)
    note(ctx, [Note("calendar", row["id"], row["code"]) for row in fresh])
    emit(ctx, [Event(events.CALENDAR_CHANGED, row["id"], facts={"code": row["code"]}) for row in fresh])
    return Batch(results)


_KNOWN = "SELECT * FROM clocks_calendar WHERE code = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE"


def _record(
    ctx: Context,
    item: NewCalendar,
    served: Served,
    known: dict[str, dict[str, Any]],
    fresh: list[dict[str, Any]],
) -> Done:
    code = require_code(item.code)
    row: dict[str, Any] = {
        "code": code,
        **checked({"code": code, **{name: getattr(item, name) for name in TEXTS}}),
        "nodes": " ".join(sorted(set(item.nodes))),
        "entities": " ".join(sorted(set(item.entities))),
    }
    before = known.get(code)
    if before is not None:
        if any(before[name] != row[name] for name in row):
            raise IdentityReused(what="calendar", identity=code)
        return Done(code, {"id": before["id"], "version": before["version"]}, replayed=True)
    served.take(code, row)
    row |= {"id": ctx.new_id(), "version": 1, "current_id": ctx.new_id()}
    known[code] = row
    fresh.append(row)
    return Done(code, {"id": row["id"], "version": 1})

"""Change calendars of working hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.clocks import events
from counterflow.clocks.calendars import WEEKDAYS, checked
from counterflow.clocks.commands.record_calendars import TEXTS
from counterflow.clocks.commands.serving import lock_served
from counterflow.clocks.commands.versions import write_versions
from counterflow.clocks.models import Calendar
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.events import Event, emit
from counterflow.registry.commands.changing import Shape, change_records


@dataclass(frozen=True)
class ChangeCalendar:
    """What is to change about a calendar; None leaves a field as it is, `clear` names those that become empty."""

    code: str
    version: int | None = None
    name: str | None = None
    zone: str | None = None
    monday: str | None = None
    tuesday: str | None = None
    wednesday: str | None = None
    thursday: str | None = None
    friday: str | None = None
    saturday: str | None = None
    sunday: str | None = None
    country: str | None = None
    subdivision: str | None = None
    closed_days: str | None = None
    open_days: str | None = None
    nodes: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()


FIELDS = (*TEXTS, "nodes", "entities")
_SHAPE = Shape(
    what="calendar",
    model=Calendar,
    key=("code",),
    fields=FIELDS,
    locked=f"SELECT id, version, code, {', '.join(FIELDS)}, current_id FROM clocks_calendar "
    "WHERE code = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE",
    clearable=dict.fromkeys((*WEEKDAYS, "country", "subdivision", "closed_days", "open_days", "nodes", "entities"), ""),
)


@command(needs="clocks.edit")
def change_calendars(ctx: Context, *, items: Sequence[ChangeCalendar]) -> Batch:
    """Change each calendar. Clocks that run go by the new version from the next minute on; those that ended stay.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable` and what `record_calendars` refuses.
    """
    served = lock_served(ctx)
    changed: dict[int, dict[str, Any]] = {}

    def check(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        after = {**before, **asked}
        for name in ("nodes", "entities"):
            if not isinstance(after[name], str):
                after[name] = " ".join(sorted(set(after[name])))
        after = checked(after)
        served.take(before["code"], after)
        return after

    def renew(after: dict[str, Any]) -> None:
        after["current_id"] = ctx.new_id()
        changed[after["id"]] = after

    batch = change_records(
        ctx,
        _SHAPE,
        items,
        check=check,
        columns=lambda row: {name: row[name] for name in (*FIELDS, "current_id")},
        extra=renew,
    )
    write_versions(ctx, list(changed.values()))
    emit(ctx, [Event(events.CALENDAR_CHANGED, n, facts={"code": row["code"]}) for n, row in sorted(changed.items())])
    return batch

"""Calendars that reach as far as some clocks need: further years are written out where they do not yet."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from counterflow.clocks.commands.locking import Row
from counterflow.clocks.commands.writing_years import FIRST, LAST, write_years
from counterflow.clocks.rules import NOTHING
from counterflow.clocks.schedules import Written, read, written
from counterflow.clocks.timing import PauseRow, pauses_of, time_allowed
from counterflow.kernel.context import Context

# A zone is at most 14 hours from UTC, so the year of an instant there is that of an instant so near.
_NEAR = timedelta(days=1)


def calendars_that_reach(
    ctx: Context, rows: Sequence[Row], pauses: Mapping[int, Sequence[PauseRow]]
) -> dict[int, Written]:
    """The versions that these clocks count by. One statement where they reach; three more where they do not."""
    by_version: dict[int, list[Row]] = {}
    for row in rows:
        if row["calendar_version_id"] is not None and not row["around_the_clock"]:
            by_version.setdefault(row["calendar_version_id"], []).append(row)
    if not by_version:
        return {}
    first = min((row["started_at"] - _NEAR).year for mine in by_version.values() for row in mine)
    known = written(list(by_version), first=max(first, FIRST), last=(ctx.at + _NEAR).year)
    short = {}
    for version_id, mine in by_version.items():
        years = _years(ctx, known[version_id], mine, pauses)
        if years.start < known[version_id].first or years.stop > known[version_id].last + 1:
            short[version_id] = (known[version_id].spec, years)
    if short:
        write_years(ctx, short)
        # Not kept in the process before it is committed.
        known |= read(list(short))
    return known


def _years(ctx: Context, calendar: Written, rows: Sequence[Row], pauses: Mapping[int, Sequence[PauseRow]]) -> range:
    """The years that clocks of a calendar need: from the first start to where the last of them is due."""
    first = min((row["started_at"] - _NEAR).year for row in rows)
    lacking, last = NOTHING, (ctx.at + _NEAR).year
    for row in rows:
        paused = pauses_of(row, pauses)
        last = max(last, *((end + _NEAR).year for _, end in paused), (row["started_at"] + _NEAR).year)
        needed = time_allowed(row) + sum((end - begin for begin, end in paused), NOTHING)
        if not calendar.openings.reaches(row["started_at"], needed):
            lacking = max(lacking, calendar.openings.worked(row["started_at"]) + needed - calendar.openings.total)
    if lacking > NOTHING:
        count = calendar.last - calendar.first + 1
        a_year = (calendar.openings.total - calendar.openings.worked(calendar.openings.opens[0])) / count
        last = max(last, calendar.last + 2 + int(lacking / a_year))
    return range(max(FIRST, min(first, calendar.first)), min(LAST, max(last, calendar.last)) + 1)

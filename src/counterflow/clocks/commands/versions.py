"""Versions of calendars: what one says from now on, written out for the years around."""

from collections.abc import Sequence
from typing import Any

from counterflow.clocks.calendars import WEEKDAYS, spec_of
from counterflow.clocks.commands.writing_years import first_years, write_years
from counterflow.clocks.models import CalendarVersion
from counterflow.kernel import db
from counterflow.kernel.context import Context

SAID = ("zone", *WEEKDAYS, "country", "subdivision", "closed_days", "open_days")
"""What of a calendar decides about working time."""


def write_versions(ctx: Context, calendars: Sequence[dict[str, Any]]) -> None:
    """Write a version of each calendar (its row, `current_id` the version's id) with its openings. Three writes."""
    contents = {row["current_id"]: {name: row[name] for name in SAID} for row in calendars}
    db.insert(
        CalendarVersion,
        [
            {
                "id": row["current_id"],
                "calendar_id": row["id"],
                "version": row["version"],
                "content": contents[row["current_id"]],
                "made_at": ctx.at,
                "command_id": ctx.command_id,
            }
            for row in calendars
        ],
    )
    years = first_years(ctx.at)
    write_years(ctx, {key: (spec_of(content), years) for key, content in contents.items()}, fresh=True)

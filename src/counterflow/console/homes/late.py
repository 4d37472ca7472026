"""The figure of what is late, on the home of every role that something can be late for."""

from dataclasses import replace
from typing import Final

from django.urls import reverse

from counterflow.clocks.stages import STAGES
from counterflow.clocks.work import COUNTED_MAX, waiting
from counterflow.console.homes.parts import Home, Tile, address, bounded, waits
from counterflow.console.page import Staff
from counterflow.kernel import clock

LOOKING_ON: Final = frozenset({"executive", "administrator"})
ACTING: Final = frozenset({row.owner_role for row in STAGES.values()})


def with_clocks(home: Home, who: Staff, role: str) -> Home:
    """A home with what of its role is late: one statement; who looks after all asks for it after the page is there."""
    if not who.may("clocks.view"):
        return home
    if role in LOOKING_ON:
        tile = Tile("Late", "\u2026", "Of all that waits", address("clocks", state="late"), later=reverse("home_late"))
        return replace(home, tiles=[*home.tiles, tile])
    return replace(home, tiles=[*home.tiles, late_tile(role)]) if role in ACTING else home


def late_tile(role: str = "") -> Tile:
    """How much is late and will be, for a role or for all. One statement."""
    found = waiting(at=clock.now(), role=role)
    note = f"{bounded(found.warned, COUNTED_MAX)} more are due soon"
    link = address("clocks", state="late", role=role)
    return Tile("Late", bounded(found.late, COUNTED_MAX), note, link, waits(found.late, "stop"))

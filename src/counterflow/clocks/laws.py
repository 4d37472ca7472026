"""The laws of clocks: calendars are written out as they say."""

from typing import Final

from counterflow.clocks.laws_calendars import CALENDARS
from counterflow.kernel.laws import Law

LAWS: Final[list[Law]] = [*CALENDARS]

"""Facts that clocks tells; the subject is the clock, but for calendars."""

CALENDAR_CHANGED = "CalendarChanged"  # the calendar
CLOCK_WARNED = "ClockWarned"
CLOCK_BREACHED = "ClockBreached"
CLOCK_TAKEN_BACK = "ClockTakenBack"
CLOCKS_PAUSED = "ClocksPaused"  # the return or the case
CLOCKS_RESUMED = "ClocksResumed"  # the return or the case

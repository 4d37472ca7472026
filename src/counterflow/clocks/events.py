"""Facts that clocks tells; the subject is the calendar."""

CALENDAR_CHANGED = "CalendarChanged"

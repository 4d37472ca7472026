"""Clocks: how long each stage of a return and each case may take, and what happens when it takes longer.

Owns: calendars of working hours and holidays, running and stopped clocks, warnings, breaches and their causes.
What is due when is the `sla` table's to say (`policies`); what a stage is follows from the facts of the rooms below.

Start in `calendars.py`, then `commands/run_clocks.py`.
"""

"""Receiving: what physically came, what it is worth, and where it goes.

Owns: receipts and units with a licence plate (LPN), inspections by round, disposals by round. Moves
stock through the ledger and tells the RMA lines what was reached. Does not own money.

Start in `states.py`, then `commands/receive_units.py`, `inspect_units.py`, `dispose_units.py`.
"""

"""Returns: intent and permission. An RMA says what may come back, why, and what follows for the money.

Owns: RMAs with their lines, the milestones each line reached (append-only, with quantities), and the
allocations that tie units to RMA lines and shipment lines. Does not own parcels, units or credits.

Start in `states.py`, then `commands/open_rmas.py`.
"""

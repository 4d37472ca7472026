"""The ledger: one journal of stock and money, the positions that guard it, its periods and its proofs.

Owns: legal entities' books, the chart of stock states and GL accounts, the movement table, entries and
lines (append-only, partitioned, digested), guarded positions, day roll-ups, holds and reservations.
Does not know returns, orders or items beyond their ids.

Start in `chart.py`, then `posting.py`, then `sql/journal.sql`.
"""

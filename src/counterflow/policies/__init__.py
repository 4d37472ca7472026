"""Policies: decision tables that a business owner reads, versioned, and every decision they made.

Owns the tables (`PolicyVersion`), the facts each kind of table may use, and the record of which row
answered what (`Decision`). Does not act: a command asks `queries.decide` and does what follows.
Start with `facts.py` (what may be asked and answered), then `defaults/*.json`, then `rules.py`.
"""

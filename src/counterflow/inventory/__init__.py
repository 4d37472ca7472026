"""Inventory: what is where, since when, what was believed of it, and what moved it.

Owns questions only: stock by node and SKU now and at an earlier instant, what may be promised of it and why,
movements with their causes. Writes nothing. Counting is reconciliation's; the journal is the ledger's.

Start in `holdings.py`, then `queries.py`.
"""

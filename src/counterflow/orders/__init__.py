"""Orders: what was sold, shipped and paid, as the channel told us.

Owns channels, customers (pseudonymous: no personal data), orders with lines, tenders and shipments, and
the import of order books, whose cancellations and stock adjustments are kept as facts beside the orders.
Imported history posts to no ledger. Does not own returns: the counters on a shipment line are moved by
the rooms above, under lock. Start at `models.py`, then `importing/run.py`.
"""

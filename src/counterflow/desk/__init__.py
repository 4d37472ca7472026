"""Desk: what an agent on the phone needs, across all rooms below.

Owns the messages written to customers, and the erasure of a person. Finds orders and returns by whatever a
caller has in hand, shows an order whole, and says beforehand what opening a return would do. Decides nothing
itself: policies, returns and refunds do.

Start in `search.py`, `orders.py`, `preview.py`.
"""

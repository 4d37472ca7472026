"""Facilities: the nodes where goods are handled, and whose word counts there.

Owns: nodes (distribution centres, 3PLs, stores, marketplace warehouses), the authority of each message
kind, channel pools and scope, totes. Does not own stock: that is the ledger's.

Start in `models.py`.
"""

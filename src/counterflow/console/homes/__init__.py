"""The first page of each role, one file a role: what waits, in figures that lead on, doors and short lists.

A home asks a handful of bounded questions, so that it opens as fast with a million returns as with ten. Start in
`parts.py`; `table.py` says which role has which home.
"""

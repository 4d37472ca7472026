"""Governance: who answers for what, what changed of it, and where practice drifts from policy.

Owns questions only: the owners of policies, transitions, thresholds and queues; what changed in a period; how often
rows of policies answered, were set aside and asked a person, against the period before; what nobody could do.
Writes nothing and keeps nothing of its own.

Start in `owners.py`, then `drift.py`.
"""

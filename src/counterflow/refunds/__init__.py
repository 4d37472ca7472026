"""Refunds: what we owe for a return (credits) and how it is met (payouts, store credit).

Owns: credits with tax by line and the milestone that released them, payouts and what payment providers
report of them, chargebacks. Never pays twice, never more than was invoiced or captured.

Start in `states.py`, then `rules.py`, `commands/release_credits.py`, `commands/request_payouts.py`.
"""

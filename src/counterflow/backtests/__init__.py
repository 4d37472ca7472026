"""Back-tests: what a draft of a policy would have done to the returns of the past.

Owns: runs over a period, their totals, and the returns that would have gone another way. A run reads decisions and
what became of them, and writes nothing but its own tables. It replays; it does not predict.

Start in `comparing.py`, then `commands/start_backtests.py`.
"""

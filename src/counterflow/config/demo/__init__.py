"""The demo: a simulated company with a year of returns, and the replay of a real order book.

Everything here is an outsider: it calls the same commands that people and programs call, with a clock of
its own. Start in `year.py` (the simulated year), `lives.py` (what can happen to a return) or `replay.py`.
"""

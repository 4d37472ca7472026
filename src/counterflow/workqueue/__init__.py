"""Workqueue: what needs a person. A case says what is unclear, how much is at stake and whose it is.

Owns the kinds of cases (`kinds.py`), the cases and their comments. Other rooms open cases inside their
own commands (`cases.open_cases`) and settle them when the cause is gone; people close, assign and
comment. Decides nothing about goods or money: the act that resolves a case is a command elsewhere.
"""

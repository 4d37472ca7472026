"""Reconciliation: what a partner states is compared with the ledger, and differences become breaks.

Owns: statements and breaks; how partners call stock states; what explains a difference; counts that we make
ourselves, and corrections of one place. A statement or count is a claim and changes nothing: a break proposes an
entry, and an authorised person posts it.
Does not own the cases that people work (workqueue) nor the journal (ledger).

Start in `rules.py`, then `commands/compare_statements.py`.
"""

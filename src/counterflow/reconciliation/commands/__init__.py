"""What reconciliation can do.

compare_statements   compare partners' statements with the ledger as of their own time
post_adjustments     post the entries that breaks propose
"""

"""What reconciliation can do.

compare_statements   compare partners' statements with the ledger as of their own time
create_counts        say what is to be counted at a node
record_counts        record what somebody counted
compare_counts       compare a count with the ledger as of when each line was counted
close_counts         close counts whose differences are settled
cancel_counts        give up counts that were not compared
post_adjustments     post the entries that breaks propose
adjust_stock         correct one place, with a reason
"""

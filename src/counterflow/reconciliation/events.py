"""Facts that reconciliation tells; subjects are statements."""

STATEMENT_COMPARED = "StatementCompared"
BREAKS_SETTLED = "BreaksSettled"

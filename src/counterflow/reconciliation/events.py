"""Facts that reconciliation tells; subjects are statements."""

STATEMENT_COMPARED = "StatementCompared"
BREAKS_SETTLED = "BreaksSettled"
COUNT_CREATED = "CountCreated"
COUNT_RECOUNTED = "CountRecounted"
COUNT_COMPARED = "CountCompared"
COUNT_CLOSED = "CountClosed"
COUNT_CANCELLED = "CountCancelled"

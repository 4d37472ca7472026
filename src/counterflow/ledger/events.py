"""Facts that the ledger tells; subjects are entities, holds and reservations."""

PERIOD_CLOSED = "PeriodClosed"
PERIOD_REOPENED = "PeriodReopened"
STOCK_HELD = "StockHeld"
STOCK_FREED = "StockFreed"

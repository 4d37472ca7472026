"""Facts that recovery tells; subjects are refurbishment orders, lots and pallets."""

REFURBISHMENT_STARTED = "RefurbishmentStarted"
REFURBISHMENT_FINISHED = "RefurbishmentFinished"
REFURBISHMENT_CANCELLED = "RefurbishmentCancelled"
LOAD_OPENED = "LoadOpened"
LOAD_MOVED = "LoadMoved"
LOT_SOLD = "LotSold"
LOAD_SHIPPED = "LoadShipped"

"""The tables of backtests."""

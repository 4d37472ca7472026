"""What back-tests tell: that one ended."""

BACKTEST_ENDED = "BacktestEnded"

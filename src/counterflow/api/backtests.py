"""What programs may ask of back-tests."""

from typing import Final

from counterflow.api.reading import Read
from counterflow.backtests import queries as backtests
from counterflow.backtests.totals import DIMENSIONS

READS: Final[list[Read]] = [
    Read(
        "/backtests",
        backtests.backtests,
        "policies.view",
        "policies",
        ("kind", "state", "version_id"),
        ("before_id", "id"),
    ),
    Read("/backtests/{backtest_id}", backtests.backtest, "policies.view", "policies"),
    Read(
        "/backtest-segments",
        backtests.segments,
        "policies.view",
        "policies",
        ("backtest_id", "dimension"),
        name="backtest_segments",
    ),
    Read(
        "/backtest-differences",
        backtests.differences,
        "policies.view",
        "policies",
        ("backtest_id", "change", *DIMENSIONS),
        ("after_id", "id"),
        name="backtest_differences",
    ),
]

"""What programs may ask of back-tests and of versions that decide silently."""

from typing import Final

from counterflow.api.reading import Read
from counterflow.backtests import queries as backtests
from counterflow.backtests.totals import DIMENSIONS
from counterflow.policies import queries_shadows as shadows

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
    Read("/shadows", shadows.shadows, "policies.view", "policies", ("version_id",), ("before_id", "id")),
    Read("/shadows/{shadow_id}", shadows.shadow, "policies.view", "policies"),
    Read(
        "/shadow-rows",
        shadows.row_pairs,
        "policies.view",
        "policies",
        ("shadow_id",),
        name="shadow_rows",
    ),
    Read(
        "/shadow-differences",
        shadows.differences,
        "policies.view",
        "policies",
        ("shadow_id", "row", "shadow_row"),
        ("before_id", "id"),
        name="shadow_differences",
    ),
]

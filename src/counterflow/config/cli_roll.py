"""`counterflow roll`: fold what was posted and decided lately into the day sums, as the worker does by itself."""

import argparse

from counterflow.kernel import db


def run(options: argparse.Namespace) -> None:
    """Roll once; where somebody else is rolling, there is nothing left to do."""
    moved = db.rows("SELECT ledger_roll() + policies_roll() AS moved")[0].moved
    print(f"{moved:,} sums folded into their days")

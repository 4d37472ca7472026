"""Licence plates that nobody had before: from the common number line, with a prefix and a check digit."""

import os

from counterflow.kernel import db
from counterflow.kernel.ids import SEQUENCE
from counterflow.scans import own


def prefix() -> str:
    """What our plates begin with: the setting COUNTERFLOW_LPN_PREFIX, 2 to 6 capital letters."""
    return os.environ.get("COUNTERFLOW_LPN_PREFIX", own.PREFIX)


def fresh(count: int) -> list[str]:
    """So many plates; the numbers are gone, used or not. One statement."""
    found = db.rows(f"SELECT nextval('{SEQUENCE}') AS number FROM generate_series(1, %s)", [count])
    return [own.plate(row.number, prefix()) for row in found]

"""Laws as data: each is one set-wise question whose answer must be empty on a live system."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Law:
    """One law.

    `sql` returns one row for each breach, with a column `what` (text: which row and how it differs).
    `counted` returns one number: how many things were looked at.
    """

    name: str
    meaning: str
    sql: str
    counted: str

"""Everything there is to say about a wording before it is used: problems, notes, and whether its examples hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.policies.coverage import Note, notes
from counterflow.policies.examples import Example, Tried, tried
from counterflow.policies.facts import ADDED_UP
from counterflow.policies.rules import Problem, faults, problems
from counterflow.policies.tables import Table

TOLD_MAX = 50
"""How many problems and how many notes an answer lists; all are counted."""


@dataclass(frozen=True)
class Checked:
    """What a check found. `examples` are tried only where nothing is wrong with the table itself."""

    problems: Sequence[Problem]
    notes: Sequence[Note]
    examples: Sequence[Tried]

    @property
    def sound(self) -> bool:
        """Whether the wording may be proposed."""
        return not self.problems and all(each.holds for each in self.examples)

    def as_facts(self) -> dict[str, Any]:
        """As commands and the API tell it: counts, and the first of each with their row and column."""
        return {
            "problems": len(self.problems),
            "first_problems": [vars(each) for each in self.problems[:TOLD_MAX]],
            "notes": len(self.notes),
            "first_notes": [vars(each) for each in self.notes[:TOLD_MAX]],
            "examples_failing": [
                {"name": each.example.name, "row": each.row, "reason": each.reason}
                for each in self.examples
                if not each.holds
            ],
        }


def check(table: Table, examples: Sequence[Example] = ()) -> Checked:
    """Check a wording. Notes need sound cells; in tables that add up, rows are meant to overlap."""
    wrong = problems(table)
    noted = [] if table.kind in ADDED_UP or faults(table) else notes(table)
    return Checked(wrong, noted, [] if wrong else tried(table, examples))

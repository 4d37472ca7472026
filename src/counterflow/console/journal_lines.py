"""Journal lines about a subject, joined to entries for the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from counterflow.ledger.journal import DatedLine, LineRow, lines_about

SUBJECTS_MAX = 200


@dataclass(frozen=True)
class EntryShown:
    """An entry with those of its lines that are about the subjects asked for."""

    id: int
    kind: str
    happened_at: datetime
    accounting_date: date
    reverses: int
    lines: tuple[LineRow, ...]

    @property
    def title(self) -> str:
        """The cause in words."""
        return self.kind.replace("_", " ").capitalize()


def entries_about(subjects: Sequence[int]) -> list[EntryShown]:
    """The entries with lines about these ids, newest first. One statement."""
    joined: dict[int, list[DatedLine]] = {}
    for found in lines_about(subjects=list(subjects)[:SUBJECTS_MAX]):
        joined.setdefault(found.line.entry_id, []).append(found)
    return [_shown(entry_id, lines) for entry_id, lines in sorted(joined.items(), reverse=True)]


def _shown(entry_id: int, found: Sequence[DatedLine]) -> EntryShown:
    first = found[0]
    lines = tuple(dated.line for dated in found)
    return EntryShown(entry_id, first.kind, first.happened_at, first.accounting_date, first.reverses, lines)

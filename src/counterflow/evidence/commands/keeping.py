"""What keeping commands share: where a file was stored, whether a row names it now, and which subjects there are."""

from collections.abc import Callable, Sequence

from counterflow.evidence import storing
from counterflow.evidence.queries import named_by_rows, subjects_there
from counterflow.evidence.rules import SubjectMissing
from counterflow.kernel.commands import Batch
from counterflow.kernel.errors import DomainError


class Place:
    """Where a file was stored. A retry stores it elsewhere and is the same call: its text is the same."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return "stored"


class Subjects:
    """The subjects of a call that exist; asked once, because nothing that is kept about ever goes away."""

    def __init__(self, wanted: Sequence[tuple[str, int]]) -> None:
        self._there = subjects_there([(kind, number) for kind, number in wanted if 0 < number < 2**63])

    def require(self, kind: str, subject_id: int) -> None:
        """Raise `SubjectMissing` for what does not exist."""
        if (kind, subject_id) not in self._there:
            raise SubjectMissing(kind=kind, subject_id=subject_id)


def recorded(places: Sequence[Place], record: Callable[[], Batch]) -> Batch:
    """Run what records stored files, and take away those that no row names then.

    Where a database breaks off it may have committed all the same: those files are left to the sweep.
    """
    names = [place.name for place in places]
    try:
        batch = record()
    except DomainError:
        storing.drop(names)
        raise
    if names:
        storing.drop(sorted(set(names) - named_by_rows(names)))
    return batch

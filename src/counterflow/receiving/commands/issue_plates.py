"""Issue licence plates: numbers for labels that are printed before anything is received under them."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.receiving.plates import fresh

COUNT_MAX = 500


@dataclass(frozen=True)
class IssuePlates:
    """So many plates that nobody had before."""

    count: int


class CountInvalid(Invalid):
    """{count} plates were asked for; 1 to {most} can be issued at once."""


@command(needs="receiving.receive")
def issue_plates(ctx: Context, *, items: Sequence[IssuePlates]) -> Batch:
    """Issue plates for each request. A plate that is never used leaves a gap, which does no harm.

    Refuses `CountInvalid`. One statement, whatever the batch.
    """
    sound = [_count(item) for item in items]
    plates = fresh(sum(sound))
    results: list[Done | Refused] = []
    for place, (item, count) in enumerate(zip(items, sound, strict=True)):
        identity = f"plates {place + 1}"
        try:
            if not count:
                raise CountInvalid(count=str(item.count)[:20], most=COUNT_MAX)
        except DomainError as error:
            results.append(Refused.of(identity, error))
            continue
        taken, plates = plates[:count], plates[count:]
        results.append(Done(identity, {"lpns": taken}))
    return Batch(results)


def _count(item: IssuePlates) -> int:
    """The number asked for, 0 where it is out of bounds."""
    valid = isinstance(item.count, int) and not isinstance(item.count, bool) and 1 <= item.count <= COUNT_MAX
    return item.count if valid else 0

"""What undoing commands share: how long one's own act may be undone, and by whose right."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context

UNDO_FOR: Final = timedelta(hours=1)
UNDO_MINUTES: Final = int(UNDO_FOR.total_seconds() // 60)


def reversed_by(ctx: Context, count: int, refused: Mapping[int, Refused], reverse: Callable[[Context], Batch]) -> Batch:
    """The result of each item: refused already, by its place, or what reversing the others came to, in order.

    Taking back what one has just done oneself is part of the work; anything else needs the permission itself.
    """
    allowed = replace(ctx, permissions=ctx.permissions | {"receiving.reverse"})
    done = iter(reverse(allowed)) if len(refused) < count else iter(())
    results: list[Done | Refused] = [refused[place] if place in refused else next(done) for place in range(count)]
    return Batch(results)

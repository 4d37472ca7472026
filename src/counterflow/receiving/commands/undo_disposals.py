"""Undo disposals: whoever sent a unit the wrong way takes the own act back, while the goods are still there."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.receiving.commands.reverse_disposals import DisposalNotFound, ReverseDisposal, reverse_disposals
from counterflow.receiving.commands.undoing import UNDO_FOR, UNDO_MINUTES, reversed_by

REASON = "undone_at_station"


@dataclass(frozen=True)
class UndoDisposal:
    """Take back the own disposal of a unit after an inspection round, as a reversal."""

    lpn: str
    round: int = 1
    attempt: int = 1

    @property
    def identity(self) -> str:
        """The disposal that is taken back."""
        return f"{self.lpn}:{self.round}:{self.attempt}"


class NotYourDisposal(Refusal):
    """{lpn} was sent to {disposition} by somebody else; who may reverse disposals can take it back."""


class TooLateToUndo(Refusal):
    """{lpn} was sent to {disposition} more than {minutes} minutes ago; who may reverse disposals can still take it
    back."""


_MADE = """
SELECT u.lpn, d.round, d.attempt, d.disposition, c.at, c.actor FROM receiving_unit u
JOIN receiving_disposal d ON d.unit_id = u.id
JOIN kernel_commandrecord c ON c.id = d.command_id
WHERE u.lpn = ANY(%s::text[])
"""


@command(needs="receiving.dispose")
def undo_disposals(ctx: Context, *, items: Sequence[UndoDisposal]) -> Batch:
    """Reverse disposals that the caller made within the last hour.

    Refuses `DisposalNotFound`, `NotYourDisposal`, `TooLateToUndo`, and what `reverse_disposals` refuses. Undone again
    is a replay. SQL: one look-up more than that.
    """
    found = db.rows(_MADE, [sorted({item.lpn for item in items})])
    made = {(row.lpn, row.round, row.attempt): row for row in found}
    refused: dict[int, Refused] = {}
    for place, item in enumerate(items):
        try:
            row = made.get((item.lpn, item.round, item.attempt))
            if row is None:
                raise DisposalNotFound(lpn=item.lpn[:80], round=item.round, attempt=item.attempt)
            where = row.disposition.replace("_", " ")
            if row.actor != ctx.actor:
                raise NotYourDisposal(lpn=item.lpn, disposition=where)
            if ctx.at - row.at > UNDO_FOR:
                raise TooLateToUndo(lpn=item.lpn, disposition=where, minutes=UNDO_MINUTES)
        except DomainError as error:
            refused[place] = Refused.of(item.identity[:120], error)
    own = [
        ReverseDisposal(item.lpn, REASON, item.round, item.attempt)
        for place, item in enumerate(items)
        if place not in refused
    ]
    return reversed_by(ctx, len(items), refused, lambda allowed: reverse_disposals(allowed, items=own))

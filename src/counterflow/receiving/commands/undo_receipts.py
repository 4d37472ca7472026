"""Undo receipts: whoever scanned by mistake takes the own scan back, while nobody has worked on the unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.logistics.rules import require_text
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.undoing import UNDO_FOR, UNDO_MINUTES, reversed_by
from counterflow.receiving.rules import UnitNotFound

REASON = "undone_at_the_dock"


@dataclass(frozen=True)
class UndoReceipt:
    """Take back the own receipt of a unit, as a reversal."""

    lpn: str


class NotYours(Refusal):
    """{lpn} was received by somebody else; who may reverse receipts can take it back."""


class TooLate(Refusal):
    """{lpn} was received more than {minutes} minutes ago; who may reverse receipts can still take it back."""


_RECEIVED = """
SELECT u.lpn, u.received_at, c.at, c.actor
FROM receiving_unit u
JOIN LATERAL (SELECT o.command_id FROM receiving_origin o WHERE o.unit_id = u.id ORDER BY o.id LIMIT 1) o ON true
JOIN kernel_commandrecord c ON c.id = o.command_id
WHERE u.lpn = ANY(%s::text[])
"""


@command(needs="receiving.receive")
def undo_receipts(ctx: Context, *, items: Sequence[UndoReceipt]) -> Batch:
    """Reverse receipts that the caller made within the last hour and that nobody has worked on since.

    Refuses `UnitNotFound`, `NotYours`, `TooLate`, `TextInvalid`, and what `reverse_receipts` refuses. Undone again
    is a replay.
    """
    checked = [_check(item) for item in items]
    received = {row.lpn: row for row in db.rows(_RECEIVED, [[i.lpn for i in checked if isinstance(i, UndoReceipt)]])}
    refused: dict[int, Refused] = {}
    for place, (given, item) in enumerate(zip(items, checked, strict=True)):
        try:
            if isinstance(item, DomainError):
                raise item
            row = received.get(item.lpn)
            if row is None:
                raise UnitNotFound(lpn=item.lpn)
            if row.actor != ctx.actor:
                raise NotYours(lpn=item.lpn)
            if ctx.at - row.at > UNDO_FOR:
                raise TooLate(lpn=item.lpn, minutes=UNDO_MINUTES)
        except DomainError as error:
            refused[place] = Refused.of(str(given.lpn)[:120], error)
    own = [ReverseReceipt(item.lpn, REASON) for place, item in enumerate(items) if place not in refused]
    return reversed_by(ctx, len(items), refused, lambda allowed: reverse_receipts(allowed, items=own))


def _check(item: UndoReceipt) -> UndoReceipt | DomainError:
    try:
        require_text("lpn", item.lpn)
    except DomainError as error:
        return error
    return item

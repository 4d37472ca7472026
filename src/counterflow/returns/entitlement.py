"""What the pieces of an RMA line are entitled to: pure questions to its counters.

Shared by those who cancel and close returns and by those who release credits, so that they agree.
A line is anything with the counters of `returns.models.RmaLine` as attributes.
"""

from typing import Any

from counterflow.returns.states import GOODS, Resolution, Rma

_PERMITTED = (Rma.AUTHORISED, Rma.CLOSED, Rma.CANCELLED)
_CREDITED = (Resolution.REFUND, Resolution.STORE_CREDIT, *sorted(GOODS))


def milestone_of(line: Any) -> str:
    """What releases the credit of a line; goods that need not come back wait for nothing."""
    return "authorised" if line.returnless else str(line.milestone)


def accepted(line: Any, rma_state: str) -> int:
    """Pieces that were permitted and not cancelled: still expected, or here. None before permission."""
    return int(line.authorised_qty + line.allocated_qty) if rma_state in _PERMITTED else 0


def reached(line: Any, rma_state: str) -> int:
    """Pieces that reached the milestone which releases the line's credit.

    A piece that is here has passed the carrier's scan too, even if nobody reported one. Lost pieces
    keep the scan they had. `inspected` means that the piece passed.
    """
    counted = {
        "authorised": accepted(line, rma_state),
        "carrier_scan": max(line.scanned_qty, line.allocated_qty),
        "received": line.allocated_qty,
        "inspected": line.passed_qty,
    }
    return min(int(counted[milestone_of(line)]), int(line.quantity))


def entitled(line: Any, rma_state: str) -> int:
    """Pieces that may be credited: those that reached the milestone, or as many as a person approved.

    `approved_qty` is a number of pieces of the line, not a number on top of what arrives later.
    """
    if rma_state not in _PERMITTED or line.resolution not in _CREDITED:
        return 0
    return max(reached(line, rma_state), min(int(line.approved_qty), accepted(line, rma_state)))


def due(line: Any, rma_state: str) -> int:
    """Pieces that may be credited now and are not yet. Never negative: a receipt may have been reversed."""
    return max(0, entitled(line, rma_state) - int(line.credited_qty))


def goods_due(line: Any) -> int:
    """Pieces that were credited, whose credit is to be met by goods, and for which none were ordered yet."""
    return max(0, int(line.credited_qty - line.replaced_qty)) if line.resolution in GOODS else 0


def goods_ahead(line: Any, rma_state: str) -> int:
    """Pieces for which goods may be ordered before they are credited: all that were permitted, less the ordered."""
    return max(0, accepted(line, rma_state) - int(line.replaced_qty)) if line.resolution in GOODS else 0


def exposed(line: Any, rma_state: str) -> int:
    """Pieces that were credited though they no longer count as having reached their milestone."""
    return max(0, int(line.credited_qty) - entitled(line, rma_state))


def cancellable(line: Any) -> int:
    """Pieces still expected that nobody has set in motion: not with a carrier, not credited ahead."""
    ahead = max(0, max(int(line.scanned_qty), int(line.credited_qty)) - int(line.allocated_qty))
    return max(0, int(line.authorised_qty) - ahead)


def expected(line: Any) -> int:
    """Pieces that still have to arrive; none where the customer keeps the goods."""
    return 0 if line.returnless else max(0, int(line.authorised_qty) - int(line.lost_qty))


def undecided(line: Any) -> int:
    """Pieces that are here and whose credit waits for an inspection."""
    waiting = int(line.allocated_qty - line.passed_qty - line.failed_qty)
    return max(0, waiting) if milestone_of(line) == "inspected" else 0


def open_pieces(line: Any, rma_state: str) -> tuple[int, int, int]:
    """What is open of a line: pieces expected, pieces that wait for an inspection, and pieces that wait for a credit.

    What was never invoiced waits for no credit.
    """
    owed = due(line, rma_state) if line.invoiced_minor > 0 else 0
    return expected(line), undecided(line), owed

"""A full life of one returned piece, as commands and as HTTP calls."""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from counterflow.config.bench.company import ASKED, CHANNEL, NODE, REASON, Piece, context, settled
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

STEPS = ("open_rmas", "receive_units", "inspect_units", "dispose_units", "release_credits")
Timings = dict[str, list[float]]


def live(pieces: Sequence[Piece], timings: Timings | None = None) -> None:
    """Run the five commands for a batch of pieces; `timings` gathers seconds by command."""
    clock = timings if timings is not None else defaultdict(list)
    asked = [
        OpenRma(CHANNEL, f"r{p.number}", (AskedLine(1, REASON, order_line=p.line_no),), p.order, ASKED) for p in pieces
    ]
    opened = _timed(clock, open_rmas, asked)
    rmas = [done.facts["rma"] for done in settled(opened).done]
    units = [
        ReceiveUnit(lpn=f"L{p.number}", node=NODE, sku=p.sku, rma=rma) for p, rma in zip(pieces, rmas, strict=True)
    ]
    settled(_timed(clock, receive_units, units))
    settled(_timed(clock, inspect_units, [InspectUnit(lpn=f"L{p.number}", grade="A") for p in pieces]))
    settled(
        _timed(clock, dispose_units, [DisposeUnit(lpn=f"L{p.number}", disposition="restock") for p in pieces]),
    )
    settled(
        _timed(
            clock, release_credits, [ReleaseCredit(f"c{p.number}", rma) for p, rma in zip(pieces, rmas, strict=True)]
        )
    )


def _timed(timings: Timings, command: Any, items: list[Any]) -> Any:
    started = time.perf_counter()
    batch = command(context(), items=items)
    timings[command.__name__].append(time.perf_counter() - started)
    return batch


def statements(piece: Piece) -> dict[str, int]:
    """SQL statements of each command of one life, BEGIN and COMMIT included."""
    counts: dict[str, int] = {}

    def counted(command: Any) -> Any:
        def run(ctx: Any, *, items: list[Any]) -> Any:
            with db.counting() as seen:
                batch = command(ctx, items=items)
            counts[command.__name__] = len(seen) + 2
            return batch

        run.__name__ = command.__name__
        return run

    _one(piece, counted)
    return counts


def _one(piece: Piece, wrap: Any) -> None:
    asked = OpenRma(CHANNEL, f"r{piece.number}", (AskedLine(1, REASON, order_line=piece.line_no),), piece.order, ASKED)
    rma = settled(wrap(open_rmas)(context(), items=[asked])).done[0].facts["rma"]
    lpn = f"L{piece.number}"
    settled(wrap(receive_units)(context(), items=[ReceiveUnit(lpn=lpn, node=NODE, sku=piece.sku, rma=rma)]))
    settled(wrap(inspect_units)(context(), items=[InspectUnit(lpn=lpn, grade="A")]))
    settled(wrap(dispose_units)(context(), items=[DisposeUnit(lpn=lpn, disposition="restock")]))
    settled(wrap(release_credits)(context(), items=[ReleaseCredit(f"c{piece.number}", rma)]))


def summary(timings: Timings) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each command, in milliseconds."""
    return {
        name: {"p50_ms": _percentile(values, 0.50), "p95_ms": _percentile(values, 0.95)}
        for name, values in timings.items()
    }


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

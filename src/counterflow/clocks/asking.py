"""Waiting for customers by itself: a question that the desk sends is a pause."""

from collections.abc import Sequence

from counterflow.clocks.commands.pause_clocks import PauseClock, pause_clocks
from counterflow.clocks.commands.resume_clocks import ResumeClock, resume_clocks
from counterflow.clocks.pausing import WAITING, questions
from counterflow.kernel.context import Context


def wait_for_customers(ctx: Context, rma_ids: Sequence[int]) -> None:
    """Pause for the questions put to the customers of returns, and end the pauses of those that were never sent."""
    found = questions(rma_ids=rma_ids, at=ctx.at)
    begun = [PauseClock(q.reference, WAITING, q.rma, happened_at=q.asked_at) for q in found if q.asked]
    if begun:
        pause_clocks(ctx, items=begun)
    unsent = [ResumeClock(q.reference, "not_sent") for q in found if not q.asked]
    if unsent:
        resume_clocks(ctx, items=unsent)

"""The simulated year: orders and shipments as they come, returns as their lives have it, months closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from counterflow import flows
from counterflow.config.demo.calendar import Period, Year
from counterflow.config.demo.clocks import tick
from counterflow.config.demo.desk import Command, Desk, Result, StepRefused
from counterflow.config.demo.drafts import SILENT_FROM, propose
from counterflow.config.demo.lives import shipped_late
from counterflow.config.demo.network import EU, UK
from counterflow.config.demo.plan import plan
from counterflow.config.demo.provider import settle_payouts
from counterflow.config.demo.sales import Sale
from counterflow.config.demo.trip import Act, Life, Trip
from counterflow.kernel.commands import Refused
from counterflow.ledger.commands.close_periods import ClosePeriod, close_periods
from counterflow.logistics.commands.announce_parcels import announce_parcels
from counterflow.logistics.commands.observe_parcels import observe_parcels
from counterflow.orders.commands import record_orders
from counterflow.orders.commands.record_shipments import record_shipments
from counterflow.receiving.commands.close_parcels import close_parcels
from counterflow.receiving.commands.dispose_units import dispose_units
from counterflow.receiving.commands.inspect_units import inspect_units
from counterflow.receiving.commands.match_units import match_units
from counterflow.receiving.commands.receive_units import receive_units
from counterflow.receiving.commands.reverse_receipts import reverse_receipts
from counterflow.receiving.commands.send_back_units import send_back_units
from counterflow.refunds.commands.approve_early import approve_early
from counterflow.refunds.commands.observe_money import observe_money
from counterflow.returns.commands.cancel_rmas import cancel_rmas
from counterflow.returns.commands.decide_rmas import decide_rmas
from counterflow.returns.commands.open_rmas import open_rmas

DAYS = 7
BOOKS_CLOSE_AFTER = timedelta(days=8)
SWEEP: tuple[Command, ...] = (
    record_shipments,
    open_rmas,
    decide_rmas,
    cancel_rmas,
    reverse_receipts,
    announce_parcels,
    observe_parcels,
    receive_units,
    match_units,
    close_parcels,
    inspect_units,
    dispose_units,
    send_back_units,
    approve_early,
    observe_money,
)
"""In the order in which one thing leads to the next, so that one sweep carries a life far.

Between two sweeps the flows release, pay and close; what undoes a receipt stands early, so that they come first.
"""


@dataclass
class _Running:
    """A life under way: what it waits for, and what came of it so far."""

    life: Life
    trip: Trip
    acts: list[Act] = field(default_factory=list)
    results: list[Result | None] = field(default_factory=list)


@dataclass
class Stage:
    """All lives that are under way, with their next acts by command."""

    desk: Desk
    pending: dict[Command, list[tuple[_Running, int]]] = field(default_factory=lambda: {c: [] for c in SWEEP})

    def begin(self, life: Life, trip: Trip) -> None:
        """Let a life begin."""
        running = _Running(life, trip)
        self._advance(running, None)

    def _advance(self, running: _Running, results: list[Result] | None) -> None:
        """Send a life what came of its acts, and queue those it answers with."""
        try:
            running.acts = next(running.life) if results is None else running.life.send(results)
        except StopIteration:
            running.acts = []
        running.results = [None] * len(running.acts)
        for n, act in enumerate(running.acts):
            self.pending[act.command].append((running, n))

    def play(self, period: Period) -> None:
        """Do everything that falls due in a period, recorded at its end."""
        sweep = 0
        while any(self._due(command, period.end) for command in SWEEP):
            for command in SWEEP:
                self._do(command, period, sweep)
            flows.run_pending(at=period.end)
            sweep += 1

    def _due(self, command: Command, end: datetime) -> list[tuple[_Running, int]]:
        due = [(running, n) for running, n in self.pending[command] if running.acts[n].due < end]
        return sorted(due, key=lambda pair: pair[0].acts[pair[1]].due)

    def _do(self, command: Command, period: Period, sweep: int) -> None:
        due = self._due(command, period.end)
        if not due:
            return
        taken = {(id(running), n) for running, n in due}
        self.pending[command] = [p for p in self.pending[command] if (id(p[0]), p[1]) not in taken]
        # Told apart before any goes on: an answer gives a life its next acts.
        of_actor: dict[str, list[tuple[_Running, int]]] = {}
        for running, n in due:
            of_actor.setdefault(running.acts[n].actor, []).append((running, n))
        for actor, batch in sorted(of_actor.items(), key=lambda pair: pair[0]):
            items = [running.acts[n].item for running, n in batch]
            step = f"{period.number}:{sweep}:{actor}"
            results = self.desk.call(command, items, at=period.end, step=step, actor=actor)
            for (running, n), result in zip(batch, results, strict=True):
                self._settle(running, n, result)

    def _settle(self, running: _Running, n: int, result: Result) -> None:
        act = running.acts[n]
        if isinstance(result, Refused) and not act.refusable:
            name = str(getattr(act.command, "__name__", act.command))
            raise StepRefused(count=1, of=1, command=name, identity=result.identity, message=result.message)
        running.results[n] = result
        told = [r for r in running.results if r is not None]
        if len(told) == len(running.results):
            self._advance(running, told)


def play_year(
    desk: Desk, rng: Random, year: Year, made: Sequence[Sale], *, size: str, progress: Callable[[Period], None]
) -> None:
    """Play the year from its first order to its last day. Raises `StepRefused`."""
    trips = plan(rng, made, size=size, year=year)
    late = {trip.sale.number for kind, trip in trips if kind is shipped_late}
    stage = Stage(desk)
    orders, shipments, starts = _Feed(made), _Feed(sorted(made, key=lambda s: s.shipped_at)), _Feed(trips)
    closed = year.begin.date()
    for period in year.periods(DAYS):
        placed = orders.until(period.end, lambda sale: sale.order.placed_at)
        desk.must(record_orders, [sale.order for sale in placed], at=period.end, step=f"{period.number}")
        left = shipments.until(period.end, lambda sale: sale.shipped_at)
        told = [sale.shipment for sale in left if sale.number not in late]
        desk.must(record_shipments, told, at=period.end, step=f"{period.number}")
        for life, trip in starts.until(period.end, lambda start: start[1].at):
            stage.begin(life(trip), trip)
        stage.play(period)
        settle_payouts(desk, period.end)
        tick(desk, period)
        if period.number == SILENT_FROM:
            propose(desk, at=period.end)
        closed = _close_month(desk, period, closed)
        progress(period)


class _Feed:
    """Takes what falls due from rows in the order of time."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows
        self._next = 0

    def until(self, end: datetime, when: Callable[[Any], datetime]) -> list[Any]:
        """The rows before an instant that were not taken yet."""
        begin = self._next
        while self._next < len(self._rows) and when(self._rows[self._next]) < end:
            self._next += 1
        return list(self._rows[begin : self._next])


def _close_month(desk: Desk, period: Period, closed: date) -> date:
    """Close the books of a month once the next is a week old; the first day of what is open now."""
    month = (closed.replace(day=1) + timedelta(days=32)).replace(day=1)
    if period.end.date() < month + BOOKS_CLOSE_AFTER:
        return closed
    items = [ClosePeriod(entity, month - timedelta(days=1)) for entity in (UK, EU)]
    desk.must(close_periods, items, at=period.end, step=f"close:{month}")
    return month

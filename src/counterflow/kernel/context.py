"""Who calls, when, from where, and under which key. The clock is read at the edge and passed in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Self
from uuid import uuid4

from counterflow.kernel.errors import InvariantBroken


class Rank(IntEnum):
    """The one order in which rows are locked; going down again is a defect."""

    KEY = 0
    APPROVAL = 5
    ORDER_TENDER = 10
    SHIPMENT_LINE = 20
    RMA_LINE = 30
    PARCEL = 40
    TOTE = 44
    WORK = 46
    UNIT = 50
    CREDIT = 60
    STATEMENT = 70
    CLOCK = 72
    CASE = 75
    POSITION = 90


@dataclass
class Run:
    """What one outermost command gathers while it runs; inner commands share it."""

    command_id: int
    epoch: int
    ids: list[int]
    refill: Callable[[], list[int]]
    rank: Rank = Rank.KEY
    events: list[Any] = field(default_factory=list)
    trail: list[dict[str, Any]] = field(default_factory=list)
    queued: dict[str, list[Any]] = field(default_factory=dict)
    flush: dict[str, Callable[..., None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """The circumstances of one call.

    `actor` is pseudonymous ("user:7", "token:12", "flow:credits"); `at` is the instant of recording in
    UTC; `key` is the transport key, under which the same call has its effect once. `leave` lets through what people
    agreed to (`policies.approving`); only the room approvals gives one, and no edge can.
    """

    actor: str
    permissions: frozenset[str]
    at: datetime
    key: str
    source: str = "python"
    run: Run | None = None
    leave: object | None = None

    @classmethod
    def make(
        cls,
        actor: str,
        permissions: Iterable[str],
        at: datetime,
        *,
        key: str | None = None,
        source: str = "python",
    ) -> Self:
        """A context with a key of its own unless one is given."""
        return cls(actor, frozenset(permissions), at, key or uuid4().hex, source)

    @property
    def running(self) -> Run:
        """The running command; raises where code that belongs in a command is called outside of one."""
        if self.run is None:
            raise InvariantBroken("this works only inside a command")
        return self.run

    @property
    def command_id(self) -> int:
        """Id of the outermost command, as the audit row has it."""
        return self.running.command_id

    @property
    def config_epoch(self) -> int:
        """Number that grows whenever policies or other cached configuration change."""
        return self.running.epoch

    def new_id(self) -> int:
        """A fresh id, larger than the one before; the claim statement fetched enough for most calls."""
        run = self.running
        if not run.ids:
            run.ids = run.refill()
        return run.ids.pop()

    def when(self, told: datetime | None) -> datetime:
        """When something happened: as told, and never later than it is recorded."""
        return self.at if told is None else min(told, self.at)

    def may(self, permission: str) -> bool:
        """Whether the caller holds a permission; `*` holds all."""
        return permission in self.permissions or "*" in self.permissions

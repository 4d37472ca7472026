"""Facts in the past tense, and their delivery.

A command queues events; the kernel writes them with one delivery row at the end of its transaction.
The pump later hands chunks of deliveries to the worker, so no commit waits for a notification.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel.context import Context


@dataclass(frozen=True)
class Event:
    """Something that happened to one subject; `facts` hold codes and numbers, never personal data."""

    kind: str
    subject_id: int
    happened_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def emit(ctx: Context, events: Iterable[Event]) -> None:
    """Queue events; they are written when the outermost command finishes, or not at all."""
    ctx.running.events.extend(events)

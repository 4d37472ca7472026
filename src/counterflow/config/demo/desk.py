"""How the demo calls commands: in batches, on the simulated clock, under keys that repeat from run to run.

A demo that was interrupted is run again from its beginning: what was done already answers under its
transport key as it did before, and the rest is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.config.demo.agreeing import agreed
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError

BATCH = 1_000
STAFF, SECOND = "program:demo", "program:demo-second"
"""Who acts: the second person is whoever has to differ from the first."""

Result = Done | Refused
Command = Callable[..., Batch]


class StepRefused(DomainError):
    """{count} of {of} steps of the demo ({command}) were refused; the first, {identity}: {message}"""


@dataclass
class Desk:
    """Calls commands under the name of one scenario, and counts what came of them."""

    scenario: str
    done: dict[str, int] = field(default_factory=dict)
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    said: dict[tuple[str, str], str] = field(default_factory=dict)

    def call(
        self, command: Command, items: Sequence[Any], *, at: datetime, step: str | None, actor: str = STAFF
    ) -> list[Result]:
        """Results in the order of the items; refusals are counted and returned. What needs others is agreed to.

        `step` names the call for ever. Without one the items' own identities alone make it safe to repeat.
        """
        results: list[Result] = []
        for start in range(0, len(items), BATCH):
            ctx = self.context(at, None if step is None else f"{step}:{start}", actor)
            part = list(items[start : start + BATCH])
            key = None if step is None else ctx.key
            results += agreed(command, part, command(ctx, items=part).results, at=at, key=key)
        self._count(command, results)
        return results

    def must(
        self, command: Command, items: Sequence[Any], *, at: datetime, step: str | None, actor: str = STAFF
    ) -> list[Done]:
        """The same where nothing may be refused. Raises `StepRefused`."""
        results = self.call(command, items, at=at, step=step, actor=actor)
        refused = [result for result in results if isinstance(result, Refused)]
        if refused:
            first = refused[0]
            name = str(getattr(command, "__name__", command))
            raise StepRefused(
                count=len(refused), of=len(results), command=name, identity=first.identity, message=first.message
            )
        return [result for result in results if isinstance(result, Done)]

    def context(self, at: datetime, step: str | None, actor: str = STAFF) -> Context:
        """Circumstances of one call; the key follows from the step."""
        key = None if step is None else f"{self.scenario}:{step}"
        return Context.make(actor, ["*"], at, key=key, source="demo")

    def _count(self, command: Command, results: Sequence[Result]) -> None:
        name = str(getattr(command, "__name__", command))
        for result in results:
            if isinstance(result, Done):
                self.done[name] = self.done.get(name, 0) + 1
            else:
                self.refused[name, result.code] = self.refused.get((name, result.code), 0) + 1
                self.said.setdefault((name, result.code), result.message)

"""How the demo tells what it is doing: bars on a terminal, lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

LINE_EVERY_SECONDS = 5.0


@dataclass
class Step:
    """One step under way: how much of it is done, in units of its own."""

    name: str
    total: int
    done: int = 0
    spoken: float = field(default_factory=time.monotonic)


class Narrator:
    """Tells of steps. `at` moves the one under way."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar: Progress | None = None
        self._step: Step | None = None

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text, markup=False, highlight=False)

    @contextmanager
    def step(self, name: str, total: int) -> Iterator[None]:
        """Tell of a step from its begin to its end, with the time it took."""
        began = time.monotonic()
        self._step = Step(name, max(1, total))
        if self.console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            with Progress(*columns, console=self.console, transient=True) as self._bar:
                self._bar.add_task(name, total=self._step.total)
                yield
            self._bar = None
        else:
            self.say(f"{name} ...")
            yield
        self.say(f"{name}: {time.monotonic() - began:.1f} s")

    def at(self, done: int, total: int = 0) -> None:
        """How far the step is; on a terminal the bar moves, elsewhere a line is printed now and then."""
        step = self._step
        if step is None:
            return
        step.done, step.total = done, total or step.total
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=step.total)
        elif time.monotonic() - step.spoken >= LINE_EVERY_SECONDS:
            step.spoken = time.monotonic()
            self.say(f"  {100 * done // step.total} %")

"""State tables: one small machine per owner, written as rows (action, from, to).

At import a machine proves that every state can be reached and that every dead end is declared, so a
life with a hole in it does not start. Screens ask `actions()`, commands ask `move()`: they agree.
"""

from collections.abc import Iterable

from counterflow.kernel.errors import InvariantBroken, Refusal


class MoveNotAllowed(Refusal):
    """{machine} is {state}; it cannot {action} now. Possible: {possible}."""


class Machine:
    """The life of one kind of thing.

    `moves` are rows (action, from, to); `start` the states a life begins in; `final` where it may end.
    """

    def __init__(
        self,
        name: str,
        *,
        start: Iterable[str],
        final: Iterable[str],
        moves: Iterable[tuple[str, str, str]],
    ) -> None:
        self.name = name
        self.start = frozenset(start)
        self.final = frozenset(final)
        self.moves = tuple(moves)
        self._to = {(action, source): target for action, source, target in self.moves}
        self._prove()

    @property
    def states(self) -> frozenset[str]:
        """Every state named anywhere in the table."""
        return self.start | self.final | {s for _, a, b in self.moves for s in (a, b)}

    def _prove(self) -> None:
        if len(self._to) != len(self.moves):
            raise InvariantBroken(f"{self.name}: an action leaves one state twice")
        reached, grew = set(self.start), True
        while grew:
            more = {target for _, source, target in self.moves if source in reached} - reached
            reached |= more
            grew = bool(more)
        if unreached := self.states - reached:
            raise InvariantBroken(f"{self.name}: unreachable states {sorted(unreached)}")
        ends = self.states - {source for _, source, _ in self.moves}
        if undeclared := ends - self.final:
            raise InvariantBroken(f"{self.name}: undeclared dead ends {sorted(undeclared)}")

    def actions(self, state: str) -> list[str]:
        """What may be done now, in table order."""
        return [action for action, source, _ in self.moves if source == state]

    def can(self, action: str, state: str) -> bool:
        """Whether `action` leaves `state`."""
        return (action, state) in self._to

    def move(self, action: str, state: str) -> str:
        """The state that follows. Raises `MoveNotAllowed`."""
        target = self._to.get((action, state))
        if target is None:
            possible = ", ".join(self.actions(state)) or "nothing"
            raise MoveNotAllowed(machine=self.name, state=state, action=action, possible=possible)
        return target

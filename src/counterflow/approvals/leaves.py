"""The two leaves there are: one to see what an act would do, and one that people gave by agreeing."""

from collections.abc import Mapping
from dataclasses import asdict

from counterflow.approvals.rules import FactsChanged, Seen, changes
from counterflow.policies.approving import Leave, Sight

TOLD_MAX = 6


def seen_of(sight: Sight) -> Seen:
    """What is compared of an act."""
    return Seen(sight.facts, [asdict(line) for line in sight.lines], sight.demand.roles)


class Trial(Leave):
    """Lets everything through and keeps what it saw; whoever gives it takes back all that happens under it."""

    def __init__(self) -> None:
        self.sights: dict[str, Sight] = {}

    def grants(self, sight: Sight) -> bool:
        """Yes."""
        self.sights[sight.identity] = sight
        return True

    def covers(self, identity: str) -> bool:
        """Nobody agreed to anything."""
        return False


class Agreed(Leave):
    """Lets through what people agreed to, as long as it is what they agreed to."""

    def __init__(self, asked: Mapping[str, Seen]) -> None:
        self.asked = asked

    def grants(self, sight: Sight) -> bool:
        """Whether this act was agreed to. Raises `FactsChanged` with every difference."""
        before = self.asked.get(sight.identity)
        if before is None:
            return False
        if found := changes(before, seen_of(sight)):
            told = "; ".join(str(change) for change in found[:TOLD_MAX])
            rows = [{"what": change.what, "old": change.old, "new": change.new} for change in found]
            raise FactsChanged(changes=told, difference=rows)
        return True

    def covers(self, identity: str) -> bool:
        """Whether people agreed to this act."""
        return identity in self.asked

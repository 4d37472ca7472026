"""What timelines are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LATE = timedelta(hours=6)


@dataclass(frozen=True)
class Moment:
    """Something that happened: words, tone and icon, when it happened and when we learnt it."""

    at: datetime
    recorded_at: datetime
    title: str
    text: str = ""
    tone: str = "plain"
    icon: str = "circle"
    href: str = ""
    who: str = ""

    @property
    def late(self) -> bool:
        """Whether we learnt it so much later that a reader has to know."""
        return self.recorded_at - self.at > LATE


def newest_first(moments: Iterable[Moment]) -> list[Moment]:
    """Moments as a timeline shows them; of those at one instant the one told later comes first."""
    return sorted(moments, key=lambda moment: (moment.at, moment.recorded_at))[::-1]

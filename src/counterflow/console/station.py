"""What the floor stations share: the signal that a scan gives, and the node that a session works at."""

from dataclasses import dataclass
from typing import Final

NODE: Final = "station_node"
"""Where a session keeps the node, for every station the same."""


@dataclass(frozen=True)
class Signal:
    """What a scan came to: tone (good, attention, stop), a title and a sentence more."""

    tone: str
    title: str
    text: str = ""

"""The keyboard, as one table: the help that `?` opens shows these rows, and the script presses what stands in them."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from counterflow.console import navigation


@dataclass(frozen=True)
class Shortcut:
    """Keys, what they do in words, and what they press: an `act` of `frontend/src/keys.js`, or an address.

    Keys pressed one after another stand apart (`g r`), keys held together have a plus (`Ctrl+k`). A row without
    act and address tells what the browser or a part does by itself.
    """

    keys: str
    what: str
    act: str = ""
    href: str = ""

    @property
    def caps(self) -> list[str]:
        """The keys as they are drawn, one by one."""
        return self.keys.replace("+", " ").split()


GENERAL: Final[tuple[Shortcut, ...]] = (
    Shortcut("Ctrl+k", "Search and commands, from anywhere"),
    Shortcut("/", "Search this page, or everything", "search"),
    Shortcut("?", "Show these keys", "help"),
    Shortcut("n", "New, where a page makes something", "new"),
    Shortcut("e", "Edit, where a page can be edited", "edit"),
)
LISTS: Final[tuple[Shortcut, ...]] = (
    Shortcut("j", "Next row", "next"),
    Shortcut("k", "Row before", "previous"),
    Shortcut("Enter", "Open the row"),
    Shortcut(".", "What may be done with the row", "more"),
    Shortcut("]", "Next page", "forward"),
    Shortcut("[", "First page", "back"),
    Shortcut("x", "Select the row, or not", "pick"),
    Shortcut("X", "Select from the last one selected to this row", "range"),
    Shortcut("A", "Select all that match the filters", "all"),
    Shortcut("b", "Act on what is selected", "bulk"),
    Shortcut("t", "Take the next case, or the one shown", "take"),
    Shortcut("z", "Undo, where a page offers it", "undo"),
)
ROOM_KEYS: Final[dict[str, str]] = {
    "home": "h",
    "cases": "c",
    "desk": "d",
    "returns": "r",
    "receive": "v",
    "bench": "b",
    "unidentified": "p",
    "put_away": "w",
    "quarantine": "q",
    "totes": "o",
    "refurbishments": "f",
    "lots": "z",
    "pallets": "e",
    "inventory": "s",
    "counts": "n",
    "tie_out": "t",
    "statements": "x",
    "trial_balance": "l",
    "chart": "a",
    "master": "m",
    "users": "u",
    "tokens": "k",
    "styleguide": "y",
}
"""The letter after `g` for a room, by the name of its address."""


@dataclass(frozen=True)
class ShortcutGroup:
    """Keys that belong together."""

    label: str
    rows: tuple[Shortcut, ...]


def shortcuts(permissions: frozenset[str]) -> list[ShortcutGroup]:
    """All keys that do something for whoever holds these permissions."""
    rooms = tuple(
        Shortcut(f"g {ROOM_KEYS[link.url]}", link.label, href=reverse(link.url))
        for group in navigation.allowed(permissions)
        for link in group.links
        if link.url in ROOM_KEYS
    )
    return [ShortcutGroup("Anywhere", GENERAL), ShortcutGroup("Lists", LISTS), ShortcutGroup("Go to", rooms)]

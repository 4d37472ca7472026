"""The register of master data: a row a kind."""

from counterflow.console.master.hours import CALENDARS
from counterflow.console.master.items import ITEMS
from counterflow.console.master.kinds import Kind
from counterflow.console.master.partners import BRANDS, SUPPLIERS
from counterflow.console.master.places import AUTHORITIES, CHANNELS, NODES
from counterflow.console.master.users import USERS
from counterflow.console.master.words import MAPPINGS, REASONS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (ITEMS, SUPPLIERS, BRANDS, REASONS, MAPPINGS, CHANNELS, NODES, AUTHORITIES, CALENDARS, USERS)
}
TOLD: dict[str, Kind] = {kind.told: kind for kind in KINDS.values()}

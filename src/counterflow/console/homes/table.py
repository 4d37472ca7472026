"""Which role has which home; a user of several roles chooses among theirs."""

from collections.abc import Callable, Iterable
from typing import Final

from counterflow.console.homes import (
    administrator,
    agent,
    clerk,
    executive,
    finance,
    inspector,
    integrator,
    inventory_controller,
    supplier_manager,
)
from counterflow.console.homes.parts import Home
from counterflow.console.page import Staff

HOMES: Final[dict[str, Callable[[Staff], Home]]] = {
    "clerk": clerk.home,
    "inspector": inspector.home,
    "agent": agent.home,
    "finance": finance.home,
    "inventory_controller": inventory_controller.home,
    "supplier_manager": supplier_manager.home,
    "executive": executive.home,
    "integrator": integrator.home,
    "administrator": administrator.home,
}


def homes_of(roles: Iterable[str]) -> list[str]:
    """The homes that these roles have, in the order of the table; an administrator may look at all."""
    held = set(roles)
    return [role for role in HOMES if role in held or "administrator" in held]

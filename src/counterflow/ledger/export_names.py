"""How our accounts, items and amounts are called in other programs' files. Pure."""

import re
from collections.abc import Iterable, Mapping

from counterflow.kernel.money import places
from counterflow.ledger.chart import TRAITS, State

ROOTS = {"asset": "Assets", "liability": "Liabilities", "equity": "Equity", "income": "Income", "expense": "Expenses"}
COMMODITY_MAX = 24


def camel(code: str) -> str:
    """`in_transit_return` -> `InTransitReturn`."""
    return "".join(word.capitalize() for word in code.split("_"))


def account_part(code: str) -> str:
    """The account below root and entity.

    `stock.received` -> `Stock:Received`; its allowance stands beside it, not below: a checker counts what
    is below an account as part of it.
    """
    if not code.startswith("stock."):
        return camel(code)
    _, state, *component = code.split(".")
    return f"Stock{''.join(camel(part) for part in component)}:{camel(state)}"


def units_part(state: str) -> str:
    """Root and rest of the account that counts pieces in a state."""
    return f"Units:{camel(state)}"


def units_root(state: str) -> str:
    """Places that hold our goods are assets; the counter-accounts beside them are equity."""
    return "Assets" if TRAITS[State(state)].guarded else "Equity"


def entity_parts(codes: Iterable[str]) -> dict[str, str]:
    """A component for each entity code: a capital or digit first, then letters, digits and hyphens; all differ."""
    found: dict[str, str] = {}
    for n, code in enumerate(sorted(codes), start=1):
        part = re.sub(r"[^A-Za-z0-9-]", "-", code)
        part = part[:1].upper() + part[1:]
        if not re.match(r"[A-Z0-9]", part):
            part = f"E{part}"
        found[code] = part if part not in found.values() else f"{part}-{n}"
    return found


def commodities(items: Mapping[int, str], taken: Iterable[str]) -> dict[int, str]:
    """A commodity for each item, like its SKU as far as the rules of beancount allow; all differ."""
    used = set(taken)
    found: dict[int, str] = {}
    for item, sku in sorted(items.items()):
        name = re.sub(r"[^A-Z0-9'._-]", "-", sku.upper())
        name = name if name[:1].isalpha() else f"X{name}"
        name = name[:COMMODITY_MAX].rstrip("'._-")
        if len(name) < 2 or name in used:
            name = f"ITEM-{item}"
        used.add(name)
        found[item] = name
    return found


def decimal(minor: int, currency: str) -> str:
    """Minor units as a decimal number with the currency's places and no separators."""
    digits = places(currency)
    sign, size = ("-" if minor < 0 else ""), abs(minor)
    if not digits:
        return f"{sign}{size}"
    whole, rest = divmod(size, 10**digits)
    return f"{sign}{whole}.{rest:0{digits}}"

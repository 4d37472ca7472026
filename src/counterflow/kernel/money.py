"""Money as integers: minor units of an ISO 4217 currency, split so that parts sum to the whole."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from babel.numbers import get_currency_precision, is_currency

from counterflow.kernel.errors import Invalid

# Where ISO 4217 has another number of decimals than the coins in use, which is what Babel knows. Payment
# providers count in those of ISO 4217, and so do we: 1250 minor units are 12.50 RSD.
_ISO_PLACES: Final = dict.fromkeys(
    ("AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SLL", "SOS", "SYP", "YER"), 2
) | {"IQD": 3}


class UnknownCurrency(Invalid):
    """{currency} is not a currency code of ISO 4217, such as GBP or EUR."""


class TooPrecise(Invalid):
    """{amount} has more decimals than {currency} has; send at most {places}."""


@cache
def places(currency: str) -> int:
    """Number of decimals of a currency by ISO 4217: 2 for GBP, 0 for JPY, 3 for KWD. Raises `UnknownCurrency`."""
    if not (len(currency) == 3 and currency.isupper() and is_currency(currency)):
        raise UnknownCurrency(currency=currency[:12])
    return _ISO_PLACES.get(currency, int(get_currency_precision(currency)))


def to_minor(amount: Decimal, currency: str) -> int:
    """Exact minor units of a decimal amount. Raises `UnknownCurrency`, `TooPrecise`."""
    scaled = amount.scaleb(places(currency))
    if scaled != scaled.to_integral_value():
        raise TooPrecise(amount=str(amount), currency=currency, places=places(currency))
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """The decimal amount of minor units, with the currency's own number of places."""
    return Decimal(minor).scaleb(-places(currency))


def share(total: int, *, done: int, take: int, of: int) -> int:
    """The part of `total` that `take` pieces carry when `done` of `of` pieces were taken before.

    Cumulative floors: whatever the cuts, the parts sum to `total` exactly and never exceed it early.
    """
    return total * (done + take) // of - total * done // of


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` by largest remainder; the parts sum to `total`."""
    whole = sum(weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))] if weights else []
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts

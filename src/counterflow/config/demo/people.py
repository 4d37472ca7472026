"""How the demo company's customers are reached: made by a rule from the customer's number, none of them real.

Addresses of mail end in demo.example, which nobody can own (RFC 2606). British telephone numbers are of the
range that Ofcom keeps free for drama; those of other countries begin with 0100, which no network gives out.
"""

from random import Random

from counterflow.orders.contacts import NewContact

_STREETS = ("Sample Street", "Example Road", "Demo Lane", "Pattern Way", "Specimen Row")
_CITIES = {"GB": ("Sampleton", "ZZ{0} {1}ZZ"), "DE": ("Musterstadt", "0{0}0{1}0"), "FR": ("Exempleville", "0{0}0{1}0")}


def contact_of(customer_ref: str, country: str) -> NewContact:
    """The contact of one customer; the same customer always has the same."""
    rng = Random(customer_ref)  # noqa: S311 - a seeded rule, not a secret
    city, pattern = _CITIES.get(country, ("Sampleton", "0{0}0{1}0"))
    digits = f"{rng.randrange(1000):03d}"
    return NewContact(
        name=f"Customer {customer_ref}",
        email=f"customer.{customer_ref}@demo.example".lower(),
        phone=f"020 7946 0{digits}" if country == "GB" else f"0100 555 {digits}",
        line1=f"{rng.randint(1, 99)} {rng.choice(_STREETS)}",
        postcode=pattern.format(rng.randint(1, 9), rng.randint(1, 9)),
        city=city,
    )

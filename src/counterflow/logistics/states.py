"""The life of a return parcel, as the carrier tells it, until we have emptied it."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Parcel(StrEnum):
    """States of a parcel."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    LOST = "lost"
    RETURNED = "returned_to_sender"
    EMPTIED = "emptied"


# What a carrier may report, in the order in which reports of one instant count.
REPORTS = {
    "accepted": Parcel.ACCEPTED,
    "in_transit": Parcel.IN_TRANSIT,
    "delivered": Parcel.DELIVERED,
    "lost": Parcel.LOST,
    "found": Parcel.IN_TRANSIT,
    "returned_to_sender": Parcel.RETURNED,
}
_OPEN = (Parcel.ANNOUNCED, *dict.fromkeys(REPORTS.values()))

PARCEL = Machine(
    "parcel",
    start={Parcel.ANNOUNCED},
    final={Parcel.RETURNED, Parcel.EMPTIED, Parcel.LOST},
    moves=[
        # A carrier's latest report decides, so any may follow any; what is older is kept and changes nothing.
        *[(kind, state, target) for kind, target in REPORTS.items() for state in _OPEN],
        *[("empty", state, Parcel.EMPTIED) for state in _OPEN],
    ],
)


class Hands(StrEnum):
    """In whose hands the goods of a parcel are while it is in a state."""

    CUSTOMER = "customer"
    CARRIER = "carrier"
    NOBODY = "nobody"


HANDS = {
    Parcel.ANNOUNCED: Hands.CUSTOMER,
    Parcel.ACCEPTED: Hands.CARRIER,
    Parcel.IN_TRANSIT: Hands.CARRIER,
    Parcel.DELIVERED: Hands.CARRIER,
    Parcel.LOST: Hands.NOBODY,
    Parcel.RETURNED: Hands.CUSTOMER,
    Parcel.EMPTIED: Hands.CUSTOMER,
}

"""The life of a return parcel, as the carrier tells it."""

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
    CANCELLED = "cancelled"
    EMPTIED = "emptied"


_MOVING = (Parcel.ACCEPTED, Parcel.IN_TRANSIT, Parcel.DELIVERED)

PARCEL = Machine(
    "parcel",
    start={Parcel.ANNOUNCED},
    final={Parcel.RETURNED, Parcel.CANCELLED, Parcel.EMPTIED, Parcel.LOST},
    moves=[
        # A carrier's reports arrive in any order; what is behind the present state is kept and changes nothing.
        ("accepted", Parcel.ANNOUNCED, Parcel.ACCEPTED),
        *[("in_transit", state, Parcel.IN_TRANSIT) for state in (Parcel.ANNOUNCED, Parcel.ACCEPTED)],
        *[("delivered", state, Parcel.DELIVERED) for state in (Parcel.ANNOUNCED, Parcel.ACCEPTED, Parcel.IN_TRANSIT)],
        *[("lost", state, Parcel.LOST) for state in (Parcel.ANNOUNCED, *_MOVING)],
        ("found", Parcel.LOST, Parcel.IN_TRANSIT),
        *[("returned_to_sender", state, Parcel.RETURNED) for state in (Parcel.ANNOUNCED, *_MOVING)],
        ("cancel", Parcel.ANNOUNCED, Parcel.CANCELLED),
        *[("empty", state, Parcel.EMPTIED) for state in (Parcel.ANNOUNCED, *_MOVING, Parcel.LOST)],
    ],
)

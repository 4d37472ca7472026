"""The life of a unit on our premises. Which stock state holds it is the ledger's to say, and kept beside."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Unit(StrEnum):
    """States of a unit."""

    RECEIVED = "received"
    INSPECTED = "inspected"
    SET_APART = "set_apart"
    RELEASED = "released"
    DISPOSED = "disposed"
    SENT_BACK = "sent_back"
    REVERSED = "reversed"


UNIT = Machine(
    "unit",
    start={Unit.RECEIVED},
    final={Unit.DISPOSED, Unit.SENT_BACK, Unit.REVERSED},
    moves=[
        # action     from             to
        ("inspect", Unit.RECEIVED, Unit.INSPECTED),
        ("inspect", Unit.SET_APART, Unit.INSPECTED),
        ("inspect", Unit.RELEASED, Unit.INSPECTED),
        # A further look before the unit goes anywhere takes the place of the one before; nothing moves.
        ("inspect", Unit.INSPECTED, Unit.INSPECTED),
        ("set_apart", Unit.RECEIVED, Unit.SET_APART),
        ("set_apart", Unit.INSPECTED, Unit.SET_APART),
        ("set_apart", Unit.RELEASED, Unit.SET_APART),
        ("release", Unit.SET_APART, Unit.RELEASED),
        ("dispose", Unit.INSPECTED, Unit.DISPOSED),
        ("dispose", Unit.SET_APART, Unit.DISPOSED),
        ("split", Unit.RECEIVED, Unit.RECEIVED),
        ("reverse", Unit.RECEIVED, Unit.REVERSED),
        ("send_back", Unit.DISPOSED, Unit.SENT_BACK),
    ],
)


class Found(StrEnum):
    """How a unit relates to what was expected."""

    EXPECTED = "expected"
    EXCESS = "excess"
    WRONG_ITEM = "wrong_item"
    BLIND = "blind"
    UNIDENTIFIED = "unidentified"

"""State tables prove themselves at import."""

import pytest

from counterflow.kernel.errors import InvariantBroken
from counterflow.kernel.states import Machine, MoveNotAllowed

DOOR = Machine("door", start={"open"}, final={"locked"}, moves=[("shut", "open", "shut"), ("lock", "shut", "locked")])


def test_actions_and_moves_agree():
    assert DOOR.actions("open") == ["shut"]
    assert DOOR.move("shut", "open") == "shut"
    assert not DOOR.can("lock", "open")
    with pytest.raises(MoveNotAllowed) as raised:
        DOOR.move("lock", "open")
    assert raised.value.message == "door is open; it cannot lock now. Possible: shut."


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ([("a", "x", "y"), ("a", "x", "z")], "twice"),
        ([("a", "x", "y"), ("b", "island", "y")], "unreachable"),
        ([("a", "x", "y"), ("b", "x", "hole")], "dead ends"),
    ],
)
def test_a_table_with_a_hole_does_not_start(moves, message):
    with pytest.raises(InvariantBroken, match=message):
        Machine("bad", start={"x"}, final={"y"}, moves=moves)

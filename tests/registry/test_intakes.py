"""Files between preview and taking over: keep_intakes, mark_intakes, clear_intakes."""

from datetime import UTC, datetime, timedelta

import pytest

from counterflow.kernel import db
from counterflow.registry.commands.clear_intakes import clear_intakes
from counterflow.registry.commands.keep_intakes import KeepIntake, keep_intakes, packed
from counterflow.registry.commands.mark_intakes import MarkIntake, mark_intakes
from counterflow.registry.queries import intake, intakes, part

pytestmark = pytest.mark.usefixtures("database_copy")


def kept(ctx, name="a.csv", at=None):
    parts = [packed([{"values": {"sku": f"S{n}"}}]) for n in range(2)]
    made = keep_intakes(ctx(at=at), items=[KeepIntake("items", name, "0" * 64, {"rows": 2}, [], parts)])
    return made.done[0].facts["intake_id"]


def test_rows_are_there_until_the_file_is_taken_over(ctx):
    number = kept(ctx)
    assert part(intake_id=number, seq=1) == [{"values": {"sku": "S1"}}]
    mark_intakes(ctx(), items=[MarkIntake(number, 1, counts=(("done", 1),))])
    assert (intake(intake_id=number).state, intake(intake_id=number).taken) == ("previewed", 1)
    mark_intakes(ctx(), items=[MarkIntake(number, 2, counts=(("done", 1),), problems=({"line": 3},))])
    row = intake(intake_id=number)
    assert (row.state, row.summary["done"], row.problems) == ("taken", 2, [{"line": 3}])
    assert part(intake_id=number, seq=1) == []
    assert mark_intakes(ctx(), items=[MarkIntake(number, drop=True)]).refused[0].code == "intake_ended"
    assert mark_intakes(ctx(), items=[MarkIntake(1)]).refused[0].code == "intake_missing"


def test_a_forgotten_file_is_cleared_away(ctx):
    old, new = kept(ctx, "old.csv", datetime.now(UTC) - timedelta(days=2)), kept(ctx, "new.csv")
    assert clear_intakes(ctx()).done[0].facts == {"dropped": 1}
    assert (intake(intake_id=old).state, intake(intake_id=new).state) == ("dropped", "previewed")
    left = {row.intake_id for row in db.rows("SELECT intake_id FROM registry_intakepart")}
    assert old not in left
    assert new in left
    assert [row.file_name for row in intakes(kind="items", limit=1)] == ["new.csv"]

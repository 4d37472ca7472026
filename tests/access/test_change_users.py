"""change_users: name, zone and home node; the history knows people by number only."""

import pytest

from counterflow.access import queries
from counterflow.access.commands import ChangeUser, NewUser, SetRoles, change_users, create_users, set_roles
from counterflow.registry.queries import changes

pytestmark = pytest.mark.usefixtures("database_copy")


def test_a_user_gets_a_home_node_and_another_name(ctx, company, owner):
    create_users(ctx(), items=[NewUser("mover@demo.example", "Quillfeather", ("clerk",))])
    change = ChangeUser("mover@demo.example", 1, name="Quillfeather Two", home_node=company.node())
    assert not change_users(ctx(), items=[change]).refused
    row = queries.user(email="mover@demo.example")
    assert (row.name, row.home_node, row.time_zone, row.version) == ("Quillfeather Two", company.node(), "UTC", 2)
    set_roles(ctx(), items=[SetRoles("mover@demo.example", ("agent",))])
    told = {(c.field, c.old, c.new, c.version) for c in changes(kind="user", record_id=row.id)}
    assert told == {
        ("", "", "", 1),
        ("name", "", "", 2),
        ("home_node", "", company.node(), 2),
        ("roles", "clerk", "agent", 3),
    }
    for word in ("quillfeather", "mover@"):
        found = owner.execute(f"SELECT count(*) FROM registry_change t WHERE t::text ILIKE '%{word}%'").fetchone()
        assert found == (0,)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (ChangeUser("nobody@demo.example", name="X"), "record_missing"),
        (ChangeUser("wrong@demo.example", home_node="nowhere"), "node_unknown"),
        (ChangeUser("wrong@demo.example", time_zone="Mars"), "time_zone_unknown"),
        (ChangeUser("wrong@demo.example", 9, name="Y"), "record_changed"),
    ],
)
def test_a_wrong_change_is_refused(ctx, change, code):
    create_users(ctx(), items=[NewUser("wrong@demo.example", "Wrong")])
    assert [r.code for r in change_users(ctx(), items=[change]).refused] == [code]

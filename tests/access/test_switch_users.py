"""An account that is off can do nothing, and comes back as it was."""

from counterflow.access import queries
from counterflow.access.commands import NewUser, SwitchUser, create_users, switch_users


def test_off_means_no_permission_and_on_brings_them_back(ctx):
    create_users(ctx(), items=[NewUser("off@demo.example", "Off", ("clerk",))])
    user_id = queries.user(email="off@demo.example").id
    assert "receiving.receive" in queries.permissions_of(user_id)
    switch_users(ctx(), items=[SwitchUser("OFF@demo.example", is_active=False)])
    queries.forget()
    assert queries.permissions_of(user_id) == frozenset()
    switch_users(
        ctx(), items=[SwitchUser("off@demo.example", is_active=False), SwitchUser("off@demo.example", is_active=True)]
    )
    queries.forget()
    assert "receiving.receive" in queries.permissions_of(user_id)


def test_an_unknown_user_is_refused(ctx):
    assert switch_users(ctx(), items=[SwitchUser("ghost@demo.example", is_active=False)]).refused[0].kind == "not_found"

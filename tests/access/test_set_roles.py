"""Roles are exactly what was said last, and nobody can lock everybody out."""

import pytest

from counterflow.access import queries
from counterflow.access.commands import NewUser, SetRoles, SwitchUser, create_users, set_roles, switch_users
from counterflow.kernel import db


@pytest.fixture
def people(ctx):
    create_users(
        ctx(),
        items=[
            NewUser("admin@demo.example", "Admin", ("administrator",)),
            NewUser("agent@demo.example", "Agent", ("agent",)),
        ],
    )
    set_roles(
        ctx(), items=[SetRoles("admin@demo.example", ("administrator",)), SetRoles("agent@demo.example", ("agent",))]
    )


def roles_of(email):
    return queries.user(email=email).roles


def test_roles_become_exactly_those_named(ctx, people):
    set_roles(ctx(), items=[SetRoles("agent@demo.example", ("clerk", "finance"))])
    assert roles_of("agent@demo.example") == ("clerk", "finance")
    set_roles(ctx(), items=[SetRoles("agent@demo.example", ())])
    assert roles_of("agent@demo.example") == ()


def test_the_last_word_in_a_batch_counts(ctx, people):
    set_roles(
        ctx(), items=[SetRoles("agent@demo.example", ("clerk",)), SetRoles("agent@demo.example", ("agent", "clerk"))]
    )
    assert roles_of("agent@demo.example") == ("agent", "clerk")


def test_the_last_administrator_stays(ctx, people):
    batch = set_roles(ctx(), items=[SetRoles("admin@demo.example", ("clerk",))])
    assert batch.refused[0].code == "last_administrator"
    off = switch_users(ctx(), items=[SwitchUser("admin@demo.example", is_active=False)])
    assert off.refused[0].code == "last_administrator"
    assert roles_of("admin@demo.example") == ("administrator",)


def test_an_earlier_item_of_the_batch_may_make_room(ctx, people):
    batch = set_roles(
        ctx(), items=[SetRoles("agent@demo.example", ("administrator",)), SetRoles("admin@demo.example", ("clerk",))]
    )
    assert not batch.refused
    set_roles(
        ctx(), items=[SetRoles("admin@demo.example", ("administrator",)), SetRoles("agent@demo.example", ("agent",))]
    )


def test_unknown_users_and_roles_are_refused(ctx, people):
    batch = set_roles(ctx(), items=[SetRoles("nobody@demo.example", ()), SetRoles("agent@demo.example", ("pope",))])
    assert [r.code for r in batch.refused] == ["user_not_found", "role_unknown"]
    assert roles_of("agent@demo.example") == ("agent",)


def test_the_number_of_statements_does_not_grow(ctx, people):
    create_users(ctx(), items=[NewUser(f"many{i}@demo.example", "M", ("clerk",)) for i in range(300)])
    counts = []
    for size in (1, 300):
        with db.counting() as seen:
            set_roles(ctx(), items=[SetRoles(f"many{i}@demo.example", ("agent", "clerk")) for i in range(size)])
        counts.append(len(seen))
        set_roles(ctx(), items=[SetRoles(f"many{i}@demo.example", ("clerk",)) for i in range(size)])
    assert counts[0] == counts[1] <= 6

"""Users are created once, and what cannot be a user is refused with a reason."""

import pytest

from counterflow.access import queries
from counterflow.access.commands import NewUser, create_users
from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied


def user(email, name="A Clerk", roles=("clerk",), **more):
    return NewUser(email, name, roles, **more)


def test_a_user_is_created_with_roles(ctx):
    batch = create_users(ctx(), items=[user("Clerk.One@Demo.Example", roles=("clerk", "inspector"))])
    assert batch.done[0].identity == "clerk.one@demo.example"
    row = queries.user(email="CLERK.ONE@demo.example")
    assert (row.name, row.roles, row.is_active) == ("A Clerk", ("clerk", "inspector"), True)
    assert "receiving.inspect" in queries.permissions_of(row.id)


def test_the_same_user_again_is_a_replay_and_another_content_is_refused(ctx):
    first = create_users(ctx(), items=[user("twice@demo.example", password_hash="one")]).done[0]
    again = create_users(
        ctx(), items=[user("twice@demo.example", password_hash="two"), user("TWICE@demo.example", "B")]
    )
    assert again.done[0].replayed
    assert again.done[0].facts == first.facts
    assert again.refused[0].code == "identity_reused"


def test_one_batch_sees_its_own_earlier_items(ctx):
    batch = create_users(
        ctx(), items=[user("same@demo.example"), user("same@demo.example"), user("same@demo.example", "X")]
    )
    assert [type(r).__name__ for r in batch] == ["Done", "Done", "Refused"]
    assert batch.done[1].replayed
    assert len(queries.users(search="same@")) == 1


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (user("no-at-sign"), "email_malformed"),
        (user("a b@demo.example"), "email_malformed"),
        (user("x" * 250 + "@demo.example"), "email_malformed"),
        (user("n@demo.example", "   "), "name_missing"),
        (user("n@demo.example", "n" * 121), "name_missing"),
        (user("n@demo.example", roles=("king",)), "role_unknown"),
        (user("n@demo.example", time_zone="Moon/Base"), "time_zone_unknown"),
    ],
)
def test_what_cannot_be_a_user_is_refused(ctx, item, code):
    batch = create_users(ctx(), items=[item, user("bystander@demo.example")])
    assert [r.code for r in batch.refused] == [code]
    assert len(batch.done) == 1


def test_the_number_of_statements_does_not_grow(ctx):
    counts = []
    for size in (1, 500):
        items = [user(f"n{size}-{i}@demo.example") for i in range(size)]
        with db.counting() as seen:
            create_users(ctx(), items=items)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5


def test_it_needs_the_permission(ctx):
    with pytest.raises(PermissionDenied):
        create_users(ctx("returns.open"), items=[user("never@demo.example")])
    assert queries.user(email="never@demo.example") is None

"""Who stands behind an actor: one person by whatever token, and no more than this person may do at this moment."""

from datetime import timedelta

import pytest

from agreeing import address, person, token
from counterflow.access import queries
from counterflow.access.commands import IssueToken, SetRoles, SwitchUser, issue_tokens, set_roles, switch_users
from counterflow.access.roles import PEOPLE_ONLY, permissions_by_token, permissions_for
from counterflow.access.secrets import new_token
from counterflow.access.standing import person_of, persons, standing
from counterflow.kernel import db
from counterflow.kernel.clock import now

PROGRAM = ("returns.open", "policies.override")


@pytest.mark.parametrize("permission", sorted(PEOPLE_ONLY))
def test_a_program_that_reports_never_does_what_is_for_people(permission):
    holds = next(code for code in ("agent", "finance", "inventory_controller") if permission in permissions_for([code]))
    assert permission in permissions_by_token([holds], [permission, "returns.view"])
    assert permission not in permissions_by_token([holds, "integrator"], [permission, "returns.view"])
    assert "returns.view" in permissions_by_token([holds, "integrator"], [permission, "returns.view"])


def test_a_token_does_no_more_than_its_user():
    assert permissions_by_token(["clerk"], ["refunds.pay", "counts.count"]) == {"counts.count"}
    assert permissions_by_token([], ["counts.count"]) == frozenset()


def test_the_edge_and_what_is_read_anew_agree_about_every_token(ctx):
    """What lets a program in, and what lets its request be done later, is one rule."""
    for roles in (("agent",), ("agent", "integrator"), ("finance", "integrator")):
        user = person(ctx, *roles)
        made, scopes = new_token(), sorted(permissions_for(roles))
        issued = issue_tokens(ctx(), items=[IssueToken(address(user), "Shop", made.prefix, made.digest, tuple(scopes))])
        assert issued.done
        bearer = queries.authenticate_token(made.plain)
        assert bearer is not None
        found = standing([bearer.actor], at=now())[bearer.actor]
        assert found.permissions == bearer.permissions
        assert bool(found.permissions & PEOPLE_ONLY) == ("integrator" not in roles)
        assert found.person == user


def test_an_integrator_who_was_a_colleague_before_overrides_no_more(ctx):
    user = person(ctx, "agent")
    program = token(ctx, user, *PROGRAM)
    assert standing([program], at=now())[program].permissions == set(PROGRAM)
    set_roles(ctx(), items=[SetRoles(address(user), ("agent", "integrator"))])
    assert standing([program], at=now())[program].permissions == {"returns.open"}
    assert standing([user], at=now())[user].permissions >= set(PROGRAM)


def test_who_is_switched_off_or_expired_may_do_nothing_and_is_still_somebody(ctx):
    user = person(ctx, "agent")
    made = new_token()
    item = IssueToken(address(user), "Shop", made.prefix, made.digest, PROGRAM, now() + timedelta(days=1))
    assert issue_tokens(ctx(), items=[item]).done
    program = f"token:{db.rows('SELECT id FROM access_apitoken WHERE prefix = %s', [made.prefix])[0].id}"
    late = standing([program, user], at=now() + timedelta(days=2))
    assert (late[program].permissions, late[program].person) == (frozenset(), user)
    assert late[user].permissions
    switch_users(ctx(), items=[SwitchUser(address(user), False)])
    assert standing([user], at=now())[user].roles == frozenset()


def test_an_actor_is_written_in_one_way(ctx):
    user = person(ctx, "agent")
    number = user.partition(":")[2]
    strange = [f"user:0{number}", f"user:+{number}", f"user: {number}", f"USER:{number}", "user:", "flow:credits"]
    assert standing(strange, at=now()) == {}


def test_all_tokens_of_a_user_are_one_person(ctx):
    user = person(ctx, "agent")
    tokens = [token(ctx, user, "returns.open") for _ in range(2)]
    assert persons([*tokens, user, "flow:credits"]) == {
        **dict.fromkeys([*tokens, user], user),
        "flow:credits": "flow:credits",
    }
    assert person_of(tokens[0]) == user
    assert person_of("token:1") == "token:1"


def test_people_are_known_without_asking(ctx):
    with db.counting() as seen:
        assert persons(["user:7", "flow:credits"]) == {"user:7": "user:7", "flow:credits": "flow:credits"}
    assert seen == []
    with db.counting() as seen:
        persons([f"token:{n}" for n in range(50)])
    assert len(seen) == 1

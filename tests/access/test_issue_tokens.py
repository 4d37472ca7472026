"""A token speaks for its user within its scopes, and only its digest is ever kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from counterflow.access import queries
from counterflow.access.commands import (
    IssueToken,
    NewUser,
    RevokeToken,
    SetRoles,
    SwitchUser,
    create_users,
    issue_tokens,
    note_token_use,
    revoke_tokens,
    set_roles,
    switch_users,
)
from counterflow.access.secrets import new_token
from counterflow.kernel import db

SHOP = "shop@demo.example"


@pytest.fixture(autouse=True)
def shop(ctx):
    """A program's user; earlier tests may have changed it."""
    queries.forget()
    create_users(ctx(), items=[NewUser(SHOP, "Shop", ("integrator",))])
    switch_users(ctx(), items=[SwitchUser(SHOP, is_active=True)])
    set_roles(ctx(), items=[SetRoles(SHOP, ("integrator",))])
    return queries.user(email=SHOP)


def wish(token, *scopes, **more):
    return IssueToken(SHOP, "Web shop", token.prefix, token.digest, scopes or ("returns.open",), **more)


def test_a_token_authenticates_within_its_scopes(ctx):
    token = new_token()
    issue_tokens(ctx(), items=[wish(token, "returns.open", "returns.view")])
    bearer = queries.authenticate_token(token.plain)
    assert bearer.permissions == {"returns.open", "returns.view"}
    assert bearer.actor == f"token:{bearer.token_id}"
    assert queries.names_of([bearer.actor, "flow:credits"]) == {
        bearer.actor: "Web shop",
        "flow:credits": "flow:credits",
    }


def test_one_statement_authenticates_and_none_within_seconds(ctx):
    token = new_token()
    issue_tokens(ctx(), items=[wish(token)])
    for expected in (1, 0):
        with db.counting() as seen:
            assert queries.authenticate_token(token.plain)
        assert len(seen) == expected


def test_the_secret_is_nowhere_in_the_database(ctx, owner):
    token = new_token()
    issue_tokens(ctx(), items=[wish(token)])
    secret = token.plain.removeprefix(f"cf_{token.prefix}_")
    tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in tables:
        found = owner.execute(
            f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [secret]
        ).fetchone()
        assert found == (0,), table
    assert secret not in repr(token)


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[:-1], lambda t: "", lambda t: "cf_x"]
)
def test_anything_but_the_whole_token_is_nobody(ctx, spoil):
    token = new_token()
    issue_tokens(ctx(), items=[wish(token)])
    assert queries.authenticate_token(spoil(token.plain)) is None


def test_revoked_expired_and_switched_off_are_nobody(ctx):
    revoked, expired, off = new_token(), new_token(), new_token()
    tomorrow = ctx().at + timedelta(days=1)
    issue_tokens(ctx(), items=[wish(revoked), wish(off), wish(expired, expires_at=tomorrow)])
    assert revoke_tokens(ctx(), items=[RevokeToken(revoked.prefix)]).done[0].replayed is False
    assert revoke_tokens(ctx(), items=[RevokeToken(revoked.prefix)]).done[0].replayed is True
    db.execute(
        """
        UPDATE access_apitoken SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'
        WHERE prefix = %s
        """,
        [expired.prefix],
    )
    assert queries.authenticate_token(revoked.plain) is None
    assert queries.authenticate_token(expired.plain) is None
    assert queries.authenticate_token(off.plain) is not None
    switch_users(ctx(), items=[SwitchUser(SHOP, is_active=False)])
    queries.forget()
    assert queries.authenticate_token(off.plain) is None


def test_a_token_loses_what_its_user_loses(ctx):
    token = new_token()
    issue_tokens(ctx(), items=[wish(token, "returns.open", "orders.record")])
    set_roles(ctx(), items=[SetRoles(SHOP, ("agent",))])
    queries.forget()
    assert queries.authenticate_token(token.plain).permissions == {"returns.open"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scopes": ()}, "scopes_missing"),
        ({"scopes": ("everything",)}, "scope_unknown"),
        ({"scopes": ("ledger.close",)}, "scope_not_held"),
        ({"name": " "}, "name_missing"),
        ({"email": "ghost@demo.example"}, "user_not_found"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expiry_passed"),
    ],
)
def test_a_token_that_cannot_be_is_refused(ctx, change, code):
    token = new_token()
    batch = issue_tokens(ctx(), items=[replace(wish(token), **change)])
    assert batch.refused[0].code == code
    assert queries.authenticate_token(token.plain) is None


def test_a_token_for_another_user_needs_an_administrator(ctx, shop):
    token = new_token()
    own, other = ctx("access.issue_tokens", actor=f"user:{shop.id}"), ctx("access.issue_tokens", actor="user:999")
    assert issue_tokens(other, items=[wish(token)]).refused[0].code == "token_of_another"
    assert issue_tokens(own, items=[wish(token)]).done
    assert revoke_tokens(ctx("access.issue_tokens", actor="user:998"), items=[RevokeToken(token.prefix)]).refused


def test_the_same_prefix_is_a_replay_and_another_digest_is_not(ctx):
    token = new_token()
    batch = issue_tokens(ctx(), items=[wish(token), wish(token), replace(wish(token), digest="0" * 64)])
    assert [r.replayed for r in batch.done] == [False, True]
    assert batch.refused[0].code == "prefix_taken"


def test_use_is_noted_once_in_a_while(ctx):
    token = new_token()
    issue_tokens(ctx(), items=[wish(token)])
    bearer = queries.authenticate_token(token.plain)
    assert bearer.use_is_stale
    note_token_use(bearer.token_id)
    queries.forget()
    assert not queries.authenticate_token(token.plain).use_is_stale
    assert next(t for t in queries.tokens() if t.prefix == token.prefix).last_used_at is not None


def test_the_number_of_statements_does_not_grow(ctx):
    counts = []
    for size in (1, 200):
        items = [wish(new_token()) for _ in range(size)]
        with db.counting() as seen:
            issue_tokens(ctx(), items=items)
        counts.append(len(seen))
        with db.counting() as seen:
            revoke_tokens(ctx(), items=[RevokeToken(item.prefix) for item in items])
        counts.append(len(seen))
    assert counts[:2] == counts[2:]

"""What was never issued cannot be revoked."""

from counterflow.access.commands import RevokeToken, revoke_tokens


def test_an_unknown_token_is_refused(ctx):
    batch = revoke_tokens(ctx(), items=[RevokeToken("000000000000")])
    assert batch.refused[0].code == "token_not_found"

"""Note that a token is in use."""

from counterflow.kernel import db


def note_token_use(token_id: int) -> None:
    """Remember the minute a token was last used.

    No command: it says nothing about the business, and a key and an audit row for every use would be noise.
    It is called when `Bearer.use_is_stale`, so at most once in five minutes per token and process; a row that
    someone else is changing is left for the next time.
    """
    db.execute(
        """
        UPDATE access_apitoken SET last_used_at = now()
        WHERE id = (SELECT id FROM access_apitoken WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
        """,
        [token_id],
    )

"""The clock. Edges read it once a call and pass the instant in; nothing below an edge asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place

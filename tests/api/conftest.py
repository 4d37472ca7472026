"""A program that calls the API."""

import pytest


@pytest.fixture
def caller(ctx):
    """Make a caller whose token holds these permissions, all of them by default."""
    from calling import make_caller

    return lambda *scopes: make_caller(ctx, *scopes)

"""A fixture of stock at a node; what it makes is in `tests/statements.py`."""

import pytest


@pytest.fixture
def shelves(ctx):
    """A company with stock at dc1, a new one for each test."""
    import statements

    return statements.make_shelves(ctx)

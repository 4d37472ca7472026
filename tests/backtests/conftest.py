"""A shop of its own for each test of back-tests, and plain facts."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.conftest import facts

__all__ = ["facts"]


@pytest.fixture
def shop(ctx: Callable[..., Any]) -> Any:
    """See `tests/trying.py`."""
    from trying import make_shop

    return make_shop(ctx)


@pytest.fixture
def fourteen_days() -> Any:
    """The shipped eligibility with 14 days in place of 30."""
    from trying import fourteen_days

    return fourteen_days()


@pytest.fixture
def ninety_days() -> Any:
    """The shipped eligibility with 90 days in place of 30."""
    from trying import ninety_days

    return ninety_days()

"""Slows down guessing of passwords: after some failures an address has to wait.

Kept in this process's memory, keyed by account and caller together, so that nobody can lock a colleague
out from elsewhere. With several processes a guesser gets that many times the tries, and still far too few.
"""

import time
from collections import deque

FAILURES_MAX = 8
WINDOW_SECONDS = 15 * 60.0
REMEMBERED_MAX = 10_000


class Throttle:
    """Failures of the last while, by key."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}

    def refuses(self, key: str) -> bool:
        """Whether this key has failed too often lately."""
        return len(self._recent(key)) >= FAILURES_MAX

    def failed(self, key: str) -> None:
        """Remember a failure."""
        if len(self._failures) >= REMEMBERED_MAX:
            self._failures.clear()
        self._failures[key] = self._recent(key)
        self._failures[key].append(time.monotonic())

    def succeeded(self, key: str) -> None:
        """Forget what was before."""
        self._failures.pop(key, None)

    def forget(self) -> None:
        """Forget everybody."""
        self._failures.clear()

    def _recent(self, key: str) -> deque[float]:
        since = time.monotonic() - WINDOW_SECONDS
        return deque((at for at in self._failures.get(key, ()) if at > since), maxlen=FAILURES_MAX)

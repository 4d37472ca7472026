"""A command of another room that opens and settles cases, as receiving or refunds would."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue.cases import CaseDraft


@pytest.fixture
def draft() -> Callable[..., CaseDraft]:
    """A case about a unit, with some of it changed."""

    def make(subject_id: int, kind: str = "short", **changed: Any) -> CaseDraft:
        key = changed.pop("dedupe_key", f"{kind}:{subject_id}")
        return CaseDraft(kind, "unit", subject_id, key, **changed)

    return make


@pytest.fixture
def work(ctx: Callable[..., Any]) -> Callable[..., list[str]]:
    """Open and settle cases inside one command; the statements it took."""
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.workqueue.cases import open_cases, settle_cases

    @command(needs="receiving.receive")
    def receive(inner: Any, *, items: Sequence[CaseDraft], settle: Sequence[str], outcome: str) -> Batch:
        for item in items:
            open_cases(inner, [item])
        settle_cases(inner, settle, outcome=outcome)
        return Batch([Done("x")])

    def run(*drafts: CaseDraft, settle: Sequence[str] = (), outcome: str = "found", **more: Any) -> list[str]:
        with db.counting() as statements:
            receive(
                ctx(**more),
                items=list(drafts) or [CaseDraft("short", "unit", 1, "fill")],
                settle=settle,
                outcome=outcome,
            )
        return list(statements)

    return run


@pytest.fixture
def opened(work: Callable[..., list[str]], draft: Callable[..., CaseDraft]) -> Callable[..., int]:
    """Open one case; its id."""

    def make(subject_id: int, kind: str = "short", **changed: Any) -> int:
        work(draft(subject_id, kind, **changed))
        (row,) = db.rows("SELECT id FROM workqueue_case WHERE subject_id = %s AND state = 'open'", [subject_id])
        return int(row.id)

    return make


@pytest.fixture
def worker(ctx: Callable[..., Any]) -> Callable[..., str]:
    """A user who holds roles, made the first time; as the audit knows this user."""
    from counterflow.access import queries as access
    from counterflow.access.commands import NewUser, create_users

    def make(name: str = "ann", *roles: str) -> str:
        email = f"{name}@demo.example"
        user = access.user(email=email)
        if user is None:
            assert create_users(ctx(), items=[NewUser(email, name.capitalize(), roles or ("agent",))]).done
            user = access.user(email=email)
        assert user is not None
        return f"user:{user.id}"

    return make


@pytest.fixture
def steps() -> Callable[[int], list[tuple[str, str]]]:
    """What was done with a case: (action, by), in order."""

    def read(case_id: int) -> list[tuple[str, str]]:
        found = db.rows("SELECT action, by FROM workqueue_casestep WHERE case_id = %s ORDER BY id", [case_id])
        return [(row.action, row.by) for row in found]

    return read

"""Cases worked in every way: taken, handed on, put off, escalated, talked about, merged, closed and opened again."""

from datetime import UTC, datetime, timedelta

from company import Company
from company import ids as new_ids
from counterflow.access import queries as access
from counterflow.access.commands import NewUser, create_users
from counterflow.flows import ask_people
from counterflow.kernel import db
from counterflow.workqueue import queries
from counterflow.workqueue.cases import CaseDraft
from counterflow.workqueue.commands import (
    AssignCase,
    CloseCase,
    CommentCase,
    EscalateCase,
    MergeCases,
    ReopenCase,
    SnoozeCase,
    TakeCases,
    assign_cases,
    close_cases,
    comment_cases,
    escalate_cases,
    merge_cases,
    reopen_cases,
    snooze_cases,
    take_cases,
)


def cases_about(ctx, count: int = 1, *, kind: str = "dispute", subjects=None, money: int | None = None) -> list[int]:
    """The ids of so many new cases of a kind, of things that only their numbers name."""
    wanted = list(subjects or new_ids(count))
    drafts = [
        CaseDraft(kind, "rma", n, f"test:{kind}:{n}", None, money, "EUR" if money is not None else "") for n in wanted
    ]
    ask_people(ctx(), items=drafts)
    rows = db.rows(
        "SELECT id FROM workqueue_case WHERE dedupe_key = ANY(%s) ORDER BY id", [[d.dedupe_key for d in drafts]]
    )
    return [row.id for row in rows]


def worker(company: Company) -> str:
    """A user who works cases, as the audit knows this user."""
    email = f"works-{company.tag.lower()}@demo.example"
    if access.user(email=email) is None:
        assert create_users(company.ctx(), items=[NewUser(email, "Works cases", ("agent",))]).done
    user = access.user(email=email)
    assert user is not None
    return f"user:{user.id}"


def work_cases(company: Company) -> None:
    """Let everything happen to cases that can; there must be some ten open ones."""
    who, ctx = worker(company), company.ctx
    ids = [row.id for row in queries.cases(sort="newest", limit=9)]
    later = datetime.now(UTC) + timedelta(days=3)
    assert take_cases(ctx(actor=who), items=[TakeCases(count=1)]).done
    assert assign_cases(ctx(), items=[AssignCase(ids[0], who, "finance")]).done
    assert snooze_cases(ctx(actor=who), items=[SnoozeCase(ids[1], later, "waits_for_customer")]).done
    assert escalate_cases(ctx(), items=[EscalateCase(ids[2], "inventory_controller", "late", 1)]).done
    said = [CommentCase(ids[3], "Looked at it.", "first"), CommentCase(ids[4], "The same as the other.", "first")]
    assert len(comment_cases(ctx(actor=who), items=said).done) == 2
    assert merge_cases(ctx(actor=who), items=[MergeCases(ids[3], (ids[4], ids[5]))]).done
    assert reopen_cases(ctx(), items=[ReopenCase(ids[5], "not_the_same")]).done
    ends = [CloseCase(ids[6], "resolved", "As agreed."), CloseCase(ids[7], "accepted")]
    assert len(close_cases(ctx(actor=who), items=ends).done) == 2
    assert reopen_cases(ctx(), items=[ReopenCase(ids[7], "undo")]).done

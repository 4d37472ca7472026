"""What may be done with a version now, and why not where it may not: two people at least stand behind a policy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.standing import persons
from counterflow.console.page import Staff
from counterflow.console.policies.shown import role_words
from counterflow.policies.checking import Checked
from counterflow.policies.queries_versions import VersionFile

AUTHORS = ("draft", "edit", "submit")


@dataclass(frozen=True)
class Offer:
    """An act: what its button says, and why there is none for this person now; empty where there is one."""

    action: str
    label: str
    why_not: str = ""


def offers(found: VersionFile, checked: Checked, who: Staff, roles: Sequence[str], now: datetime) -> list[Offer]:
    """What a person may do with a version at an instant, and what others may."""
    return list(
        {"draft": _draft, "in_review": _in_review, "approved": _approved, "active": _active}.get(found.state, _none)(
            found, checked, who, roles, now
        )
    )


def _none(found: VersionFile, checked: Checked, who: Staff, roles: Sequence[str], now: datetime) -> Iterator[Offer]:
    yield Offer("again", "Start a draft from it", _lacks(who, "policies.edit", "write drafts"))


def _draft(found: VersionFile, checked: Checked, who: Staff, roles: Sequence[str], now: datetime) -> Iterator[Offer]:
    writes = _lacks(who, "policies.edit", "write drafts")
    unsound = ""
    if checked.problems:
        unsound = f"{len(checked.problems)} problem{'s' if len(checked.problems) != 1 else ''} must be mended first."
    elif failing := sum(not each.holds for each in checked.examples):
        unsound = f"{failing} example{'s do' if failing != 1 else ' does'} not hold."
    yield Offer("edit", "Edit", writes)
    yield Offer("submit", "Propose it", writes or unsound)
    yield Offer("withdraw", "Withdraw", writes)


def _in_review(
    found: VersionFile, checked: Checked, who: Staff, roles: Sequence[str], now: datetime
) -> Iterator[Offer]:
    owner = role_words(found.owner_role)
    reviews = _lacks(who, "policies.review", "agree to policies")
    wrote = who.actor in persons(step.actor for step in found.steps if step.action in AUTHORS).values()
    why_not = reviews
    if not why_not and wrote:
        why_not = f"You wrote, edited or proposed it. Somebody else who works as {owner} has to agree."
    elif not why_not and found.owner_role not in roles and "administrator" not in roles:
        why_not = f"It is owned by {owner}; somebody who works as that has to agree."
    yield Offer("approve", "Agree to it", why_not)
    yield Offer("send_back", "Send it back", reviews)
    yield Offer("withdraw", "Withdraw", _lacks(who, "policies.edit", "write drafts"))


def _approved(found: VersionFile, checked: Checked, who: Staff, roles: Sequence[str], now: datetime) -> Iterator[Offer]:
    yield Offer("activate", "Put it into force", _lacks(who, "policies.activate", "put policies into force"))
    yield Offer("withdraw", "Withdraw", _lacks(who, "policies.edit", "write drafts"))


def _active(found: VersionFile, checked: Checked, who: Staff, roles: Sequence[str], now: datetime) -> Iterator[Offer]:
    yield Offer("again", "Start a draft from it", _lacks(who, "policies.edit", "write drafts"))
    ends = _lacks(who, "policies.activate", "end policies") or _lacks(who, "policies.edit", "write drafts")
    if found.effective_from is not None and found.effective_from > now:
        yield Offer("withdraw", "Withdraw", ends)
    elif found.effective_to is not None and found.effective_to <= now:
        return
    elif not found.scope and found.effective_to is None:
        yield Offer("retire", "Retire", "It answers for everybody; put another into force in its place instead.")
    else:
        yield Offer("retire", "Retire", ends)


def _lacks(who: Staff, permission: str, words: str) -> str:
    return "" if who.may(permission) else f"Your role may not {words} ({permission})."

"""Pure rules of approvals: who may agree to what, and what has changed since it was asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel.errors import Conflict, Invalid, NotFound, Refusal

REFERENCE_MAX = 100
NOTE_MAX = 2_000
HOURS_OF_DELEGATION_MAX = 24 * 366


class AskerUnknown(Refusal):
    """Only a user, or a program with a token, can ask for agreement; {actor} is neither."""


class AskedAlready(Refusal):
    """This has been asked for already and waits; it is request {request}."""


class NoteTooLong(Invalid):
    """A note has at most {most} characters."""


class NeedsNobody(Refusal):
    """This needs nobody's agreement; just do it."""


class DoneAlready(Refusal):
    """This has been done already."""


class RequestUnknown(NotFound):
    """There is no request {request}."""


class RequestOver(Refusal):
    """Request {request} is {state}; nobody can {verdict} any more."""


class RequestExpired(Refusal):
    """Request {request} could be agreed to until {expired}; it has to be asked for again."""


class RequesterMayNotDecide(Refusal):
    """Request {request} is your own; another person has to agree to it or refuse it."""


class RoleNotHeld(Refusal):
    """Request {request} waits for the role {roles}; you do not hold it, and stand in for nobody who does."""


class SamePersonTwice(Refusal):
    """You, or whom you stand in for, agreed to request {request} already; the second has to be somebody else."""


class AlreadyDecided(Conflict):
    """You said {verdict} to request {request} before; that stands."""


class VerdictUnknown(Invalid):
    """A verdict is agree or refuse, not {verdict}."""


class RefusalNeedsReason(Invalid):
    """To refuse, give the code of a reason."""


class MixedRequests(Invalid):
    """One call agrees to requests of one act and one asker, and these are of several ({groups}); send each group
    alone. Nothing was agreed to."""


class FactsChanged(Refusal):
    """It is not what was asked for any more, so nothing was done: {changes}. It can be asked for again."""


class ItemErased(Refusal):
    """What request {request} asked for in detail has been erased; it has to be asked for again."""


class NotYourRequest(Refusal):
    """Request {request} was asked for by somebody else; only its asker withdraws it."""


class PeriodInvalid(Invalid):
    """A delegation ends after it begins, after now, and lasts a year at most."""


class DelegateUnknown(NotFound):
    """There is no active user with the address {email}."""


class DelegateCannotAgree(Refusal):
    """{email} may not agree to requests (approvals.decide), so nobody can stand in by {email}."""


class DelegateIsYourself(Invalid):
    """Another person has to stand in for you."""


class RoleNotYours(Refusal):
    """You do not hold the role {role} yourself, so nobody can stand in for you in it."""


class DelegationUnknown(NotFound):
    """There is no delegation {delegation}."""


class DelegationOfAnother(Refusal):
    """Delegation {delegation} is not yours; whoever gave it, or who manages users, ends it."""


def case_key(request_id: int) -> str:
    """Key of the case that waits for agreement to a request."""
    return f"approval:{request_id}"


@dataclass(frozen=True)
class Stand:
    """A role that somebody may agree in: held, or another person's by a delegation in force."""

    role: str
    on_behalf_of: int | None = None


def stand_for(
    open_roles: Sequence[str], held: Collection[str], delegated: Iterable[tuple[int, str]], asker: int
) -> tuple[str, Stand] | None:
    """The open role that somebody fills, and in which stand; their own roles before those of others.

    An empty role is filled by whoever may agree. Nobody stands in for the asker.
    """
    for wanted in open_roles:
        if wanted in held:
            return wanted, Stand(wanted)
    if "" in open_roles:
        return "", Stand("")
    for giver, role in delegated:
        if role in open_roles and giver != asker:
            return role, Stand(role, giver)
    return None


@dataclass(frozen=True)
class Change:
    """One thing that is not what it was: its name, and both values, empty where there is none."""

    what: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.what} was {_word(self.old)} and is {_word(self.new)}"


def _word(value: Any) -> str:
    return "nothing" if value in (None, "", []) else str(value)


@dataclass(frozen=True)
class Seen:
    """What was seen of an act: facts, lines to be posted as plain rows, and the roles that have to agree."""

    facts: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    roles: Sequence[str]


_BEFORE = frozenset({"total_minor"})
"""Facts about what went before an act, which is the same act after more of it: where that calls for other people, who
has to agree differs, and that is compared."""
_KEY = ("entity", "account", "item", "node", "tx_currency")
_AMOUNTS = ("quantity", "amount", "tx_amount")


def changes(before: Seen, now: Seen) -> list[Change]:
    """What differs, facts first, then who has to agree, then the lines to be posted."""
    names = sorted((before.facts.keys() | now.facts.keys()) - _BEFORE)
    found = [
        Change(name, before.facts.get(name), now.facts.get(name))
        for name in names
        if before.facts.get(name) != now.facts.get(name)
    ]
    if list(before.roles) != list(now.roles):
        found.append(Change("who has to agree", _roles(before.roles), _roles(now.roles)))
    old, new = _by_key(before.lines), _by_key(now.lines)
    for key in sorted(old.keys() | new.keys()):
        for n, part in enumerate(_AMOUNTS):
            was, now_is = old.get(key, (0, 0, 0))[n], new.get(key, (0, 0, 0))[n]
            if was != now_is:
                found.append(Change(f"line {key[1]}{f' of item {key[2]}' if key[2] else ''}, {part}", was, now_is))
    return found


def _roles(roles: Sequence[str]) -> str:
    return " and ".join(role or "anybody" for role in roles) or "nobody"


def _by_key(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    return {tuple(line[name] for name in _KEY): (line["quantity"], line["amount"], line["tx_amount"]) for line in lines}

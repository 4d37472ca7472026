"""Pure checks of what an administrator types."""

import re
from collections.abc import Collection, Iterable
from zoneinfo import available_timezones

from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.kernel.errors import Conflict, Invalid, NotFound, Refusal

EMAIL_LENGTH_MAX = 254
NAME_LENGTH_MAX = 120
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
ADMINISTRATOR = "administrator"


class EmailMalformed(Invalid):
    """{email} is not an email address."""


class NameMissing(Invalid):
    """A name has 1 to {most} characters."""


class RoleUnknown(Invalid):
    """{role} is not a role; roles are: {known}."""


class TimeZoneUnknown(Invalid):
    """{time_zone} is not a time zone, such as Europe/Berlin."""


class NodeUnknown(NotFound):
    """There is no node {node}."""


class ScopeUnknown(Invalid):
    """{scope} is not a permission."""


class ScopesMissing(Invalid):
    """A token needs at least one scope."""


class UserNotFound(NotFound):
    """No user has the address {email}."""


class TokenNotFound(NotFound):
    """No token begins with cf_{prefix}."""


class LastAdministrator(Refusal):
    """{email} is the last active administrator; make another one first."""


class ScopeNotHeld(Refusal):
    """{email} may not do {scope}, so a token of this user cannot either."""


class TokenOfAnother(Refusal):
    """Only an administrator issues or revokes tokens for another user."""


class AccountOfAnother(Refusal):
    """{email} is the account of another; an administrator may change it."""


class ExpiryPassed(Invalid):
    """A token expires after it is issued, not before."""


class PrefixTaken(Conflict):
    """Another token begins with cf_{prefix}; make a new one."""


def clean_email(text: str) -> str:
    """An address in the one form it is stored in. Raises `EmailMalformed`."""
    email = text.strip().lower()
    if len(email) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(email):
        raise EmailMalformed(email=email[:80])
    return email


def clean_name(text: str) -> str:
    """A name without surrounding space. Raises `NameMissing`."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise NameMissing(most=NAME_LENGTH_MAX)
    return name


def check_roles(roles: Iterable[str]) -> frozenset[str]:
    """The roles, each once. Raises `RoleUnknown`."""
    for role in roles:
        if role not in ROLES:
            raise RoleUnknown(role=role[:40], known=", ".join(ROLES))
    return frozenset(roles)


def check_time_zone(name: str) -> str:
    """The zone's name. Raises `TimeZoneUnknown`."""
    if name not in available_timezones():
        raise TimeZoneUnknown(time_zone=name[:64])
    return name


def check_scopes(scopes: Collection[str], *, held: frozenset[str], email: str) -> list[str]:
    """The scopes, sorted, each once and held by the token's user.

    Raises `ScopesMissing`, `ScopeUnknown`, `ScopeNotHeld`.
    """
    if not scopes:
        raise ScopesMissing()
    for scope in sorted(set(scopes)):
        if scope not in PERMISSIONS:
            raise ScopeUnknown(scope=scope[:64])
        if scope not in held:
            raise ScopeNotHeld(scope=scope, email=email)
    return sorted(set(scopes))

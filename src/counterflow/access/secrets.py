"""Secrets, made and hashed at the edge: commands and tables only ever see what cannot be turned back.

A token reads `cf_<prefix>_<secret>`; the prefix finds the row, the digest of the whole proves it. The
secret carries 256 random bits, so one round of SHA-256 is enough; a password is stretched by Django.
"""

import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from counterflow.kernel.errors import Invalid

PASSWORD_LENGTH_MIN = 12
_SHAPE = re.compile(r"cf_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


class PasswordTooShort(Invalid):
    """A password needs at least {least} characters; this one has {length}."""


@dataclass(frozen=True)
class NewToken:
    """A token just made: `plain` is shown once and kept nowhere."""

    plain: str = field(repr=False)
    prefix: str
    digest: str


def digest_of(plain: str) -> str:
    """SHA-256 of a whole token, as 64 hex digits."""
    return sha256(plain.encode()).hexdigest()


def prefix_of(plain: str) -> str | None:
    """The part of a token that may be stored and shown; nothing where it has not the shape of one."""
    shape = _SHAPE.fullmatch(plain)
    return shape[1] if shape else None


def new_token() -> NewToken:
    """Make a token nobody has seen."""
    prefix = secrets.token_hex(6)
    plain = f"cf_{prefix}_{secrets.token_urlsafe(32)}"
    return NewToken(plain=plain, prefix=prefix, digest=digest_of(plain))


def check_password_strength(password: str) -> None:
    """Length is what counts. Raises `PasswordTooShort`."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise PasswordTooShort(least=PASSWORD_LENGTH_MIN, length=len(password))

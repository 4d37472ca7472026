"""A PostgreSQL address, read from a URL and written as a URL or as Django wants it."""

import os
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from counterflow.config.database_errors import BadUrl

SCHEMES = ("postgresql", "postgres")
CONNECT_SECONDS_MAX = 10


@dataclass(frozen=True)
class Address:
    """Where a database is and who signs in; `options` are libpq's parameters (sslmode, ...)."""

    host: str
    port: int
    database: str
    user: str
    password: str
    options: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Address({self.where})"

    @property
    def where(self) -> str:
        """The place without the password, for people to read."""
        return f"{self.user}@{self.host or 'socket'}:{self.port}/{self.database}"

    @property
    def url(self) -> str:
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        host = quote(self.host, safe="") if self.host.startswith("/") else self.host
        host = f"[{host}]" if ":" in host else host
        user = f"{quote(self.user, safe='')}{secret}@" if self.user else ""
        query = f"?{urlencode(self.options)}" if self.options else ""
        name = quote(self.database, safe="")
        return f"postgresql://{user}{host}:{self.port}/{name}{query}"

    def at(self, database: str) -> "Address":
        """The same login, another database on the same server."""
        return replace(self, database=database)

    def django(self) -> dict[str, Any]:
        """One entry of Django's DATABASES; connections are reused for ten minutes."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.database,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            # 0 before the embedded server was ever started: refused, where "" would mean 5432.
            "PORT": str(self.port),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "application_name": "counterflow",
                "connect_timeout": CONNECT_SECONDS_MAX,
                **dict(self.options),
            },
        }


def parse(url: str, variable: str) -> Address:
    """Read an address; `variable` names where it came from, for the message."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as error:
        # urllib's own message may quote the URL, password and all.
        raise BadUrl(variable=variable, reason="host or port cannot be read") from error
    if parts.scheme not in SCHEMES:
        raise BadUrl(variable=variable, reason=f"it does not begin with {SCHEMES[0]}://")
    database = unquote(parts.path.removeprefix("/"))
    if not database:
        raise BadUrl(variable=variable, reason="it names no database")
    options = dict(parse_qsl(parts.query))
    host = unquote(parts.hostname or "") or options.pop("host", "")
    return Address(
        host=host,
        port=int(options.pop("port", port)),
        database=database,
        user=unquote(parts.username or "") or options.pop("user", "") or default_user(),
        password=unquote(parts.password or "") or options.pop("password", ""),
        options=tuple(options.items()),
    )


def default_user() -> str:
    """Who libpq would sign in as."""
    return os.environ.get("PGUSER") or os.environ.get("USER") or "postgres"

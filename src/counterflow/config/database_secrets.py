"""Passwords that Counterflow made up for logins on a server it does not run.

One file a login, HOME/logins/<host>_<port>_<role>, readable by its owner only.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from counterflow.config import embedded_layout
from counterflow.config.database_address import Address
from counterflow.config.database_errors import HomeUnusable


def folder() -> Path:
    return embedded_layout.home() / "logins"


def file_of(address: Address) -> Path:
    name = f"{address.host}_{address.port}_{address.user}"
    return folder() / quote(name, safe="")


def with_password(address: Address) -> Address:
    """The address with the password kept for it; unchanged when none is."""
    try:
        password = file_of(address).read_text().strip()
    except FileNotFoundError:
        return address
    except OSError as error:
        raise HomeUnusable(folder=folder(), reason=error.strerror) from error
    return replace(address, password=password)


def keep(address: Address) -> None:
    """Remember this address's password."""
    embedded_layout.make_folder(folder())
    embedded_layout.write_secret(file_of(address), address.password + "\n")

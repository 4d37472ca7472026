"""What the operating system knows of the server: who it runs as, whether it lives, and what it left behind.

PostgreSQL's own check (`kill(pid, 0)`) takes a zombie for a running server; in a container whose
first process never reaps, that lasts for ever. So life is read from /proc, or from `ps` without it.
"""

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from counterflow.config.database_errors import CannotDropRoot

PROC = Path("/proc")
# No kernel gives out this process id, so PostgreSQL takes a lock file naming it for stale.
NO_PROCESS = 2_000_000_011
UNPRIVILEGED = ("nobody", "postgres", "daemon")
# What a shell answers for a program that is there and may not be run.
CANNOT_RUN = 126
# Nothing of the caller's environment may steer the server (PGDATA, PGOPTIONS, LD_PRELOAD, TZ).
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The user that runs the server; None in its place means ourselves."""

    uid: int
    gid: int

    def __str__(self) -> str:
        return str(self.uid)


def account_for(folder: Path) -> Account | None:
    """Who runs the server of this folder: its owner where root may choose, never root."""
    if os.geteuid() != 0:
        return None
    known = next(p for p in [folder, *folder.parents] if p.exists()).stat()
    if known.st_uid != 0:
        return Account(known.st_uid, known.st_gid)
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return Account(user.pw_uid, user.pw_gid)
    raise CannotDropRoot(reason=f"there is no user {', '.join(UNPRIVILEGED)}")


def run(arguments: Sequence[str], account: Account | None, *, said: Path | None = None) -> int:
    """Run a program as the account and return its exit code.

    Output goes to a file or nowhere, never to a pipe: a server started by it would inherit the
    pipe and the call would never return.
    """
    identity = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    with open(said or os.devnull, "ab") as output:
        try:
            done: subprocess.CompletedProcess[bytes] = subprocess.run(  # noqa: S603 - our own words
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                check=False,
                **identity,  # type: ignore[call-overload]
            )
        except OSError as error:
            # Python names the program only when it got as far as running it; before that, the child
            # could not become the account.
            if error.filename != arguments[0]:
                raise CannotDropRoot(reason=error.strerror) from error
            return CANNOT_RUN
    return done.returncode


def can_enter(folder: Path, account: Account) -> bool:
    """Whether the account may pass through every folder down to this one."""
    return run(["/bin/sh", "-c", 'cd "$0"', str(folder)], account) == 0


def postmaster(data: Path) -> int | None:
    """The pid of the living server on this cluster; None when there is none."""
    pid = recorded_pid(data)
    return pid if pid is not None and is_server(pid, data) else None


def recorded_pid(data: Path) -> int | None:
    """The pid in the server's own lock file, whether or not it lives."""
    try:
        return int(lock_lines(data)[0])
    except (IndexError, ValueError):
        return None


def is_ready(data: Path) -> bool:
    """Whether the server has written that it takes connections (line 8 of its lock file)."""
    lines = lock_lines(data)
    return len(lines) > 7 and lines[7].strip() == "ready"


def lock_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return []


def is_server(pid: int, data: Path) -> bool:
    """Whether the process lives and works on this cluster: not a zombie, not a number used again."""
    if PROC.joinpath("self").exists():
        entry = PROC / str(pid)
        try:
            stat = (entry / "stat").read_text()
            owner = entry.stat().st_uid
        except OSError:
            return False
        name = stat[stat.index("(") + 1 : stat.rindex(")")]
        state = stat[stat.rindex(")") + 2]
        if name != "postgres" or state in "ZX" or owner != data.stat().st_uid:
            return False
        try:
            return (entry / "cwd").readlink() == data.resolve()
        except PermissionError:
            return True  # Some containers hide it; name and owner must do.
        except OSError:
            return False
    shown = subprocess.run(  # noqa: S603 - our own words
        ["/bin/ps", "-o", "stat=,comm=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    return len(shown) == 2 and shown[0][0] != "Z" and shown[1].endswith("postgres")


def clear_after_crash(data: Path) -> None:
    """Make a killed server's cluster startable, without disarming PostgreSQL's own guards.

    The dead pid in the lock file is replaced by one that cannot exist. The file stays, because
    its shared-memory line is what stops two servers on one cluster. Backends that outlived their
    postmaster are ended: they would hold that memory for as long as their query runs.
    """
    pid = recorded_pid(data)
    if pid is None or is_server(pid, data):
        return
    for orphan in left_behind(data):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(orphan, signal.SIGKILL)
    file = data / "postmaster.pid"
    lines = lock_lines(data)
    lines[0] = str(NO_PROCESS)
    # Written in place: the file keeps its owner and mode.
    file.write_text("\n".join(lines) + "\n")


def left_behind(data: Path) -> list[int]:
    """Living PostgreSQL processes that work in this cluster's folder."""
    return [pid for entry in PROC.glob("[0-9]*") if is_server(pid := int(entry.name), data)]


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As PostgreSQL does it, so that a connection closed a moment ago is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

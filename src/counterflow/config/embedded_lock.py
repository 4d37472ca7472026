"""One at a time across processes: a lock on a file, freed by the kernel if its holder dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from counterflow.config.database_errors import HomeUnusable, LockHeld

SECONDS_MAX = 120


@contextmanager
def exclusive(file: Path, seconds_max: float = SECONDS_MAX) -> Iterator[None]:
    """Hold the lock; the file names its holder, for whoever waits too long."""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise HomeUnusable(folder=file.parent, reason=error.strerror) from error
    try:
        if os.geteuid() == 0:
            # The folder's owner may come later, without root.
            folder = file.parent.stat()
            os.fchown(handle, folder.st_uid, folder.st_gid)
        wait(handle, file, seconds_max)
        with suppress(OSError):  # On a full disk the lock still holds; what follows says why.
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def wait(handle: int, file: Path, seconds_max: float) -> None:
    deadline = time.monotonic() + seconds_max
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(handle, 20, 0).decode().strip() or "unknown"
                raise LockHeld(file=file, holder=holder, seconds=round(seconds_max)) from None
        time.sleep(0.05)

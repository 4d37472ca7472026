"""The embedded PostgreSQL: made on first use, started on demand, shared by everything on this machine.

Whoever needs it calls `start()`; all but the first find it running and return within a millisecond.
The server outlives its starter and stops only when told (`counterflow db stop`) or with the machine.
"""

import os
import random
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from counterflow.config import embedded_binaries, embedded_layout, embedded_process
from counterflow.config.database_errors import (
    BadUrl,
    EmbeddedInProduction,
    HomeUnusable,
    NoSpace,
    PortTaken,
    StartFailed,
    WrongVersion,
)
from counterflow.config.embedded_binaries import Binaries
from counterflow.config.embedded_layout import Layout, Remembered
from counterflow.config.embedded_lock import exclusive
from counterflow.config.embedded_process import Account

OWNER = "counterflow_owner"
APPLICATION = "counterflow_app"
DATABASE = "counterflow"
HOST = "127.0.0.1"
# Below the range from which kernels hand out ports for outgoing connections.
PORTS = range(20_000, 30_000)
START_SECONDS_MAX = 300
SHARED_MEMORY = Path("/dev") / "shm"
SPACE_MB_NEW = 256
SPACE_MB_RESTART = 48
LOG_MB_MAX = 32

SETTINGS = """\
# Written at every start by Counterflow; put your own settings into postgresql.auto.conf (ALTER SYSTEM).
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 100
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 2GB
random_page_cost = 1.1
wal_buffers = 64MB
max_wal_size = 2GB
min_wal_size = 128MB
checkpoint_timeout = 15min
wal_compression = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
password_encryption = scram-sha-256
dynamic_shared_memory_type = {shared_memory}
"""


@dataclass(frozen=True)
class Server:
    """A cluster that exists: where it is, how to reach it, and its pid while it runs."""

    layout: Layout
    memory: Remembered
    pid: int | None


def find() -> Server | None:
    """The cluster of this home, a running one first; None when none was made yet."""
    servers = [
        Server(layout, memory, embedded_process.postmaster(layout.data))
        for layout in embedded_layout.existing()
        if (memory := layout.recall()) is not None
    ]
    return next((s for s in servers if s.pid is not None), servers[0] if servers else None)


def running() -> Server | None:
    """The server of this home if it takes connections now."""
    server = find()
    if server and server.pid and embedded_process.is_ready(server.layout.data):
        return server
    return None


def start() -> Server:
    """Return the running server, making and starting it where needed."""
    server = running()
    if server:
        return server
    refuse_in_production()
    with exclusive(embedded_layout.lock()):
        # Somebody else may have started it while we waited.
        return running() or bring_up(*prepare())


def has_crashed() -> bool:
    """Whether the server died without being told to; after `stop()` this is False."""
    server = find()
    return server is not None and server.pid is None and embedded_process.recorded_pid(server.layout.data) is not None


def stop() -> bool:
    """Stop the server, ending its connections; False when it was not running."""
    server = find()
    if server is None or server.pid is None:
        return False
    layout = server.layout
    with exclusive(embedded_layout.lock()):
        binaries = binaries_for(layout, embedded_process.account_for(layout.folder))
        arguments = ["stop", "-D", str(layout.data), "-m", "fast", "-w", "-t", "60"]
        code = embedded_process.run(
            [binaries.program("pg_ctl"), *arguments],
            embedded_process.account_for(layout.folder),
        )
        if code != 0 and embedded_process.postmaster(layout.data):
            raise StartFailed(folder=layout.data, reason="it did not stop", log=layout.log)
    return True


def refuse_in_production() -> None:
    """A production's books belong on a server with backups."""
    if os.environ.get("COUNTERFLOW_ENV") == "production" and os.environ.get("COUNTERFLOW_EMBEDDED") != "force":
        raise EmbeddedInProduction()


def prepare() -> tuple[Layout, Account | None, Binaries]:
    """Decide folder, user and programs, and make the folder."""
    made = [layout.major for layout in embedded_layout.existing()]
    binaries = embedded_binaries.choose(made)
    if made and binaries.major not in made:
        raise WrongVersion(
            folder=embedded_layout.existing()[0].data,
            found=made[0],
            wanted=binaries.major,
            binaries=binaries.folder,
        )
    clusters = embedded_layout.clusters()
    account = embedded_process.account_for(clusters)
    embedded_layout.make_folder(clusters)
    if account and not made and not embedded_process.can_enter(clusters, account):
        clusters = embedded_layout.move_elsewhere()
    layout = Layout(clusters / str(binaries.major))
    embedded_layout.make_folder(layout.folder)
    if account:
        os.chown(layout.folder, account.uid, account.gid)
        layout.folder.chmod(0o700)
    if not os.access(layout.folder, os.W_OK | os.X_OK):
        raise HomeUnusable(folder=layout.folder, reason="it belongs to another user")
    return layout, account, embedded_binaries.reachable(binaries, account, clusters)


def binaries_for(layout: Layout, account: Account | None) -> Binaries:
    """The programs of an existing cluster's version."""
    binaries = embedded_binaries.choose([layout.major])
    return embedded_binaries.reachable(binaries, account, layout.folder.parent)


def bring_up(layout: Layout, account: Account | None, binaries: Binaries) -> Server:
    """Make the cluster if it is new, then start it; the caller holds the lock."""
    new = not (layout.data / "PG_VERSION").exists()
    check_space(layout.folder, SPACE_MB_NEW if new else SPACE_MB_RESTART)
    if new:
        create_cluster(layout, account, binaries)
    check_version(layout, binaries)
    embedded_process.clear_after_crash(layout.data)
    if layout.log.exists() and layout.log.stat().st_size > LOG_MB_MAX * 1_000_000:
        layout.log.replace(layout.log.with_suffix(".log.old"))
    for attempt in range(3):
        memory = layout.move_port(choose_port(layout.recall(), moved=attempt > 0))
        log_start = layout.log.stat().st_size if layout.log.exists() else 0
        if launch(layout, account, binaries, memory.port):
            return Server(layout, memory, embedded_process.postmaster(layout.data))
        if embedded_process.is_free(memory.port) or "COUNTERFLOW_PG_PORT" in os.environ:
            break
    raise StartFailed(folder=layout.data, reason=last_words(layout.log, log_start), log=layout.log)


def check_space(folder: Path, needed_mb: int) -> None:
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise NoSpace(folder=folder, free_mb=free_mb, needed_mb=needed_mb)


def check_version(layout: Layout, binaries: Binaries) -> None:
    """A cluster opens only with programs of the version that made it."""
    found = (layout.data / "PG_VERSION").read_text().strip()
    if found != str(binaries.major):
        raise WrongVersion(
            folder=layout.data,
            found=found,
            wanted=binaries.major,
            binaries=binaries.folder,
        )


def create_cluster(layout: Layout, account: Account | None, binaries: Binaries) -> None:
    """Run initdb beside the final folder and move it in place, so a half-made one is never started."""
    draft = layout.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    said = layout.folder / "initdb.log"
    said.unlink(missing_ok=True)
    password = secrets.token_urlsafe(24)
    secret = layout.folder / "initdb.secret"
    embedded_layout.write_secret(secret, password + "\n")
    arguments = [
        *(binaries.program("initdb"), "-D", str(draft), "-U", OWNER),
        *("--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"),
        "--data-checksums",
    ]
    locales = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if binaries.major >= 17
        else ["--locale=C.UTF-8"]
    )
    try:
        code = embedded_process.run([*arguments, *locales], account, said=said)
        if code != 0 and binaries.major < 17:
            # macOS and small images lack C.UTF-8; letter case then works for ASCII only.
            code = embedded_process.run([*arguments, "--locale=C"], account, said=said)
    finally:
        secret.unlink(missing_ok=True)
    if code != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise StartFailed(folder=layout.data, reason=last_words(said, 0), log=said)
    with open(draft / "postgresql.conf", "a") as file:
        file.write("\ninclude_if_exists = 'counterflow.conf'\n")
    layout.remember(Remembered(0, password, secrets.token_urlsafe(24)))
    draft.rename(layout.data)


def choose_port(memory: Remembered | None, *, moved: bool) -> int:
    """The named port, else the remembered one while it is free, else a free one."""
    named = os.environ.get("COUNTERFLOW_PG_PORT")
    if named:
        if not named.isdigit() or not 0 < int(named) < 65_536:
            raise BadUrl(variable="COUNTERFLOW_PG_PORT", reason="not a port number")
        if not embedded_process.is_free(int(named)):
            raise PortTaken(port=named)
        return int(named)
    if memory and memory.port and not moved and embedded_process.is_free(memory.port):
        return memory.port
    for port in random.sample(PORTS, 200):
        if embedded_process.is_free(port):
            return port
    raise PortTaken(port=f"{PORTS.start}-{PORTS.stop - 1} (200 tried)")


def launch(layout: Layout, account: Account | None, binaries: Binaries, port: int) -> bool:
    """Start the server and wait until it takes connections, crash recovery included."""
    # Containers often give 64 MB of it, too little for parallel queries.
    small = not SHARED_MEMORY.is_dir() or shutil.disk_usage(SHARED_MEMORY).free < 512_000_000
    settings = SETTINGS.format(port=port, shared_memory="mmap" if small else "posix")
    embedded_layout.write_secret(layout.data / "counterflow.conf", settings)
    timing = ["-w", "-t", str(START_SECONDS_MAX)]
    arguments = ["start", "-D", str(layout.data), "-l", str(layout.log), *timing]
    code = embedded_process.run([binaries.program("pg_ctl"), *arguments], account)
    return code == 0 and embedded_process.postmaster(layout.data) is not None


def last_words(log: Path, offset: int) -> str:
    """The line of the log that says why, from the given byte on."""
    try:
        with open(log, "rb") as file:
            file.seek(offset)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return "it left no log"
    telling = [line for line in lines if "FATAL" in line or "error:" in line]
    chosen = telling[-1:] or lines[-1:] or ["it stopped without a word"]
    return chosen[0].split("FATAL:")[-1].strip()

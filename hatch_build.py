"""Build hook: a wheel carries the console's scripts, styles and icons, so that installing needs no Node.

An editable install never builds them: `make` does so before it.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    """Builds the front end into the package before a wheel is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that the built files are there and current."""
        if self.target_name == "wheel" and version != "editable":
            subprocess.run([sys.executable, str(Path(self.root) / "frontend" / "build.py")], check=True)  # noqa: S603 - our own script

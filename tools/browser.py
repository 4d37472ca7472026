"""Find a Chromium for the browser tests and the pictures, or get one; nothing but the standard library.

    python3 tools/browser.py        says which one, and gets one where there is none

In this order: the one that COUNTERFLOW_BROWSER names; one of the system; one that Playwright downloaded
before; the system's package manager, where we are root; Playwright's own download. A browser counts only
when it starts.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/usr/lib/chromium/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Debian's fonts are only recommended by its browser; without any, pages have no figures of equal width.
MANAGERS = {
    "apt-get": (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"],
    ),
    "dnf": (["dnf", "install", "-y", "-q", "chromium"],),
    "zypper": (["zypper", "--non-interactive", "install", "chromium"],),
    "pacman": (["pacman", "-Sy", "--noconfirm", "chromium"],),
    "apk": (["apk", "add", "--no-cache", "chromium"],),
}
ARGUMENTS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
START_SECONDS_MAX = 60
HOW = (
    "No Chromium could be found or got. Install one (Debian, Ubuntu: `apt install chromium`; elsewhere Chrome will do),"
    " or name one in COUNTERFLOW_BROWSER, or run `python -m playwright install --with-deps chromium`."
)


@dataclass(frozen=True)
class Browser:
    """Where a browser is, and where it came from, in words."""

    path: str
    source: str


def arguments() -> list[str]:
    """What a browser is started with: quiet, and without the sandbox that root cannot have."""
    return [*ARGUMENTS, *(["--no-sandbox"] if _root() else [])]


def found(python: "str | Path" = sys.executable) -> "Browser | None":
    """The browser that is here already, if one is and starts; `python` is one that has Playwright."""
    if named := os.environ.get("COUNTERFLOW_BROWSER"):
        return Browser(named, "named by COUNTERFLOW_BROWSER") if starts(named) else None
    for name in NAMES:
        path = shutil.which(name)
        if path and starts(path):
            return Browser(path, "of the system")
    path = _downloaded(python)
    return Browser(path, "downloaded by Playwright") if path and starts(path) else None


def ready(python: "str | Path" = sys.executable) -> "Browser | None":
    """The browser that is here, or one that is got now; None where neither is to be had."""
    if (here := found(python)) or os.environ.get("COUNTERFLOW_BROWSER"):
        return here
    for way in _ways(python):
        print(f"browser: getting one by {' '.join(way[-1])}", flush=True)
        if all(_run(step) for step in way) and (here := found(python)):
            return here
    return None


def starts(path: str) -> bool:
    """Whether it draws a page: some systems have a stub that only tells how to install it."""
    command = [path, "--headless", *arguments(), "--virtual-time-budget=1", "--dump-dom", "data:text/html,<p>drawn"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=START_SECONDS_MAX, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"drawn" in done.stdout


def _ways(python: "str | Path") -> Iterator["tuple[list[str], ...]"]:
    """Commands that may bring a browser, the likeliest first."""
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    if manager and _root():
        yield MANAGERS[manager]
    libraries = ["--with-deps"] if _root() and manager == "apt-get" else []
    yield ([str(python), "-m", "playwright", "install", *libraries, "chromium"],)


def _downloaded(python: "str | Path") -> str:
    """Where Playwright would keep its own browser; empty where it has none."""
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as t: print(t.chromium.executable_path)"
    try:
        said = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    path = said.stdout.strip()
    return path if path and Path(path).exists() else ""


def _run(command: "list[str]") -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    here = ready()
    print(f"browser: {here.path}, {here.source}" if here else f"browser: {HOW}")
    sys.exit(0 if here else 1)

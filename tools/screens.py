"""Make the pictures of docs/screens: every page of the console, at a desk in light and on a phone in dark.

    make screens                                   # its own demo on a free port, pictures, stop
    python tools/screens.py --page return --page receive      only these pages

Everything shown is the simulated demo company. The demo lives in a folder of its own and is removed afterwards,
unless --home names one, which is then kept and used again. Pictures are reduced to 256 colours.
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import browser as browsers

OUT = Path(__file__).resolve().parent.parent / "docs" / "screens"
DESKTOP, PHONE = (1280, 840), (390, 844)
BYTES_MAX, ALL_BYTES_MAX = 250_000, 12_000_000
COLOURS = 256
READY_SECONDS_MAX = 60
FADE_MS = 250
PARTS_OF_PAGES = b"<!DOCTYPE html"
HOMES = ("clerk", "inspector", "agent", "finance", "inventory-controller", "supplier-manager", "executive")


@dataclass(frozen=True)
class Demo:
    """Where the demo is served, and the password of its accounts."""

    url: str
    password: str


@dataclass(frozen=True)
class Shot:
    """A picture to take: its name, whose window, where, and what is done there first."""

    name: str
    role: str
    address: str
    before: Callable[[Page, Demo], None] | None = None


def main() -> None:
    """Take every picture; one that is too large for a repository is an error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--page", action="append", default=[], help="only this page; may be given several times")
    parser.add_argument("--size", choices=("full", "small"), default="full", help="of the demo (default full)")
    parser.add_argument("--home", help="a folder for the demo that is kept (default: a temporary one)")
    options = parser.parse_args()
    here = browsers.ready()
    if here is None:
        raise SystemExit(browsers.HOW)
    OUT.mkdir(parents=True, exist_ok=True)
    with _home(options.home) as home, _serving(home, options.size) as demo, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=here.path, args=browsers.arguments())
        shots = [shot for shot in _shots(demo, browser) if not options.page or shot.name in options.page]
        _taken(browser, demo, shots, DESKTOP, dark=False)
        titles = _taken(browser, demo, shots, PHONE, dark=True)
    if not options.page:
        _index(titles)
    total = sum(path.stat().st_size for path in OUT.glob("*.png"))
    print(f"{len(list(OUT.glob('*.png')))} pictures, {total:,} bytes")
    if total > ALL_BYTES_MAX:
        raise SystemExit(f"the pictures together are larger than {ALL_BYTES_MAX:,} bytes")


@contextmanager
def _home(named: str | None) -> Iterator[Path]:
    if named:
        yield Path(named).resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="counterflow-screens-"))
    # The embedded server runs as another user where we are root, and has to pass through.
    folder.chmod(0o755)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(home: Path, size: str) -> Iterator[Demo]:
    """Make the demo and serve it; this process sees its database too."""
    for name in ("DATABASE_URL", "COUNTERFLOW_APP_DATABASE_URL"):
        os.environ.pop(name, None)
    os.environ["COUNTERFLOW_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "counterflow.config.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    counterflow = [sys.executable, "-m", "counterflow.config.cli"]
    subprocess.run([*counterflow, "demo", "--no-serve", "--size", size], check=True)  # noqa: S603
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([*counterflow, "serve", "--port", str(port), "--workers", "1"])  # noqa: S603
    try:
        _wait(port)
        password = json.loads(next((home / "demo").iterdir()).read_text(encoding="utf-8"))["password"]
        yield Demo(f"http://127.0.0.1:{port}", password)
    finally:
        server.terminate()
        server.wait(timeout=30)
        subprocess.run([*counterflow, "db", "stop"], check=False)  # noqa: S603


def _wait(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/sign-in")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("the demo's server did not come up")


def _shots(demo: Demo, browser: Browser) -> list[Shot]:
    """Every page that shows something, with an object of the demo; then each role's own first page."""
    from counterflow.config.cli_boot import boot  # noqa: PLC0415 - settings need the demo's home first

    boot(database=True)
    from counterflow.config.bench.places import places  # noqa: PLC0415

    shots = []
    with _signed_in(browser, demo, "administrator", DESKTOP, dark=False) as page:
        for place in places():
            address = next(iter(place.addresses(1)), "")
            if not address or place.name == "sign_out":
                continue
            answer = page.request.get(demo.url + address, max_redirects=0)
            if place.name == "sign_in" or (answer.status == 200 and answer.body().startswith(PARTS_OF_PAGES)):
                role = "" if place.name == "sign_in" else "administrator"
                shots.append(Shot(place.name, role, address, BEFORE.get(place.name)))
    return [*shots, *(Shot(f"home-{role}", role, "/") for role in HOMES)]


def _taken(browser: Browser, demo: Demo, shots: list[Shot], size: tuple[int, int], *, dark: bool) -> dict[str, str]:
    """A picture of every page in one size and scheme; the titles of the pages by name."""
    titles = {}
    for role, several in groupby(shots, key=lambda shot: shot.role):
        with _signed_in(browser, demo, role, size, dark=dark) as page:
            for shot in several:
                page.goto(demo.url + shot.address, wait_until="networkidle")
                if shot.before is not None:
                    shot.before(page, demo)
                page.evaluate("document.activeElement.blur()")
                page.wait_for_timeout(FADE_MS)
                titles[shot.name] = page.title().removesuffix(" · Counterflow")
                _keep(page.screenshot(), OUT / f"{shot.name}{'-phone-dark' if dark else ''}.png")
    return titles


def _keep(picture: bytes, path: Path) -> None:
    image = Image.open(BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name:<44} {size:>8,} bytes", flush=True)
    if size > BYTES_MAX:
        raise SystemExit(f"{path.name} is larger than {BYTES_MAX:,} bytes")


@contextmanager
def _signed_in(browser: Browser, demo: Demo, role: str, size: tuple[int, int], *, dark: bool) -> Iterator[Page]:
    """A browser's page of a role's demo account; of nobody for an empty role."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        has_touch=width < 600,
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if role:
        page.goto(f"{demo.url}/sign-in")
        page.fill("input[name=email]", f"{role}@demo.example")
        page.fill("input[name=password]", demo.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_selector("#main, [data-scan-box]", state="attached")
    yield page
    context.close()


def _one(question: str) -> str:
    """The first answer of the demo's database to a question; empty where there is none."""
    from counterflow.kernel import db  # noqa: PLC0415

    found = db.rows(question)
    return str(found[0][0]) if found else ""


def _choose_node(page: Page) -> None:
    if page.locator("button[name=node]").count():
        page.locator("button[name=node]").first.press("Enter")
        page.wait_for_selector("[data-scan-box]")


def _receive(page: Page, demo: Demo) -> None:
    """The first node's bench with a parcel on it."""
    _choose_node(page)
    number = _one("SELECT number FROM returns_rma WHERE state = 'authorised' ORDER BY id DESC LIMIT 1")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-signal]")


def _put_away(page: Page, demo: Demo) -> None:
    """A unit in hand, where the page asks for a node first."""
    _choose_node(page)


BEFORE: dict[str, Callable[[Page, Demo], None]] = {"receive": _receive, "put_away": _put_away}
"""What is done on a page before its picture, so that it shows work."""


def _index(titles: dict[str, str]) -> None:
    """The list of the pictures, and away with pictures of pages that are no more."""
    wanted = {f"{name}{end}.png" for name in titles for end in ("", "-phone-dark")}
    for path in OUT.glob("*.png"):
        if path.name not in wanted:
            path.unlink()
    rows = [f"| {title} | [desk]({name}.png) | [phone]({name}-phone-dark.png) |" for name, title in titles.items()]
    text = ["# Screens", "", "Every page, made by `make screens` from the demo company, whose data is simulated.", ""]
    text += ["| page | at a desk, light | on a phone, dark |", "|---|---|---|", *rows]
    (OUT / "README.md").write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

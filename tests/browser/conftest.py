"""A real browser at a real server, on a company of the module's own.

Whatever goes wrong in a page fails its test: an error in the console, a refused script or style, a request that
failed or left this machine. What a failed test saw is kept in the temporary folder: a picture and a trace.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from looking import TAB, faults

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(tempfile.gettempdir()) / "counterflow-browser"
READY_SECONDS_MAX = 60
DESKTOP, PHONE = (1280, 840), (390, 844)
AT = """(wanted) => {
  const [base, words] = wanted.split(" :: "), at = document.activeElement;
  return at.matches(base) && (!words || at.textContent.includes(words));
}"""
TOLD_ELSEWHERE = ("Failed to load resource: the server responded", "htmx:afterRequest", "htmx:send")
"""What the console repeats of answers and requests, which are looked at themselves."""


@pytest.fixture(scope="session")
def browser():
    """The browser that `tools/browser.py` finds or gets; without one the test fails and says how to get one."""
    from playwright.sync_api import sync_playwright

    sys.path.insert(0, str(ROOT / "tools"))
    import browser as browsers

    here = browsers.ready()
    if here is None:
        pytest.fail(browsers.HOW, pytrace=False)
    # Playwright keeps a loop in this thread, which Django would take for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=here.path, args=browsers.arguments())
        yield started
        started.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture(scope="module")
def copied_from(lived):
    """A module begins where everything has happened once."""
    return lived


@pytest.fixture(scope="module")
def everything(database_copy):
    """The company of a module: everything has happened there once."""
    from lived import lived_company

    return lived_company()


@pytest.fixture(scope="module")
def site(everything):
    """The application as `counterflow serve` serves it, on this module's database; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "counterflow.config.cli", "serve", "--port", str(port), "--workers", "1"]
    KEPT.mkdir(exist_ok=True)
    with open(KEPT / f"server-{port}.log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=dict(os.environ), stdout=log, stderr=subprocess.STDOUT)
        _wait(port, server, log)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(timeout=30)


def _wait(port, server, log):
    deadline = time.monotonic() + READY_SECONDS_MAX
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/sign-in")
            assert connection.getresponse().status == 200
            return
        except OSError:
            log.seek(0)
            assert server.poll() is None, log.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def shown(everything):
    """Tell at most so many addresses at which a page shows something; none for what takes forms or leads elsewhere."""
    from django.test import Client

    from lived import make_tokens

    make_tokens(everything.ctx)
    client = Client()
    client.cookies["sessionid"] = _session("administrator")

    def addresses(place, most):
        found = place.addresses(most)
        assert found, "no object to show; see config/bench/places.py and tests/everything.py"
        if place.name == "sign_in":
            return found
        answers = {address: client.get(address) for address in found}
        # Parts of pages and files are looked at where they are shown.
        whole = b"<!DOCTYPE html"
        return [a for a, got in answers.items() if got.status_code == 200 and got.content.startswith(whole)]

    return addresses


@dataclass
class Desk:
    """A browser window of one person: its page, where the site is, and what went wrong on the way."""

    page: Any
    site: str
    wrong: list[str] = field(default_factory=list)
    answers_allowed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._said(message))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error in the page: {error}"))
        self.page.on("requestfailed", lambda request: self._failed(request))
        self.page.on("request", lambda request: self._asked(request))
        self.page.on("response", lambda response: self._answered(response))

    def open(self, address: str) -> Any:
        """Go to an address of the site; the page, once its scripts have run."""
        self.page.goto(self.site + address, wait_until="load")
        return self.page

    def type(self, words: str) -> None:
        """As a scanner in keyboard mode does: the characters, then Enter."""
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")

    def scan(self, words: str) -> str:
        """Scan at a station; what it answers, in words, once nothing is waiting."""
        self.type(words)
        self.page.wait_for_function("() => !document.querySelector('form[data-scan-box][data-waiting]')")
        signal = self.page.locator("[data-station] [data-signal]")
        return signal.get_attribute("data-words") or "" if signal.count() else ""

    def go_to(self, selector: str, tabs_max: int = 120) -> None:
        """Press Tab until what the selector names has the focus; words after ` :: ` are in its text."""
        keys = self.page.context.new_cdp_session(self.page)
        try:
            for _ in range(tabs_max):
                # Past the trace, which would keep pictures of the page for every key.
                asked = keys.send("Runtime.evaluate", {"expression": f"({AT})({json.dumps(selector)})"})
                if asked["result"].get("value"):
                    return
                keys.send("Input.dispatchKeyEvent", TAB)
        finally:
            keys.detach()
        raise AssertionError(f"Tab never reached {selector} at {self.page.url}")

    def press(self, selector: str) -> None:
        """Go somewhere by Tab and press Enter there."""
        self.go_to(selector)
        self.page.keyboard.press("Enter")

    def _said(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith(TOLD_ELSEWHERE):
            self.wrong.append(f"console: {message.text} ({self.page.url})")

    def _failed(self, request: Any) -> None:
        # A page that one leaves gives up what it was still asking for.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def _asked(self, request: Any) -> None:
        if request.url.startswith("http") and not request.url.startswith(self.site + "/"):
            self.wrong.append(f"left this machine: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.answers_allowed:
            self.wrong.append(f"{response.status}: {response.request.method} {response.url}")


@pytest.fixture
def sit_down(browser, site, request):
    """Make a desk for somebody of a role who is signed in already; nothing may have gone wrong there at the end."""
    desks = []

    def make(role="", *, size=DESKTOP, dark=False, traced=True):
        desk = _desk(browser, site, role, size, dark)
        if traced:
            desk.page.context.tracing.start(snapshots=True, screenshots=False)
        desks.append((desk, traced))
        return desk

    yield make
    failed = getattr(request.node, "failed_in_call", False) or any(desk.wrong for desk, _ in desks)
    for number, (desk, traced) in enumerate(desks):
        if failed:
            kept = KEPT / f"{re.sub('[^a-zA-Z0-9]+', '-', request.node.name)[:80]}-{number}"
            desk.page.screenshot(path=f"{kept}.png")
            print(f"kept {kept}.png, at {urlsplit(desk.page.url).path}")
        if traced:
            desk.page.context.tracing.stop(path=f"{kept}.zip" if failed else None)
        desk.page.context.close()
    assert [wrong for desk, _ in desks for wrong in desk.wrong] == []


@pytest.fixture(scope="module")
def faults_at(browser, site):
    """Say what is wrong at each of some addresses, on a screen of a size; one window serves for a whole walk."""
    desks = {}

    def look(addresses, role, size, *, tabs):
        if (role, size) not in desks:
            desks[role, size] = _desk(browser, site, role, size, dark=False)
        desk = desks[role, size]
        found = {address: faults(desk.open(address), tabs=tabs) for address in addresses}
        found["anywhere"], desk.wrong[:] = desk.wrong[:], []
        return {address: wrong for address, wrong in found.items() if wrong}

    yield look
    for desk in desks.values():
        desk.page.context.close()


def _desk(browser, site, role, size, dark):
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        has_touch=width < 600,
        reduced_motion="reduce",
        locale="en-GB",
    )
    if role:
        context.add_cookies([{"name": "sessionid", "value": _session(role), "url": site}])
    return Desk(context.new_page(), site)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know whether the test itself failed."""
    report = yield
    if report.when == "call":
        item.failed_in_call = report.failed
    return report


def _session(role):
    """The cookie of somebody of that role who signed in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from people import email

    client = Client()
    client.force_login(get_user_model().objects.get(email=email(role)))
    return client.cookies["sessionid"].value

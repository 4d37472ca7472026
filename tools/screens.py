"""Make the pictures of docs/screens from a running demo.

    counterflow demo                                      # in one terminal; it prints the password
    python tools/screens.py --password PASSWORD           # in another, in the same environment

Needs `pip install playwright` and a Chromium or Chrome of the system. Compares one made-up statement of a
warehouse with the books, so that there is something to reconcile; everything else only looks.
"""

import argparse
import csv
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from counterflow.config.cli_boot import boot
from counterflow.kernel import db
from counterflow.kernel.clock import now

OUT = Path(__file__).resolve().parent.parent / "docs" / "screens"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP, PHONE = (1280, 840), (390, 844)
BYTES_MAX = 250_000
FADE_MS = 400
STORY = "A parcel arrived after it was lost and refunded"
"""The case whose return is shown: carriage, money and stock have all moved on their own there."""
ON_HAND = """
SELECT i.sku, a.state, sum(p.quantity)::bigint AS quantity
FROM ledger_position p
JOIN ledger_account a ON a.id = p.account_id
JOIN ledger_state s ON s.state = a.state AND s.on_hand
JOIN catalog_item i ON i.id = a.item_id
JOIN facilities_node n ON n.id = a.node_id AND n.code = %s
GROUP BY i.sku, a.state HAVING sum(p.quantity) > 0 ORDER BY i.sku, a.state
"""


@dataclass(frozen=True)
class Demo:
    """Where the demo is served, the password of its accounts, a node and its (SKU, state, pieces) by the books."""

    url: str
    password: str
    node: str
    on_hand: list[tuple[str, str, int]]


def main() -> None:
    """Take every picture; a picture that is too large for a repository is an error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--password", required=True, help="what `counterflow demo` printed")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where it is served (default %(default)s)")
    parser.add_argument("--node", default="dc-central", help="the node of the statement (default %(default)s)")
    options = parser.parse_args()
    boot(database=True)
    on_hand = [(row.sku, row.state, row.quantity) for row in db.rows(ON_HAND, [options.node])]
    demo = Demo(options.url.rstrip("/"), options.password, options.node, on_hand)
    OUT.mkdir(parents=True, exist_ok=True)
    browser_path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        for picture in pictures(browser, demo):
            size = picture.stat().st_size
            print(f"{picture.name:<24} {size:>8,} bytes")
            if size > BYTES_MAX:
                raise SystemExit(f"{picture.name} is larger than {BYTES_MAX:,} bytes")


def pictures(browser: Browser, demo: Demo) -> Iterator[Path]:
    """Each picture as somebody sees it whose work it is."""
    with signed_in(browser, demo, "agent") as page:
        yield taken(page, demo, "/returns", "returns")
    with signed_in(browser, demo, "finance") as page:
        yield taken(page, demo, story(page, demo), "return")
        yield taken(page, demo, "/stock", "stock")
        yield taken(page, demo, "/ledger/tie-out", "tie-out")
    with signed_in(browser, demo, "inventory-controller") as page:
        compared = compare(page, demo)
    with signed_in(browser, demo, "finance") as page:
        yield taken(page, demo, compared, "reconciliation")
    with signed_in(browser, demo, "inspector") as page:
        yield taken(page, demo, f"/bench?node={demo.node}", "bench")
    with signed_in(browser, demo, "agent", size=PHONE, dark=True) as page:
        yield taken(page, demo, "/returns", "returns-phone-dark")


@contextmanager
def signed_in(
    browser: Browser, demo: Demo, role: str, *, size: tuple[int, int] = DESKTOP, dark: bool = False
) -> Iterator[Page]:
    """A browser's page, signed in as a role."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale="en-GB"
    )
    page = context.new_page()
    page.goto(f"{demo.url}/sign-in")
    page.fill("input[name=email]", f"{role}@demo.example")
    page.fill("input[name=password]", demo.password)
    page.click("button[type=submit]")
    page.wait_for_selector(".side", state="attached")
    yield page
    context.close()


def taken(page: Page, demo: Demo, address: str, name: str) -> Path:
    """A picture of one page, once everything on it has arrived."""
    page.goto(f"{demo.url}{address}", wait_until="networkidle")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(FADE_MS)
    path = OUT / f"{name}.png"
    page.screenshot(path=path)
    return path


def story(page: Page, demo: Demo) -> str:
    """The address of the return that the story's case is about."""
    page.goto(f"{demo.url}/cases?state=open&queue=carriage")
    page.get_by_role("link", name=STORY).first.click()
    link = page.locator("dd a[href^='/returns/']").first
    return link.get_attribute("href") or "/returns"


def compare(page: Page, demo: Demo) -> str:
    """Upload what the node has by the books, but for two rows; the address of what came of it."""
    rows = demo.on_hand
    plenty = [place for place, row in enumerate(rows) if row[1] == "available" and row[2] > 4]
    changed = {plenty[3]: -2, plenty[9]: 3}
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("sku", "state", "quantity"))
        writer.writerows((sku, state, count + changed.get(n, 0)) for n, (sku, state, count) in enumerate(rows))
        file.flush()
        page.goto(f"{demo.url}/reconciliation/compare")
        page.select_option("select[name=node]", demo.node)
        page.fill("input[name=as_of]", f"{now():%Y-%m-%dT%H:%M:%S}")
        page.fill("input[name=source]", "Warehouse system")
        page.set_input_files("input[name=file]", file.name)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(re.compile(r"/reconciliation/\d+$"))
    return page.url.removeprefix(demo.url)


if __name__ == "__main__":
    main()

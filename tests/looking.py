"""What every page has to be, as a browser sees it: one heading, no sideways scroll, open to a keyboard, accessible."""

from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
AXE = HERE.parent / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PROBE = (HERE / "browser" / "probe.js").read_text(encoding="utf-8")
GRAVE = ["serious", "critical"]
TABS_MORE = 5
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
# A rule that states its impact gives no other; what a light rule finds would be left out, so it need not run.
RUN = """async ({ only, grave }) => {
  const light = axe._audit.rules.filter((rule) => rule.impact && !grave.includes(rule.impact));
  const options = only.length
    ? { runOnly: { type: "rule", values: only } }
    : { rules: Object.fromEntries(light.map((rule) => [rule.id, { enabled: false }])) };
  const { violations } = await axe.run(document, { ...options, resultTypes: ["violations"] });
  return violations.filter(({ impact }) => grave.includes(impact)).map(({ id, impact, nodes }) =>
    ({ id, impact, where: nodes.map((n) => `${n.target} ${n.failureSummary}`).slice(0, 3) }));
}"""


def axe_source() -> str:
    """The text of axe-core, which comes with what the screens are built from."""
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing; `python frontend/build.py --force` brings it", pytrace=False)
    return AXE.read_text(encoding="utf-8")


def faults(page: Any, *, tabs: bool) -> list[str]:
    """What is wrong with the page that is open, in both schemes; with `tabs` also by the Tab key."""
    page.evaluate(PROBE)
    page.evaluate("probe.still()")
    found = list(_shape(page.evaluate("probe.shape()")))
    if tabs:
        found += _tabbed(page)
    page.evaluate(axe_source())
    found += _grave(page, "light", [])
    page.evaluate("probe.dark()")
    # What a scheme can change is colours.
    found += _grave(page, "dark", ["color-contrast"])
    return found


def _shape(shape: dict[str, Any]) -> list[str]:
    found = []
    if len(shape["headings"]) != 1 or not shape["headings"][0]:
        found.append(f"headings of the first rank: {shape['headings']}")
    if shape["title"] in ("", "Counterflow"):
        found.append(f"title: {shape['title']!r}")
    if not shape["lang"]:
        found.append("no language")
    if shape["wide"] > 0:
        found.append(f"scrolls sideways by {shape['wide']} px")
    return found


def _tabbed(page: Any) -> list[str]:
    count = page.evaluate("probe.begin()")
    keys = page.context.new_cdp_session(page)
    # A second round for what the first missed: a page that scrolls to its focus may swallow a key.
    for _ in range(2):
        for _ in range(count + TABS_MORE):
            keys.send("Input.dispatchKeyEvent", TAB)
        end = page.evaluate("probe.end()")
        if not end["missed"]:
            break
    keys.detach()
    return [f"Tab does not reach {name}" for name in end["missed"]] + [
        f"no sign of focus on {name}" for name in end["unseen"]
    ]


def _grave(page: Any, scheme: str, only: list[str]) -> list[str]:
    return [
        f"axe, {scheme}: {one['impact']} {one['id']} at {one['where']}"
        for one in page.evaluate(RUN, {"only": only, "grave": GRAVE})
    ]

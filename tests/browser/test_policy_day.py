"""A policy's day by keyboard: a draft, a wrong cell mended, facts tried, two people, and a return that it decides."""

import re
from datetime import UTC, datetime

import pytest

from counterflow.policies import queries
from counterflow.policies import queries_versions as versions
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from looking import faults
from ruling import draft

MANY = 1_500
"""Tabs that it may take through a grid of some twenty rows."""


def write(desk, selector, words):
    """Go to a field by Tab and put words in place of what stands there."""
    desk.go_to(selector, MANY)
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type(words)


def open_sheet(desk, selector):
    desk.go_to(selector, MANY)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("dialog[data-shows][open]")


def done(desk):
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("dialog[data-shows]", state="detached")


def saved(desk):
    desk.page.locator("button[form=policy-form]").focus()
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector(".toast-note:has-text('Saved.')")


def put_into_force(writer, address, others):
    """Try it, ask those whom the table of approvals names, and let each of them agree."""
    writer.answers_allowed.add(409)
    page = writer.open(address)
    writer.press("button :: Put it into force")
    writer.press("dialog button :: Put into force")
    page.wait_for_selector("h1:has-text('others have to agree')")
    write(writer, "input[name=reason]", "Agreed with finance")
    writer.press("button :: Ask for approval")
    page.wait_for_url(re.compile(r"/approvals/\d+$"))
    for desk in others:
        desk.open(page.url.removeprefix(writer.site))
        desk.press("button :: Agree")
        desk.page.wait_for_selector(".toast-note")
    writer.open(address)
    assert page.locator(".page-lead .state").inner_text() == "In force"


@pytest.fixture(scope="module")
def row():
    """The place of the row about small faults, which the day is about."""
    table = versions.version_of(kind="refund", version=1).read_table()
    return next(number for number, each in enumerate(table.rows) if each.id == "returnless")


def test_from_a_draft_to_a_return_that_its_new_row_decides(sit_down, everything, row):
    writer = sit_down("inventory_controller")
    page = writer.open("/policies")
    writer.press("button[aria-label='Start a draft of refund']")
    page.wait_for_url(re.compile(r"/policies/refund/\d+/edit$"))
    version = int(page.url.split("/")[-2])

    writer.go_to(f"#copy-{row}", MANY)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=returnless-2")
    assert page.evaluate("document.activeElement.id") == f"says-{row + 1}"

    cell = f"#cell-{row + 1}-value_minor"
    open_sheet(writer, cell)
    page.keyboard.press("ArrowDown")
    write(writer, "#sheet-free", "> > 100")
    done(writer)
    assert "cannot be read" in page.locator(f"{cell}-wrong").inner_text()
    assert "1 problem" in page.locator(".policy-sound").inner_text()

    assert page.evaluate("document.activeElement.id") == cell[1:]
    open_sheet(writer, cell)
    page.keyboard.press("ArrowUp")
    write(writer, "#sheet-most", "hundred")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=hundred is no number")
    write(writer, "#sheet-most", "100")
    done(writer)
    assert page.locator(cell).inner_text() == "at most 100.00"
    assert page.locator(f"{cell}-wrong").count() == 0

    open_sheet(writer, f"#cell-{row + 1}-currency")
    for code in ("AUD", "CAD", "CHF", "EUR", "USD"):
        writer.go_to(f"dialog input[value={code}]")
        page.keyboard.press("Space")
    done(writer)
    assert page.locator(f"#cell-{row + 1}-currency").inner_text() == "GBP"

    for name, words in {"reason_code": "defective", "value_minor": "60.00", "currency": "GBP"}.items():
        write(writer, f"#f-{name}", words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#policy-verdict .policy-verdict")
    assert "returnless-2" in page.locator("#policy-verdict .policy-verdict").inner_text()
    assert page.locator("tr.is-fired").get_attribute("data-name") == "returnless-2"
    writer.go_to("#try-keep", MANY)
    page.keyboard.press("Enter")
    page.wait_for_selector(".policy-examples li:last-child:has-text('returnless 2')")
    assert page.locator(".policy-sound .state-good").inner_text() == "Sound"
    saved(writer)

    writer.open(f"/policies/refund/{version}")
    writer.press("button :: Propose it")
    page.wait_for_selector("text=You wrote, edited or proposed it")

    owner = sit_down("finance")
    owner.open(f"/policies/refund/{version}")
    assert "New, at place" in owner.page.content()
    owner.press("button :: Agree to it")
    owner.page.wait_for_selector("text=Agreed. It can be put into force now.")
    put_into_force(writer, f"/policies/refund/{version}", [owner, sit_down("executive")])

    asked = OpenRma(
        everything.channel(),
        f"policy-day-{version}",
        [AskedLine(1, "defective", sku=everything.sku())],
        everything.sell(),
        datetime.now(UTC),
    )
    (opened,) = open_rmas(everything.ctx(), items=[asked]).done
    newest = queries.decisions(kind="refund", limit=1)[0]
    assert (newest.version, newest.row_id) == (version, "returnless-2")
    owner.open(f"/returns/{opened.facts['rma']}/why")
    assert "returnless-2" in owner.page.content()


def test_steps_are_undone_and_rows_are_carried(sit_down, everything):
    found = versions.version_file(version_id=draft(everything.ctx, "undone", examples=[]))
    desk = sit_down("finance")
    page = desk.open(f"/policies/refund/{found.version}/edit")
    names = lambda: page.locator("tr[data-name]").evaluate_all("rows => rows.map(r => r.dataset.name)")  # noqa: E731
    before = names()
    page.locator("#says-0").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_function("() => document.activeElement.id === 'says-1'")
    assert names()[:2] == [before[1], before[0]]
    page.drag_and_drop("tr[data-row='0'] .policy-grip", "tr[data-row='2'] .policy-row-head")
    page.wait_for_function("() => document.activeElement.id === 'says-2'")
    assert names()[:3] == [before[0], before[2], before[1]]
    page.keyboard.press("Control+z")
    page.wait_for_function("name => document.querySelector('tr[data-name]').dataset.name === name", arg=before[1])
    page.locator("[data-undo]").click()
    page.wait_for_function("name => document.querySelector('tr[data-name]').dataset.name === name", arg=before[0])
    assert names() == before
    page.locator("[data-redo]").click()
    page.wait_for_function("name => document.querySelector('tr[data-name]').dataset.name === name", arg=before[1])

    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="Bring it back").click()
    page.wait_for_function("name => document.querySelector('tr[data-name]').dataset.name === name", arg=before[1])
    saved(desk)
    kept = versions.version_of(kind="refund", version=found.version)
    assert [each["id"] for each in kept.table["rows"]][:2] == [before[1], before[0]]


def test_who_saves_second_loses_nothing(sit_down, everything):
    found = versions.version_file(version_id=draft(everything.ctx, "raced", examples=[]))
    first, second = sit_down("finance"), sit_down("inventory_controller")
    second.answers_allowed.add(409)
    for desk in (first, second):
        desk.open(f"/policies/refund/{found.version}/edit")
        desk.page.locator("#delete-0").click()
        desk.page.wait_for_selector("text=Not saved")
    saved(first)
    second.page.locator("#delete-0").click()
    second.page.wait_for_function(
        "count => document.querySelectorAll('tr[data-name]').length === count", arg=len(found.table["rows"]) - 2
    )
    second.page.locator("button[form=policy-form]").click()
    second.page.wait_for_selector("text=Finance controller saved revision 2 meanwhile")
    assert second.page.locator("tr[data-name]").count() == len(found.table["rows"]) - 2
    saved(second)
    assert len(versions.version_of(kind="refund", version=found.version).table["rows"]) == len(found.table["rows"]) - 2


def test_a_cell_is_changed_on_a_phone(sit_down, everything, row):
    found = versions.version_file(version_id=draft(everything.ctx, "phone", examples=[]))
    desk = sit_down("finance", size=(390, 844), dark=True)
    page = desk.open(f"/policies/refund/{found.version}/edit")
    assert not page.locator(f"#cell-{row}-customer_segment").is_visible()
    page.locator(f"#more-{row}").tap()
    page.locator(f"#cell-{row}-customer_segment").tap()
    page.wait_for_selector("dialog[data-shows][open]")
    page.get_by_role("checkbox", name="vip").check()
    assert page.locator("input[name=mode][value=is]").is_checked()
    assert faults(page, tabs=False) == []
    page.get_by_role("button", name="Done").tap()
    page.wait_for_selector(f"#cell-{row}-customer_segment:has-text('vip')")
    assert faults(page, tabs=False) == []

"""A morning at the work queue without a mouse: take the next, keep a list, close many at once, and take that back."""

import re

import pytest

from counterflow.kernel import db


@pytest.fixture(scope="module")
def piled(everything):
    """Sixty cases of one kind, so that a page is not all of them."""
    from dataclasses import dataclass

    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.workqueue.cases import CaseDraft, open_cases

    @dataclass(frozen=True)
    class Draft:
        number: int

    @command(needs="workqueue.work")
    def pile_cases(ctx, *, items):
        open_cases(
            ctx,
            [
                CaseDraft("dispute", "rma", 10**9 + item.number, f"pile:{item.number}", None, 1_000, "GBP")
                for item in items
            ],
        )
        return Batch([Done("x")])

    pile_cases(everything.ctx(), items=[Draft(n) for n in range(60)])
    return everything


def ended():
    rows = db.rows("SELECT outcome, count(*) AS n FROM workqueue_case WHERE kind = 'dispute' GROUP BY 1 ORDER BY 2")
    return {row.outcome: row.n for row in rows}


def test_rows_are_selected_closed_and_opened_again_by_keys(sit_down, piled):
    agent = sit_down("agent")
    page = agent.open("/cases?kind=dispute")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    for key in ("j", "x", "j", "j", "X", "k", "x"):
        page.keyboard.press(key)
    assert page.locator(".rows .picks:checked").count() == 2
    assert page.locator("[data-chosen-count]").inner_text() == "2"
    page.keyboard.press("b")
    page.wait_for_url("**/cases/chosen?**")
    assert page.locator("h1").inner_text() == "2 cases, £20.00 at risk"
    agent.go_to("select[name=outcome]")
    page.keyboard.type("Decided for")
    agent.press("button :: Close 2 cases")
    page.wait_for_url("**/cases?**done=**")
    assert ended() == {"customer_right": 2, None: 58}
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("z")
    page.wait_for_selector("text=2 open again")
    assert ended() == {None: 60}


def test_all_that_match_are_closed_by_keys(sit_down, piled):
    agent = sit_down("agent")
    page = agent.open("/cases?kind=dispute")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("A")
    page.wait_for_url("**/cases/chosen?**all=1**")
    assert page.locator("h1").inner_text() == "60 cases, £600.00 at risk"
    agent.press("button :: Close 60 cases")
    page.wait_for_url("**/cases?**done=**")
    assert ended() == {"customer_right": 60}
    agent.press("button :: Undo")
    page.wait_for_selector("text=60 open again")
    assert ended() == {None: 60}


def test_the_next_case_is_taken_and_put_off_by_keys(sit_down, piled):
    agent = sit_down("agent")
    page = agent.open("/cases?queue=quality&kind=dispute")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r"/cases/\d+$"))
    assert page.locator("text=Put back").count() == 1
    agent.press("button :: Put off")
    agent.go_to("#put-off input[name=reason]")
    page.keyboard.type("Waits for customer")
    agent.press("#put-off button :: Put off")
    page.wait_for_selector("text=Take it up now")
    case_id = int(page.url.rsplit("/", 1)[1])
    agent.open("/cases?whose=mine")
    assert page.locator(f"a[href='/cases/{case_id}']").count() == 0
    agent.open("/cases?snoozed=only")
    assert page.locator(f"a[href='/cases/{case_id}']").count() == 1


def test_a_list_is_kept_under_a_name(sit_down, piled):
    agent = sit_down("agent")
    page = agent.open("/cases?kind=dispute&order=money")
    agent.press("summary :: Keep this list")
    agent.go_to("input[name=name]")
    page.keyboard.type("Disputes")
    agent.press("button :: Keep")
    page.wait_for_selector(".views a:has-text('Disputes')")
    assert page.locator(".views a[aria-current=page]").inner_text().strip() == "Disputes"

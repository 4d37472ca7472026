"""An inspector's day by one key an answer: apparel, electronics before any money, another grade, a photo."""

from io import BytesIO

import pytest
from PIL import Image

from counterflow.evidence import queries as evidence
from counterflow.receiving import queries
from dock import breaches
from everything import ask, buy
from quality import SHOWN, arrived

CLEAN = {"packaging": "intact", "size": "right", "tags": "on", "worn": "no", "odour": "none", "stains": "none"}
SLOWER_THAN_A_SCANNER_MS = 90


class Inspector:
    """Somebody at the inspect station."""

    def __init__(self, desk):
        self.desk, self.page = desk, desk.open("/inspect")

    def take(self, lpn):
        """Scan a unit's plate: its questions are there."""
        self.desk.type(lpn)
        self.page.wait_for_url(f"**/inspect/{lpn}")
        self.page.wait_for_selector("form[data-inspect] .is-turn")
        return self

    def answer(self, answers):
        """Answer each question in turn by its key; texts are scanned."""
        for _ in range(40):
            turn = self.page.locator(".is-turn")
            if not turn.count():
                return
            code = turn.get_attribute("data-question")
            if code not in answers:
                return
            choice = turn.locator(f"input[value='{answers[code]}'][data-press]")
            if choice.count():
                self.press(choice.get_attribute("data-press"))
            else:
                self.desk.go_to(f"input[name=q_{code}]")
                self.desk.type(answers[code])
                self.page.wait_for_timeout(SLOWER_THAN_A_SCANNER_MS)

    def press(self, key):
        """One key of a person's, who is slower than a scanner."""
        self.page.keyboard.press(key)
        self.page.wait_for_timeout(SLOWER_THAN_A_SCANNER_MS)

    def finish(self, lpn):
        """Enter, once all is answered."""
        self.press("Enter")
        self.page.wait_for_url(f"**/inspect?last={lpn}")


def photo():
    body = BytesIO()
    Image.new("RGB", (320, 240), "peru").save(body, "JPEG")
    return {"name": "stain.jpg", "mimeType": "image/jpeg", "buffer": body.getvalue()}


@pytest.fixture
def inspector(sit_down):
    return Inspector(sit_down("inspector"))


def test_apparel_is_graded_by_its_answers(inspector, everything):
    lpn = arrived(everything)[0]
    inspector.take(lpn).answer({**CLEAN, "tags": "gone"})
    inspector.page.wait_for_selector("#suggestion:has-text('Suggested: B')")
    inspector.finish(lpn)
    assert "Goes to:" in inspector.page.content()
    seen = queries.unit(lpn=lpn)
    assert (seen.unit.grade, seen.inspections[0].passed) == ("B", True)
    assert breaches() == []


def test_who_differs_says_why(inspector, everything):
    lpn = arrived(everything)[0]
    inspector.take(lpn).answer(CLEAN)
    inspector.page.wait_for_selector("#suggestion:has-text('Suggested: A')")
    inspector.press("c")
    inspector.desk.go_to("#grade_reason")
    inspector.page.keyboard.press("ArrowDown")
    inspector.desk.press("[data-finish]")
    inspector.page.wait_for_url(f"**/inspect?last={lpn}")
    seen = queries.unit(lpn=lpn)
    assert seen.unit.grade == "C"
    assert seen.inspections[0].grade_reason


def test_electronics_show_serial_lock_and_diagnostics_before_any_money(inspector, everything):
    rma = ask(everything, buy(everything, ("phone", 2)), ("phone", 2), reason="defective")
    lpn = arrived(everything, "phone", rma=rma, serial="A1")[0]
    inspector.take(lpn)
    assert "Before any money" in inspector.page.content()
    wanted = {"serial": "A1", "packaging": "opened", **SHOWN, "housing": "new", "accessories": "yes"}
    inspector.answer({**wanted, "wiped": "yes"})
    inspector.page.wait_for_selector("#suggestion:has-text('Suggested')")
    inspector.finish(lpn)
    assert queries.unit(lpn=lpn).inspections[0].passed


def test_damage_is_photographed_from_a_file(inspector, everything):
    lpn = arrived(everything)[0]
    inspector.take(lpn)
    inspector.page.set_input_files("#photos_field", photo())
    inspector.page.wait_for_selector(".photo-previews li")
    inspector.answer(CLEAN)
    inspector.page.wait_for_selector("#suggestion:has-text('Suggested: A')")
    inspector.finish(lpn)
    assert len(evidence.photos_of(subject_kind="unit", subject_id=queries.unit(lpn=lpn).unit.id)) == 1

"""An inspector's work without the mouse: scan, one key an answer, the serial number by scan, Enter; then the next."""

from counterflow.receiving import queries
from everything import ask, buy
from quality import arrived


def phone(company, serial="A1"):
    rma = ask(company, buy(company, ("phone", 2)), ("phone", 2), reason="defective")
    return arrived(company, "phone", rma=rma, serial=serial)[0]


def press(page, *keys):
    """Keys as a hand presses them, each when the one before has been taken."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(120)


def test_a_phone_is_inspected_by_keys_and_scans_alone(everything, sit_down):
    lpn, desk = phone(everything), sit_down("inspector")
    page = desk.open(f"/inspect?node={everything.node()}")
    desk.type(lpn)
    page.wait_for_url(f"**/inspect/{lpn}")
    page.wait_for_selector(".question.is-turn[data-question=packaging]")
    press(page, "1")
    page.wait_for_selector(".question.is-turn[data-question=serial]")
    desk.type("A1-SCANNED-WRONG")
    page.wait_for_selector("#suggestion .notice-stop")
    page.fill("[name=q_serial]", "")
    page.focus("[data-question=serial]")
    page.wait_for_selector(".question.is-turn[data-question=serial]")
    desk.page.fill("[name=q_serial]", "A1")
    press(page, "Enter")
    page.wait_for_selector(".question.is-turn[data-question=activation_lock]")
    press(page, "1", "2")
    page.wait_for_selector("[data-question=fault]:not([hidden])")
    page.wait_for_selector(".question.is-turn[data-question=fault]")
    press(page, "1", "2", "y", "y")
    page.wait_for_selector("#suggestion .grade-D")
    assert page.evaluate("document.activeElement.dataset.finish") == ""
    press(page, "Enter")
    page.wait_for_url(f"**/inspect?last={lpn}")
    assert "Goes to:" in page.inner_text("#station-hand")
    found = queries.unit(lpn=lpn).inspections[0]
    assert (found.grade, found.passed, found.serial, found.answers["fault"]) == ("D", True, "A1", "factory")


def test_a_scan_in_the_middle_of_the_questions_takes_up_the_other_unit(everything, sit_down):
    first, second = arrived(everything)[0], arrived(everything)[0]
    desk = sit_down("inspector")
    page = desk.open(f"/inspect/{first}")
    page.wait_for_selector(".question.is-turn")
    press(page, "1", "1")
    desk.type(second)
    page.wait_for_url(f"**/inspect/{second}")
    assert queries.unit(lpn=first).unit.round == 0


def test_photos_are_made_smaller_shown_and_taken_out_again_before_they_are_sent(everything, sit_down, tmp_path):
    from pictures import picture

    large = tmp_path / "large.png"
    large.write_bytes(picture((3200, 2400), kind="PNG", colour=(10, 200, 90)))
    lpn, desk = arrived(everything)[0], sit_down("inspector")
    page = desk.open(f"/inspect/{lpn}")
    page.set_input_files("[data-photos] input[type=file]", [str(large), str(large)])
    page.wait_for_selector(".photo-previews canvas >> nth=1")
    page.click(".photo-previews button >> nth=0")
    page.wait_for_function("document.querySelector('[name=photos]').files.length === 1")
    assert page.input_value("[name=photos_ready]") == "1"
    assert "1 photo ready" in page.inner_text(".photo-progress")

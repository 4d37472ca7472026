"""The instruments see what is wrong: a page made badly is found out, and a page that breaks fails its test."""

from looking import faults

BAD = """<!doctype html><html><head><title>Counterflow</title></head><body>
<h1>One</h1><h1>Two</h1><p style="color:#bbb;background:#fff">Too pale to read</p><input>
<button style="outline:none">No ring</button><div style="width:3000px">wide</div><a href="#x">Trap</a>
<script>document.querySelector("input").addEventListener("keydown", (e) => e.preventDefault())</script></body></html>"""


def test_a_bad_page_is_found_out(browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(BAD)
    found = "\n".join(faults(page, tabs=True))
    page.close()
    for wrong in (
        "headings of the first rank: ['One', 'Two']",
        "title: 'Counterflow'",
        "no language",
        "scrolls sideways by",
        "Tab does not reach <a> Trap",
        "axe, light: serious color-contrast",
        "axe, light: critical label",
        "axe, dark: serious color-contrast",
    ):
        assert wrong in found, wrong


def test_what_goes_wrong_in_a_page_is_noticed(sit_down):
    desk = sit_down("clerk", traced=False)
    page = desk.open("/")
    page.evaluate("""async () => {
        console.error("told");
        setTimeout(() => { throw new Error("thrown") });
        document.body.insertAdjacentHTML("beforeend", "<p style='color:red'>");
        await fetch("/users").catch(() => 0);
        await fetch("http://127.0.0.1:9/elsewhere").catch(() => 0);
        await new Promise((done) => setTimeout(done, 50));
    }""")
    for wrong in ("told", "thrown", "inline style", "403: GET", "http://127.0.0.1:9/elsewhere"):
        assert any(wrong in one for one in desk.wrong), wrong
    desk.wrong.clear()


def test_signing_in_takes_no_mouse(sit_down):
    from people import PASSWORD, email

    desk = sit_down()
    page = desk.open("/bench")
    page.keyboard.type(email("clerk"))
    page.keyboard.press("Tab")
    desk.type(PASSWORD)
    page.wait_for_url("**/bench")
    assert page.locator("h1").inner_text().startswith("Bench at ")

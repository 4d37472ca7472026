"""The scan box: usable without its script, named for those who do not see it, and allowed by the policy of the page."""

import re
from pathlib import Path

from django.template.loader import render_to_string

BUILT = Path(__file__).resolve().parents[2] / "src" / "counterflow" / "console" / "static" / "built"


def box(**values):
    return render_to_string("console/parts/scan_box.html", {"scan_action": "/here", "scan_label": "Scan", **values})


def test_the_box_is_a_form_that_works_without_its_script():
    html = box()
    assert re.search(r'<form[^>]+method="post" action="/here"', html)
    assert 'name="key"' in html
    assert '<label class="visually-hidden" for="scan-field">Scan</label>' in html
    assert 'type="submit"' in html


def test_what_needs_the_script_is_hidden_until_the_script_shows_it():
    for button in re.findall(r"<button[^>]+data-scan-(?:camera|keyboard)[^>]*>", box()):
        assert " hidden " in button


def test_a_signal_has_words_and_an_icon_beside_its_colour():
    for tone in ("good", "attention", "stop"):
        html = render_to_string("console/parts/scan_signal.html", {"signal": {"tone": tone, "title": "T", "text": "X"}})
        assert "<strong>T</strong>" in html
        assert "<svg" in html
        assert 'data-words="T. X"' in html


def test_only_a_page_with_a_scan_box_may_compile_the_barcode_reader():
    from django.http import HttpResponse
    from django.test import RequestFactory

    from counterflow.console.middleware import ContentPolicy

    def policy(template, **values):
        def page(request):
            return HttpResponse(render_to_string(template, {"scan_action": "/here", **values}, request))

        return ContentPolicy(page)(RequestFactory().get("/"))["Content-Security-Policy"]

    assert "script-src 'self' 'wasm-unsafe-eval'" in policy("console/parts/scan_box.html")
    assert "'unsafe-eval'" not in policy("console/parts/scan_box.html")
    assert "unsafe" not in policy("console/parts/scan_signal.html")


def test_the_barcode_reader_is_our_own_file():
    assert len(list(BUILT.glob("zxing_reader-*.wasm"))) == 1
    assert "CounterflowDecoder" in (BUILT / "decoder.js").read_text()

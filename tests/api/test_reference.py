"""The reference page says what a caller needs, in a caller's words."""

import pytest

from counterflow.api.prose import marked, paragraphs


def test_backticks_are_code_and_errors_are_named_by_their_codes():
    assert marked("Refuses `RmaNotFound` for <b>; `state` narrows.") == (
        "Refuses <code>rma_not_found</code> for &lt;b&gt;; <code>state</code> narrows."
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Units, oldest first. One statement.", ["Units, oldest first."]),
        ("Decisions. One or two statements.", ["Decisions."]),
        ("A return. Eight statements, whatever happened. Raises `X`.", ["A return. Raises `X`."]),
        ("An order with all it has, in four statements. Raises it.", ["An order with all it has. Raises it."]),
        (
            "Compare each statement with the\n    ledger.\n\n    Two SQL statements.",
            ["Compare each statement with the ledger."],
        ),
    ],
)
def test_what_only_builders_need_is_left_out(said, shown):
    assert paragraphs(said) == shown


def test_the_page_has_an_anchor_for_every_operation_once(caller):
    text = caller().client.get("/api/docs").content.decode()
    anchors = [part.split('"')[0] for part in text.split(' id="')[1:]]
    assert len(anchors) == len(set(anchors))
    links = {part.split('"')[0] for part in text.split('href="#')[1:]}
    assert links <= set(anchors)
    assert 'verb-get">GET' in text
    assert 'verb-post">POST' in text

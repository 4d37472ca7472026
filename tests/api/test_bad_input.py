"""What nobody should send is answered with a problem that says what is wrong; never by a fault, never half done.

Method: every field of every act gets values that its column, its calendar or its reader cannot take.
"""

import resource
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import get_args, get_type_hints

import pytest

from bodies import plain, whole
from counterflow.api.acts import ACTS
from counterflow.api.asks import READS
from counterflow.kernel import db
from refunding import told

WRONG = {
    int: [2**31, 2**63, -(2**63) - 1, 10**30, 1.5, True, "1"],
    str: ["a\u0000b", "\u202egnp.exe", "\u2066", "x" * 2001, 5],
    bool: ["maybe"],
    Decimal: ["NaN", "Infinity", "1e400", "x"],
    datetime: [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1800-01-01T00:00:00Z",
        "2026-05-05T00:00:00",
        10**12,
        "now",
    ],
    date: ["2026-02-30", "now"],
}
OTHERS = [None, 5, [[]], [None], {"a\u0000": "b"}, {"a": 2**70}]
ADDRESSES = ["x", "9223372036854775808", "-1", "\u0000", "\u202e", "0001-01-01T00:00:00+14:00", "x" * 5000]


def spoilt(item):
    """Bodies with one field, of the item or of one inside it, that cannot be taken."""
    hints = get_type_hints(item)
    for field in fields(item):
        hint = plain(hints[field.name])
        for wrong in WRONG.get(hint, OTHERS):
            yield field.name, {**whole(item), field.name: wrong}
        for inner in (arg for arg in get_args(hint) if is_dataclass(arg)):
            for name, body in spoilt(inner):
                yield f"{field.name}.{name}", {**whole(item), field.name: [body]}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.path)
def test_no_field_of_an_act_takes_what_cannot_be_kept(caller, act):
    program = caller()
    program.client.raise_request_exception = False
    for name, body in spoilt(act.item):
        answer = program.post(act.path, body)
        assert answer.status_code < 500, (name, body)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json", (name, body)
        else:
            assert plain(get_type_hints(act.item).get(name, int)) not in WRONG, (name, body, answer.content)


@pytest.mark.parametrize("read", READS, ids=lambda read: read.path)
def test_no_parameter_of_a_question_takes_what_cannot_be_asked(caller, read):
    program = caller()
    program.client.raise_request_exception = False
    calls = [(read.path, {name: wrong}) for name in (*read.names, "cursor", "limit") for wrong in ADDRESSES]
    if "{" in read.path:
        head = read.path.split("{")[0]
        calls = [(head + "/".join([wrong] * read.path.count("{")), {}) for wrong in ("%00", "9" * 19, "%E2%80%AE", "x")]
    for path, params in calls:
        answer = program.get(path, **params)
        assert answer.status_code < 500, (path, params)
        assert answer.status_code == 200 or answer["Content-Type"] == "application/problem+json", (path, params)


@pytest.mark.parametrize("raw", ["", "{" * 20, "[" * 100_000, '{"a":' * 100_000, "\x00", '{"a":1e999}', '"\\ud800"'])
def test_a_body_that_is_no_json_or_too_deep_is_refused(caller, raw):
    answer = caller().post("/rmas", None, raw=raw)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_an_instant_with_another_offset_is_the_same_request(company, caller):
    program, instants = caller(), ("2026-05-20T09:00:00Z", "2026-05-20T11:00:00+02:00")
    answers = [program.post("/money-reports", money(company, at)).json() for at in instants]
    assert [answer["replayed"] for answer in answers] == [False, True]


def money(company, at):
    """A report about an order nobody knows."""
    report = told(company, "refund_paid", 500, f"ref-{company.tag}", channel=company.channel(), order="none")
    return {**{f.name: getattr(report, f.name) for f in fields(report)}, "happened_at": at}


def test_what_is_reported_from_the_future_happened_now(company, caller):
    answer = caller().post("/money-reports", money(company, "2999-12-31T00:00:00Z"))
    entry = answer.json()["entry_id"]
    row = db.rows("SELECT happened_at <= recorded_at AS past FROM ledger_entry WHERE id = %s", [entry])[0]
    assert row.past


@pytest.mark.parametrize("code", ["", " ", "a b\n", " a", "a\u200b"])
def test_a_code_that_nobody_can_read_is_refused(caller, code):
    answer = caller().post("/brands", {"code": code, "name": "Brand"})
    assert (answer.status_code, answer.json()["code"]) == (422, "code_unreadable")


def test_a_batch_of_millions_is_refused_before_its_items_are_looked_at(caller):
    """Nine megabytes of empty items took gigabytes of memory and minutes before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    program = caller()
    answer = program.post("/rmas/bulk", None, raw='{"items": [' + ",".join(["{}"] * 1_000_000) + "]}")
    assert (answer.status_code, answer.json()["code"]) == (422, "batch_too_large")
    lines = '{"channel": "x", "request_ref": "x", "lines": [' + ",".join(["{}"] * 1_000_000) + "]}"
    assert program.post("/rmas", None, raw=lines).json()["code"] == "body_invalid"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000

"""The work queue at size: its page over HTTP, taking the next case, and closing thousands at once, as JSON.

Method: as many open cases as asked for are opened by commands, of all kinds, with money, due times, assignees and
snoozes dealt out by a fixed seed. Two server processes answer one keep-alive client that is signed in; what is measured
is the whole answer, as a browser gets it. `cpu_ms` is what a page costs this process when it answers it itself, which a
busy machine blurs little. Bulk closing is measured as a person does it, on the page that shows what
is selected, and as a program does it, in one call.
"""

import http.client
import random
import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import psycopg
from django.contrib.auth import get_user_model
from django.test import Client

from counterflow.access.commands import IssueToken, NewUser, create_users, issue_tokens
from counterflow.access.secrets import new_token
from counterflow.config import database
from counterflow.config.bench import web
from counterflow.config.bench.company import context, settled
from counterflow.config.bench.pages import say, timed
from counterflow.flows import ask_people
from counterflow.kernel import db
from counterflow.kernel.clock import now
from counterflow.kernel.errors import InvariantBroken
from counterflow.workqueue import queries
from counterflow.workqueue.cases import CaseDraft
from counterflow.workqueue.commands import AssignCase, SnoozeCase, TakeCases, assign_cases, snooze_cases, take_cases
from counterflow.workqueue.filters import CaseFilter
from counterflow.workqueue.kinds import KINDS

BATCH = 5_000
CLOSED = 5_000
COSTS = 9
GOAL_PAGE_MS, GOAL_CLOSE_S = 100, 5
SCOPES = ("workqueue.view", "workqueue.work", "risk.view")
EMAILS = tuple(f"works-{n}@bench.example" for n in range(20))
FILTERS: dict[str, str] = {
    "first page": "",
    "a queue": "queue=money",
    "a kind": "kind=chargeback",
    "a rare kind": "kind=webhook_failed",
    "mine": "whose=mine",
    "my roles": "role=mine",
    "nobody's": "whose=nobody",
    "overdue": "due=overdue",
    "due today": "due=today",
    "by money": "order=money",
    "by due time": "order=due",
    "oldest": "order=oldest",
    "urgent and dear": "severity=1&from=1000",
    "put off": "snoozed=only",
    "a number": "q=BENCH-77777",
    "how a number begins": "q=BENCH-777",
    "how all numbers begin": "q=BENCH",
    "a word and a number": "q=chargeback+BENCH-77",
    "words of a kind": "q=lost+parcel",
    "the number of nothing": "q=RMA-404",
    "open for a week": "age=7",
    "closed": "state=closed",
}


def fill(count: int) -> dict[str, float]:
    """Open so many cases; how long that took, a case opened a second."""
    settled(create_users(context(), items=[NewUser(email, f"Works {email[6:8]}", ("agent",)) for email in EMAILS]))
    dice, at = random.Random(1), now()  # noqa: S311 - deals out what to work on
    kinds, started = list(KINDS), time.perf_counter()
    for first in range(0, count, BATCH):
        ask_people(context(), items=[_draft(n, kinds, dice, at) for n in range(first, min(first + BATCH, count))])
        say(f"{min(first + BATCH, count):,} cases")
    taken = time.perf_counter() - started
    _deal_out(dice, at)
    with psycopg.connect(database.owner_url(), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return {"seconds": round(taken, 1), "cases_a_second": round(count / taken)}


def _draft(number: int, kinds: Sequence[str], dice: random.Random, at: datetime) -> CaseDraft:
    money = int(10 ** dice.uniform(2, 6.5)) if dice.random() < 0.7 else None
    due = at + timedelta(hours=dice.randint(-48, 240)) if dice.random() < 0.6 else None
    facts = {"rma": f"BENCH-{number}", "order": f"O-{number}", "pieces": dice.randint(1, 9)}
    kind = "webhook_failed" if number % 5_000 == 0 else dice.choice(kinds)
    return CaseDraft(
        kind, "rma", 10**12 + number, f"bench:{number}", None, money, "EUR" if money is not None else "", due, facts
    )


def _deal_out(dice: random.Random, at: datetime) -> None:
    """A third of the cases is somebody's, one in fifty is put off."""
    people = [row.id for row in db.rows("SELECT id FROM access_user WHERE email = ANY(%s) ORDER BY id", [list(EMAILS)])]
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE state = 'open' ORDER BY id")]
    given = [AssignCase(i, f"user:{dice.choice(people)}") for i in dice.sample(ids, len(ids) // 3)]
    later = [SnoozeCase(i, at + timedelta(days=dice.randint(1, 20)), "later") for i in dice.sample(ids, len(ids) // 50)]
    for first in range(0, len(given), BATCH):
        settled(assign_cases(context(), items=given[first : first + BATCH]))
    for first in range(0, len(later), BATCH):
        settled(snooze_cases(context(), items=later[first : first + BATCH]))


def measure(rounds: int) -> dict[str, Any]:
    """Pages, taking, and closing."""
    with web.serving() as port:
        browser = _Browser(port)
        pages = {name: browser.page(f"/cases?{query}", rounds) | _cost(query) for name, query in FILTERS.items()}
        pages["a deep page"] = browser.page(f"/cases?place={_deep()}", rounds)
        pages["lists at hand, over the API"] = _api(port, "/case-views", rounds)
        pages["one case"] = browser.page(f"/cases/{_middle()}", rounds)
        for name, figures in pages.items():
            say(f"{name}: {figures}")
        closing = {"by_page": browser.close(CLOSED), "by_program": _close_by_program(port, CLOSED)}
    slow = [name for name, row in pages.items() if row["p95_ms"] >= GOAL_PAGE_MS]
    return {
        "open_cases": db.rows("SELECT count(*) AS n FROM workqueue_case WHERE state = 'open'")[0].n,
        "goal_p95_ms": GOAL_PAGE_MS,
        "over_goal": slow,
        "pages": pages,
        "goal_close_seconds": GOAL_CLOSE_S,
        "close_cases_5000": closing,
        "take_next_ms": timed([_take] * rounds),
    }


def _cost(query: str) -> dict[str, float]:
    """Milliseconds of this process's own work for a page, without waiting for the database: the median of several."""
    client, taken = Client(), []
    client.force_login(get_user_model().objects.get(email=EMAILS[0]))
    for _ in range(COSTS):
        began = time.process_time()
        client.get(f"/cases?{query}")
        taken.append(1000 * (time.process_time() - began))
    return {"cpu_ms": round(sorted(taken)[COSTS // 2], 1)}


def _deep() -> str:
    """Where a page begins that has half of all open cases before it."""
    row = db.rows(
        "SELECT id FROM workqueue_case WHERE state = 'open' AND snoozed_until IS NULL ORDER BY rank_at, id"
        " OFFSET (SELECT count(*) / 2 FROM workqueue_case WHERE state = 'open') LIMIT 1"
    )[0]
    return queries.found(CaseFilter(ids=(row.id,)))[0].cursor


def _middle() -> int:
    return int(db.rows("SELECT id FROM workqueue_case ORDER BY id OFFSET 5000 LIMIT 1")[0].id)


def _take() -> None:
    person = db.rows("SELECT id FROM access_user WHERE email = %s", [EMAILS[0]])[0].id
    settled(take_cases(context(), items=[TakeCases(queue="money", assignee=f"user:{person}")]))


class _Browser:
    """A client that is signed in as an agent, on one connection."""

    def __init__(self, port: int) -> None:
        client = Client()
        client.force_login(get_user_model().objects.get(email=EMAILS[0]))
        self.cookies = {"sessionid": client.cookies["sessionid"].value}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def _send(self, method: str, address: str, body: str | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, text, answer.getheader("Location") or ""

    def page(self, address: str, rounds: int) -> dict[str, float]:
        """Figures of one page."""

        def ask() -> None:
            status, text, _ = self._send("GET", address)
            if status != 200:
                raise InvariantBroken(f"{address} answered {status}: {text[:200]}")

        return timed([ask] * rounds)

    def close(self, count: int) -> dict[str, float]:
        """Close about so many cases on the page that shows what is selected; seconds of looking and of closing."""
        query = _about(count)
        began = time.perf_counter()
        _, text, _ = self._send("GET", f"/cases/chosen?{urlencode({'all': 1, 'query': query})}")
        looked = time.perf_counter() - began
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        mark = re.search(r'name="mark" value="([^"]+)"', text)
        if token is None or mark is None:
            raise InvariantBroken(f"the page of what is selected shows no form: {text[:200]}")
        form = {"csrfmiddlewaretoken": token[1], "mark": mark[1], "all": 1, "query": query}
        before = _closed()
        began = time.perf_counter()
        status, text, to = self._send(
            "POST", "/cases/chosen/act", urlencode({**form, "act": "close", "outcome": "resolved", "note": ""})
        )
        taken, done = time.perf_counter() - began, _closed() - before
        if status != 302 or "done=" not in to or not done:
            raise InvariantBroken(f"closing answered {status} to {to}: {text[:200]}")
        return {"cases": done, "look_seconds": round(looked, 2), "close_seconds": round(taken, 2)}


def _closed() -> int:
    return int(db.rows("SELECT count(*) AS n FROM workqueue_case WHERE state = 'closed'")[0].n)


def _about(count: int) -> str:
    """A query of the list that means at least so many cases, as few more as one queue or two roles allow."""
    found = db.rows(
        "SELECT queue, count(*) AS n FROM workqueue_case WHERE state = 'open' AND snoozed_until IS NULL"
        " GROUP BY 1 HAVING count(*) BETWEEN %s AND 10000 ORDER BY 2 LIMIT 1",
        [count],
    )
    return f"queue={found[0].queue}" if found else "queue=dock"


def _token() -> str:
    made = new_token()
    item = IssueToken(EMAILS[1], f"bench {made.prefix}", made.prefix, made.digest, SCOPES)
    settled(issue_tokens(context(), items=[item]))
    return made.plain


def _api(port: int, path: str, rounds: int) -> dict[str, float]:
    connection, token = http.client.HTTPConnection("127.0.0.1", port, timeout=60), _token()

    def ask() -> None:
        connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        if answer.read() and answer.status != 200:
            raise InvariantBroken(f"{path} answered {answer.status}")

    return timed([ask] * rounds)


def _close_by_program(port: int, count: int) -> dict[str, float]:
    """Close so many by one call of the API."""
    rows = db.rows("SELECT id FROM workqueue_case WHERE state = 'open' ORDER BY rank_at, id LIMIT %s", [count])
    body = orjson.dumps({"items": [{"case_id": row.id, "outcome": "resolved"} for row in rows]})
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_token()}", "Idempotency-Key": "bench"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("POST", "/api/v1/case-closings/bulk", body, headers)
    answer = connection.getresponse()
    told = orjson.loads(answer.read())
    taken = time.perf_counter() - began
    if answer.status != 200 or told["refused"]:
        raise InvariantBroken(f"closing answered {answer.status}: {str(told)[:200]}")
    return {"cases": told["done"], "close_seconds": round(taken, 2)}

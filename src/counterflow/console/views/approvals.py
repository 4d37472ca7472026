"""Approvals: what waits for one's agreement, what one asked for, one request in full, and saying yes or no to many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.approvals import queries
from counterflow.approvals.acts import ACTS
from counterflow.approvals.commands.ask_approvals import AskApproval, ask_approvals
from counterflow.approvals.commands.decide_approvals import DecideApproval, decide_approvals
from counterflow.approvals.commands.withdraw_approvals import WithdrawApproval, withdraw_approvals
from counterflow.approvals.queries import Reader, RequestRow
from counterflow.console import approval_words, cells
from counterflow.console.badges import BADGES
from counterflow.console.cells import money_text
from counterflow.console.forms_approvals import Ask, Verdict
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.page import REFUSALS_TOLD_MAX, act, context, page, readable, render, signed_in
from counterflow.console.stories import who_words
from counterflow.kernel import clock
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.found import id_of

AT_ONCE_MAX: Final = 1_000
GONE: Final = "None of those you chose waits for you any more: somebody was faster, or their time is over."
VIEWS: Final = (("for_me", "Waits for me"), ("mine", "I asked for"), ("all", "All"))
FILTERS: Final = (
    Filter("state", "State", [(state, shown.label) for state, shown in BADGES["request"].items()]),
    Filter("act", "What", list(approval_words.ACT_WORDS.items())),
)


@dataclass(frozen=True)
class Row:
    """A request with the name of who asked."""

    request: RequestRow
    asker: str


COLUMNS: tuple[Column[Row], ...] = (
    Column("What", lambda r: cells.text(approval_words.what(r.request), href=reverse("approval", args=[r.request.id]))),
    Column("At stake", lambda r: approval_words.stake(r.request), end=True),
    Column("Currency", lambda r: cells.text(r.request.currency), file_only=True),
    Column("Why", lambda r: cells.words(r.request.reason)),
    Column("Asked by", lambda r: cells.text(r.asker)),
    Column("Asked", lambda r: cells.instant(r.request.asked_at)),
    Column("Until", lambda r: cells.instant(r.request.expires_at)),
    Column("Has to agree", lambda r: cells.text(approval_words.roles(r.request.open_roles))),
    Column("State", lambda r: cells.badge("request", r.request.state)),
    Column("Request", lambda r: cells.number(r.request.id), file_only=True),
)
PICKED: tuple[Column[Row], ...] = (
    Column("What", lambda r: replace(COLUMNS[0].cell(r), pick=str(r.request.id))),
    *COLUMNS[1:],
)
"""The same, with a box to choose each row."""


@page("approvals.view")
def approvals(request: HttpRequest) -> HttpResponseBase:
    """Requests: those that wait for whoever looks, their own, or all; the newest first."""
    who, now = signed_in(request), clock.now()
    views = [row for row in VIEWS if row[0] != "for_me" or who.may("approvals.decide")]
    view = request.GET.get("view", "")
    view = view if view in dict(views) else views[0][0]
    wanted, reader = asked(request, FILTERS), queries.reader(who.actor, at=now)

    def found(after: str | None, limit: int) -> list[RequestRow]:
        return queries.requests(
            who=reader,
            view=view,
            at=now,
            state=wanted.chosen.get("state"),
            act=wanted.chosen.get("act"),
            before_id=int(after) if after else None,
            limit=limit,
        )

    if wanted.csv:
        every = pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX)
        return csv_answer("approvals", COLUMNS, (Row(row, row.asked_by) for row in every))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    picking = view == "for_me" and bool(rows)
    columns = PICKED if picking else COLUMNS
    values = {
        "list": listing(columns, _named(rows[:PAGE_SIZE]), wanted, filters=FILTERS, next_place=more),
        "views": [(code, words, wanted.link(view=code)) for code, words in views],
        "view": view,
        "shown": [row.id for row in rows[:PAGE_SIZE]] if picking else [],
        "more": bool(more) and picking,
        "act": wanted.chosen.get("act", ""),
        "most": AT_ONCE_MAX,
    }
    return render(request, "console/approvals/list.html", values)


def _named(rows: Sequence[RequestRow]) -> list[Row]:
    names = access.names_of(row.asked_by for row in rows)
    return [Row(row, who_words(row.asked_by, names)) for row in rows]


@page("approvals.view")
def approval(request: HttpRequest, request_id: int) -> HttpResponseBase:
    """One request: what it would do, on which facts, for whom it waits, who agreed, how it ended."""
    who, now = signed_in(request), clock.now()
    found = queries.request(request_id=request_id)
    found = queries.seen_by(found, user_id=who.user_id, permissions=who.permissions)
    row = found.request
    actors = [row.asked_by, *(said.actor for said in found.agreements)]
    actors += [said.on_behalf_of for said in found.agreements if said.on_behalf_of]
    names = access.names_of([*actors, *([row.ended_by] if row.ended_by else [])])
    waits = queries.is_waiting(row, at=now)
    mine = row.asker_id == who.user_id
    asks_me = waits and who.may("approvals.decide") and _asks(queries.reader(who.actor, at=now), row, now)
    values = {
        "request": row,
        "found": found,
        "what": approval_words.what(row),
        "late": row.state == "waiting" and not waits,
        "facts": approval_words.facts(found),
        "lines": approval_words.lines(found.lines),
        "item": approval_words.item(found.item, row.currency) if found.item else [],
        "note": found.note or "",
        "asker": who_words(row.asked_by, names),
        "ended_by": who_words(row.ended_by, names) if row.ended_by else "",
        "needs": approval_words.roles(row.open_roles),
        "said": [
            (said, who_words(said.actor, names), names.get(said.on_behalf_of or "", "")) for said in found.agreements
        ],
        "difference": approval_words.difference(found),
        "outcome": approval_words.outcome(found),
        "asks_me": asks_me,
        "mine": mine,
        "own": [row.id],
        "form": Verdict(),
    }
    return render(request, "console/approvals/one.html", values)


def _asks(reader: Reader, row: RequestRow, now: datetime) -> bool:
    """Whether this request waits for whoever looks."""
    found = queries.requests(who=reader, view="for_me", at=now, before_id=row.id + 1, limit=1)
    return bool(found) and found[0].id == row.id


@page("approvals.ask")
@require_POST
def approvals_ask(request: HttpRequest) -> HttpResponseBase:
    """Ask for what needed agreement when it was tried."""
    form, given = Ask(request.POST), request.POST
    command, texts = given.get("command", ""), given.getlist("item")[:AT_ONCE_MAX]
    if command not in ACTS:
        return redirect("approvals")
    if not form.is_valid():
        said = given.getlist("said")[:AT_ONCE_MAX]
        nothing: dict[str, Any] = {}
        wanted = [(text, message, nothing) for text, message in zip(texts, said, strict=False)]
        values = {"what": ACTS[command].words, "command": command, "wanted": wanted, "form": form}
        return render(request, "console/approvals/ask.html", {**values, "back": reverse("home")}, status=422)
    made: list[Any] = []

    def run(ctx: Context) -> Batch:
        items = [
            AskApproval(
                f"console:{ctx.key}:{n}", command, _item(text), form.cleaned_data["reason"], form.cleaned_data["note"]
            )
            for n, text in enumerate(texts)
        ]
        batch = ask_approvals(ctx, items=items)
        made.extend(batch.done)
        return batch

    if texts:
        act(request, "Asked. {count} waits for agreement now.", run)
    if len(made) == 1:
        return redirect("approval", request_id=made[0].facts["request"])
    return redirect(f"{reverse('approvals')}?view=mine")


def _item(text: str) -> Any:
    """An item out of a hidden field; what is no JSON is refused by the command like any other item."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}


@dataclass(frozen=True)
class Part:
    """Requests that one call decides: of one act and one asker, with what is at stake in words."""

    what: str
    asker: str
    rows: Sequence[Row]
    sums: str


@page("approvals.decide")
@require_POST
def approvals_look(request: HttpRequest) -> HttpResponseBase:
    """What chosen requests come to, before one says yes or no to all of them."""
    if request.POST.get("all"):
        found = others = _all_that_wait(request)
    else:
        found, others = _chosen(request, "for_me"), _chosen(request, "all")
    if not found:
        messages.error(request, GONE if others else "Choose at least one request that waits for you.")
        return redirect("approvals")
    if gone := len(others) - len(found):
        messages.warning(request, f"{gone} of those you chose {'waits' if gone == 1 else 'wait'} for you no longer.")
    values = {"parts": _parts(found), "ids": [row.id for row in found], "sums": _sums(found), "form": Verdict()}
    return render(request, "console/approvals/look.html", values)


def _all_that_wait(request: HttpRequest) -> list[RequestRow]:
    """All that wait for whoever looks, of one act where one is named, at most as many as one form takes."""
    now, act = clock.now(), request.POST.get("act") or None
    reader = queries.reader(signed_in(request).actor, at=now)
    return queries.requests(who=reader, view="for_me", at=now, act=act, limit=AT_ONCE_MAX)[::-1]


def _chosen(request: HttpRequest, view: str) -> list[RequestRow]:
    """The requests that were chosen, all or those that wait for whoever looks; oldest first."""
    texts = [*request.POST.getlist("ids"), *request.POST.getlist("request")][:AT_ONCE_MAX]
    ids = {number for text in texts if (number := id_of(text)) is not None}
    now = clock.now()
    reader = queries.reader(signed_in(request).actor, at=now)
    found = queries.requests(who=reader, view=view, at=now, ids=sorted(ids), limit=AT_ONCE_MAX) if ids else []
    return found[::-1]


def _groups(rows: Sequence[RequestRow]) -> list[list[RequestRow]]:
    """As the command takes them: one act and one asker a call."""
    groups: dict[tuple[str, str], list[RequestRow]] = {}
    for row in rows:
        groups.setdefault((row.command, row.asked_by), []).append(row)
    return list(groups.values())


def _parts(rows: Sequence[RequestRow]) -> list[Part]:
    named = {row.request.id: row for row in _named(rows)}
    return [
        Part(
            ACTS[group[0].command].words if group[0].command in ACTS else group[0].command,
            named[group[0].id].asker,
            [named[row.id] for row in group],
            _sums(group),
        )
        for group in _groups(rows)
    ]


def _sums(rows: Sequence[RequestRow]) -> str:
    """Money at stake by currency, in words."""
    sums: dict[str, int] = {}
    for row in rows:
        if row.currency:
            sums[row.currency] = sums.get(row.currency, 0) + row.value_minor
    return ", ".join(money_text(amount, currency) for currency, amount in sorted(sums.items())) or "no money"


@page("approvals.decide")
@require_POST
def approvals_decide(request: HttpRequest) -> HttpResponseBase:
    """Agree to requests, or refuse them; each group is a call of its own, under a key that follows from the form's."""
    verdict = "agree" if request.POST.get("verdict") == "agree" else "refuse"
    form, one = Verdict(request.POST), id_of(request.POST.get("one", ""))
    back = redirect("approval", request_id=one) if one else redirect("approvals")
    form.full_clean()
    if verdict == "refuse" and not form.errors and not form.cleaned_data["reason"]:
        form.add_error("reason", "Say why, so that whoever asked understands.")
    if not readable(request, form):
        return back
    reason = form.cleaned_data["reason"]
    # All that was shown, also what was decided meanwhile: the command says of each what became of it, and a form that
    # is sent twice is cut into the same calls.
    groups = _groups(_chosen(request, "all"))
    if not groups:
        messages.error(request, "Choose at least one request that waits for you.")
    for number, group in enumerate(groups):
        items = [DecideApproval(row.id, verdict, reason) for row in group]
        _decide(request, number, items)
    return back


def _decide(request: HttpRequest, number: int, items: Sequence[DecideApproval]) -> None:
    """One call of several behind one form."""
    ctx = context(request)
    ctx = Context.make(ctx.actor, ctx.permissions, ctx.at, key=f"{ctx.key}:{number}", source=ctx.source)
    try:
        batch = decide_approvals(ctx, items=items)
    except DomainError as error:
        messages.error(request, error.message)
        return
    for refused in batch.refused[:REFUSALS_TOLD_MAX]:
        messages.error(request, f"Request {refused.identity}: {refused.message}")
    if untold := len(batch.refused[REFUSALS_TOLD_MAX:]):
        messages.error(request, f"{untold} more were not done; their pages say why.")
    done = [result for result in batch.done if result.facts["state"] == "done"]
    refused_by_me = [result for result in batch.done if result.facts["state"] == "refused"]
    waiting = len(batch.done) - len(done) - len(refused_by_me)
    told = (
        (len(done), "agreed to and done"),
        (waiting, "agreed to; another person has to agree as well"),
        (len(refused_by_me), "refused"),
    )
    for count, words in told:
        if count:
            messages.success(request, f"{count} {words}.")


@page("approvals.ask")
@require_POST
def approval_withdraw(request: HttpRequest, request_id: int) -> HttpResponseBase:
    """Take one's own request back."""
    items = [WithdrawApproval(request_id)]
    act(request, "Withdrawn.", lambda ctx: withdraw_approvals(ctx, items=items))
    return redirect("approval", request_id=request_id)

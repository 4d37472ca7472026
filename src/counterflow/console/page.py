"""What every page shares: who asks, may they, in which zone, and the frame around the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from counterflow.access import queries as access
from counterflow.access.models import User
from counterflow.access.roles import PERMISSIONS
from counterflow.approvals.acts import ACTS, written
from counterflow.console import navigation
from counterflow.console.forms_approvals import Ask
from counterflow.console.shortcuts import shortcuts
from counterflow.kernel import clock
from counterflow.kernel.commands import Batch, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, InvariantBroken, NotFound
from counterflow.policies.approving import ApprovalNeeded

P = ParamSpec("P")
ASKED_AT_ONCE_MAX = 1_000
REFUSALS_TOLD_MAX = 5
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class AgreementOffered(Exception):
    """What was tried needs other people: instead of its own answer a page offers to ask them."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch.command)
        self.batch = batch


@dataclass(frozen=True)
class Staff:
    """The signed-in user of a request; `home_node` is the code of the node whose stations this user works at."""

    user_id: int
    name: str
    email: str
    permissions: frozenset[str]
    home_node: str = ""

    @property
    def actor(self) -> str:
        """As the audit knows this user."""
        return f"user:{self.user_id}"

    def may(self, permission: str) -> bool:
        """Whether this user holds a permission; the empty one is held by everybody who signed in."""
        return not permission or permission in self.permissions


def staff(request: HttpRequest) -> Staff | None:
    """Who is signed in; nobody where the account was switched off since."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    return Staff(user.id, user.name, user.email, access.permissions_of(user.id), user.home_node)


def signed_in(request: HttpRequest) -> Staff:
    """Who is signed in, inside a page, where somebody is."""
    who = staff(request)
    if who is None:
        raise InvariantBroken("a page ran for nobody")
    return who


def page(needs: str = "") -> Callable[[View[P]], View[P]]:
    """Make a function a page for those who hold a permission (`""`: for everybody who signed in)."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def show(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            who = staff(request)
            if who is None:
                return redirect(f"{reverse('sign_in')}?{urlencode({'next': request.get_full_path()})}")
            if not who.may(needs):
                return not_allowed(request, needs)
            with timezone.override(ZoneInfo(_zone(request))):
                try:
                    answer = view(request, *args, **kwargs)
                except NotFound as error:
                    raise Http404(error.message) from error
                except AgreementOffered as offered:
                    answer = offer_to_ask(request, offered.batch)
            answer.headers.setdefault("Cache-Control", "private, no-cache")
            return answer

        show.needs = needs  # type: ignore[attr-defined]
        return show

    return decorate


def _zone(request: HttpRequest) -> str:
    return request.user.time_zone if isinstance(request.user, User) else "UTC"


def render(request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page in its frame: navigation by permission, the user, what is open now."""
    who = staff(request)
    shell = {
        "staff": who,
        "navigation": navigation.allowed(who.permissions) if who else [],
        "shortcuts": shortcuts(who.permissions) if who else [],
        "here": navigation.section(request.resolver_match.url_name if request.resolver_match else None),
    }
    return HttpResponse(render_to_string(template, {**shell, **values}, request), status=status)


def not_allowed(request: HttpRequest, permission: str) -> HttpResponse:
    """The page that says which permission is missing, instead of an empty one."""
    values = {"permission": permission, "meaning": PERMISSIONS.get(permission, "")}
    return render(request, "console/errors/403.html", values, status=403)


def context(request: HttpRequest) -> Context:
    """The context of a command from a form; the form carries its own transport key."""
    who = signed_in(request)
    return Context.make(who.actor, who.permissions, clock.now(), key=request.POST.get("key") or None, source="console")


def readable(request: HttpRequest, form: Form) -> bool:
    """Whether a form that has no page of its own can be read; what is wrong with it is told."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        messages.error(request, " ".join([f"{label}:" if label else "", *map(str, errors)]).strip())
    return form.is_valid()


def act(request: HttpRequest, done: str, run: Callable[[Context], Batch]) -> bool:
    """Run one command and tell the user how it went; whether everything took effect.

    `done` may hold `{count}`, the number of items that took effect.
    """
    try:
        batch = run(context(request))
    except DomainError as error:
        messages.error(request, error.message)
        return False
    refusals = [refused for refused in batch.refused if not _can_be_asked(request, batch, refused)]
    for refused in refusals[:REFUSALS_TOLD_MAX]:
        messages.error(request, refused.message)
    if untold := len(refusals[REFUSALS_TOLD_MAX:]):
        messages.error(request, f"{untold} more were refused.")
    if batch.done:
        words = done.replace("{count}", str(len(batch.done)))
        replayed = all(result.replayed for result in batch.done)
        messages.success(request, f"{words} This had been done before; nothing changed." if replayed else words)
    if len(refusals) < len(batch.refused):
        raise AgreementOffered(batch)
    return not batch.refused


def _can_be_asked(request: HttpRequest, batch: Batch, refused: Refused) -> bool:
    """Whether others can be asked for what was refused, here and by this user."""
    known = refused.code == ApprovalNeeded.code and batch.command in ACTS and len(batch.items) == len(batch)
    return known and signed_in(request).may("approvals.ask") and "HX-Request" not in request.headers


def offer_to_ask(request: HttpRequest, batch: Batch) -> HttpResponse:
    """The page that says who has to agree to what was tried, and asks them in the same place."""
    needed = [
        (item, refused)
        for item, refused in zip(batch.items, batch.results, strict=True)
        if isinstance(refused, Refused) and refused.code == ApprovalNeeded.code
    ]
    wanted = needed[:ASKED_AT_ONCE_MAX]
    back = request.headers.get("referer", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    values = {
        "what": ACTS[batch.command].words,
        "command": batch.command,
        "wanted": [(orjson.dumps(written(item)).decode(), refused.message, refused.facts) for item, refused in wanted],
        "more": len(needed) - len(wanted),
        "form": Ask(),
        "back": back if safe else reverse("home"),
    }
    return render(request, "console/approvals/ask.html", values, status=409)

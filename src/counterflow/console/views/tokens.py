"""API tokens."""

from datetime import timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.access import commands, queries
from counterflow.access.secrets import new_token
from counterflow.console import forms
from counterflow.console.page import act, page, render, signed_in
from counterflow.kernel import clock


@page("access.issue_tokens")
def tokens(request: HttpRequest) -> HttpResponseBase:
    """The tokens one may see: one's own, or everybody's for who manages access."""
    who = signed_in(request)
    mine = None if who.may("access.manage") else who.user_id
    form = forms.NewToken(request.POST or None, held=who.permissions)
    secret = ""
    if form.is_valid():
        token, given = new_token(), form.cleaned_data
        expires = clock.now() + timedelta(days=int(given["days"])) if given["days"] != "0" else None
        item = commands.IssueToken(
            who.email, given["name"], token.prefix, token.digest, tuple(given["scopes"]), expires
        )
        if act(request, "Token issued.", lambda ctx: commands.issue_tokens(ctx, items=[item])):
            secret, form = token.plain, forms.NewToken(held=who.permissions)
    values = {"form": form, "secret": secret, "tokens": queries.tokens(user_id=mine), "all": mine is None}
    answer = render(request, "console/tokens.html", values, status=422 if form.is_bound else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@page("access.issue_tokens")
@require_POST
def token_revoke(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """Stop a token."""
    item = commands.RevokeToken(prefix)
    act(request, "Token revoked.", lambda ctx: commands.revoke_tokens(ctx, items=[item]))
    return redirect("tokens")

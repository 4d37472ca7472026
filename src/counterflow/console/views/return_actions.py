"""What people do with a return: decide, cancel, close, credit, pay."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.console import forms
from counterflow.console.page import act, page, readable
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.close_rmas import CloseRma, close_rmas
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.reopen_rmas import ReopenRma, reopen_rmas


@page("returns.decide")
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponseBase:
    """Accept or decline a return that waits for a person."""
    form = forms.Decide(request.POST)
    if readable(request, form):
        given, approve = form.cleaned_data, request.POST.get("answer") == "approve"
        item = DecideRma(number, approve, given["reason"], given["note"])
        words = f"{number} accepted." if approve else f"{number} declined."
        act(request, words, lambda ctx: decide_rmas(ctx, items=[item]))
    return redirect("return", number=number)


@page("returns.cancel")
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponseBase:
    """Cancel what is still only expected."""
    act(request, f"{number} cancelled.", lambda ctx: cancel_rmas(ctx, items=[CancelRma(number)]))
    return redirect("return", number=number)


@page("returns.decide")
@require_POST
def close(request: HttpRequest, number: str) -> HttpResponseBase:
    """Close a return that is finished."""
    act(request, f"{number} closed.", lambda ctx: close_rmas(ctx, items=[CloseRma(number)]))
    return redirect("return", number=number)


@page("returns.decide")
@require_POST
def reopen(request: HttpRequest, number: str) -> HttpResponseBase:
    """Open a return again of which something is open."""
    act(request, f"{number} is open again.", lambda ctx: reopen_rmas(ctx, items=[ReopenRma(number)]))
    return redirect("return", number=number)


@page("refunds.release")
@require_POST
def release(request: HttpRequest, number: str) -> HttpResponseBase:
    """Release the credit that is due."""
    form = forms.ReleaseCredit(request.POST)
    if readable(request, form):
        act(
            request,
            f"Credit for {number} released.",
            lambda ctx: release_credits(
                ctx, items=[ReleaseCredit(f"console:{ctx.key}", number, rate=form.cleaned_data["rate"])]
            ),
        )
    return redirect("return", number=number)


@page("refunds.approve")
@require_POST
def approve(request: HttpRequest, number: str) -> HttpResponseBase:
    """Approve the credit of pieces before they reached their milestone."""
    form = forms.ApproveEarly(request.POST, lines=[])
    if readable(request, form):
        given = form.cleaned_data
        item = ApproveEarly(number, given["line_no"], given["quantity"], given["reason"], note=given["note"])
        act(request, f"Early credit for {number} approved.", lambda ctx: approve_early(ctx, items=[item]))
    return redirect("return", number=number)


@page("refunds.pay")
@require_POST
def pay(request: HttpRequest, number: str, credit_id: int) -> HttpResponseBase:
    """Request the payout of what a credit still owes."""
    act(
        request,
        "Payout requested.",
        lambda ctx: request_payouts(ctx, items=[RequestPayout(f"console:{ctx.key}", credit_id)]),
    )
    return redirect("return", number=number)

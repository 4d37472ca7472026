"""What people do with versions of policies: begin drafts, propose, agree, send back, put into force, end, bring in."""

from collections.abc import Callable
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.console import forms_policies
from counterflow.console.page import act, context, page, readable, render
from counterflow.console.views.policies import kind_name, require_kind
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.policies import queries_versions as queries
from counterflow.policies.commands.activate_policies import ActivatePolicy, activate_policies
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.end_policies import EndPolicy, end_policies
from counterflow.policies.commands.install_default_policies import OWNER_ROLES
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.facts import Kind
from counterflow.policies.queries_versions import VersionFile


@page("policies.edit")
@require_POST
def policy_draft(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """Begin a draft from a version."""
    base = queries.version_of(kind=kind, version=version)
    ctx = context(request)
    item = DraftPolicy(
        reference=f"console:{ctx.key}",
        kind=kind,
        table=base.table,
        owner_role=base.owner_role,
        scope=base.scope,
        examples=base.examples,
        based_on=base.id,
    )
    return _begun(request, item) or redirect("policy", kind=kind, version=version)


def _begun(request: HttpRequest, item: DraftPolicy) -> HttpResponseBase | None:
    """The editor of a draft that was begun; nothing where it was refused, which is told."""
    made: list[int] = []

    def run(ctx: Context) -> Batch:
        batch = draft_policies(ctx, items=[item])
        made.extend(done.facts["version"] for done in batch.done)
        return batch

    if act(request, "Draft begun. Nobody is asked by it yet.", run):
        return redirect("policy_edit", kind=item.kind, version=made[0])
    return None


def _step(
    request: HttpRequest, kind: str, version: int, done: str, run: Callable[[Context, VersionFile, int], Batch]
) -> HttpResponseBase:
    """Take one step with a version as it was when the page was made; back to its page."""
    found = queries.version_of(kind=kind, version=version)
    given = request.POST.get("revision", "")
    revision = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    act(request, done, lambda ctx: run(ctx, found, revision))
    return redirect("policy", kind=kind, version=version)


@page("policies.edit")
@require_POST
def policy_submit(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """Propose a draft to its owner."""

    def run(ctx: Context, found: VersionFile, revision: int) -> Batch:
        return submit_drafts(ctx, items=[SubmitDraft(found.id, revision)])

    return _step(request, kind, version, "Proposed. A second person has to agree now.", run)


@page("policies.review")
@require_POST
def policy_review(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """Agree to a proposal, or send it back with a reason."""
    verdict = "approve" if request.POST.get("verdict") == "approve" else "send_back"
    form = forms_policies.SendBack(request.POST)
    if verdict == "send_back" and not readable(request, form):
        return redirect("policy", kind=kind, version=version)
    reason = "" if verdict == "approve" else form.cleaned_data["reason"]
    words = "Agreed. It can be put into force now." if verdict == "approve" else "Sent back to whoever wrote it."

    def run(ctx: Context, found: VersionFile, revision: int) -> Batch:
        return review_policies(ctx, items=[ReviewPolicy(found.id, revision, verdict, reason)])

    return _step(request, kind, version, words, run)


@page("policies.activate")
@require_POST
def policy_activate(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """Let an approved version answer, now or from an instant on."""
    form = forms_policies.Activate(request.POST)
    if not readable(request, form):
        return redirect("policy", kind=kind, version=version)
    starts = form.cleaned_data["effective_from"]

    def run(ctx: Context, found: VersionFile, revision: int) -> Batch:
        return activate_policies(ctx, items=[ActivatePolicy(found.id, revision, starts)])

    words = "It will answer from then on." if starts else "It answers from now on."
    return _step(request, kind, version, words, run)


@page("policies.edit")
@require_POST
def policy_end(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """Withdraw what has not begun to answer, retire what has."""

    def run(ctx: Context, found: VersionFile, revision: int) -> Batch:
        return end_policies(ctx, items=[EndPolicy(found.id, revision)])

    return _step(request, kind, version, "It goes no further.", run)


@page("policies.edit")
def policy_import(request: HttpRequest) -> HttpResponseBase:
    """Bring in a table from a file or a text, in the compact form or as a JSON Decision Model, as a new draft."""
    kinds = [(kind.value, kind_name(kind)) for kind in Kind]
    chosen = request.GET.get("kind", "")
    form = forms_policies.Import(request.POST or None, request.FILES or None, kinds=kinds, initial={"kind": chosen})
    if request.method == "POST" and form.is_valid() and (answer := _brought_in(request, form)):
        return answer
    return render(request, "console/policies/import.html", {"form": form}, status=422 if form.errors else 200)


def _brought_in(request: HttpRequest, form: forms_policies.Import) -> HttpResponseBase | None:
    given = form.cleaned_data
    raw: bytes | str = given["file"].read() if given["file"] else given["text"]
    try:
        document: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        form.add_error("file" if given["file"] else "text", f"This is not JSON: {error}.")
        return None
    kind = given["kind"]
    require_kind(kind)
    stored = document.get("table", document) if isinstance(document, dict) else document
    examples = document.get("examples", []) if isinstance(document, dict) and "table" in document else []
    newest = next((row for row in queries.shelf(kind=kind) if not row.scope), None)
    item = DraftPolicy(
        reference=f"console:{context(request).key}",
        kind=kind,
        table=stored,
        owner_role=newest.owner_role if newest else OWNER_ROLES[Kind(kind)],
        examples=examples if isinstance(examples, list) else [],
    )
    try:
        return _begun(request, item)
    except DomainError as error:
        messages.error(request, error.message)
        return None

"""Documents of cases: given back as files to be saved, never shown; keeping more of them, and erasing one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from counterflow.console.page import act, page
from counterflow.console.uploads import keep_sent_documents
from counterflow.console.views.photos import back_to, require_seen
from counterflow.evidence import queries
from counterflow.evidence.commands.erase_documents import EraseDocument, erase_documents
from counterflow.kernel.found import id_of


@page("evidence.view")
def document(request: HttpRequest, document_id: int) -> HttpResponseBase:
    """The file, to be saved. What somebody outside wrote is never opened under our own address."""
    row = queries.document(document_id)
    require_seen(request, row.subject_kind, row.subject_id)
    file = queries.document_file(document_id=document_id)
    return HttpResponse(
        file.body,
        content_type=file.content_type,
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": content_disposition_header(True, file.title) or "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@page("evidence.keep")
@require_POST
def documents_keep(request: HttpRequest) -> HttpResponseBase:
    """Keep the documents that were sent about a subject (`subject_kind`, `subject_id`); then `back` to its page."""
    number = id_of(request.POST.get("subject_id")) or 0
    if not request.FILES.getlist("documents"):
        messages.error(request, "Choose a file first.")
    elif kept := keep_sent_documents(request, request.POST.get("subject_kind", ""), number):
        messages.success(request, f"{kept} document{'s' if kept != 1 else ''} kept.")
    return back_to(request)


@page("access.erase")
@require_POST
def document_erase(request: HttpRequest, document_id: int) -> HttpResponseBase:
    """Erase one document; then `back` to where it was listed."""
    act(request, "Document erased.", lambda ctx: erase_documents(ctx, items=[EraseDocument(document_id)]))
    return back_to(request)

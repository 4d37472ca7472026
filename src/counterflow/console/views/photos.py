"""Photos: their content for those who may see it, keeping more of them, and erasing one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from counterflow.console.page import act, page, signed_in
from counterflow.console.uploads import keep_sent
from counterflow.evidence import queries
from counterflow.evidence.commands.erase_photos import ErasePhoto, erase_photos
from counterflow.kernel.found import id_of
from counterflow.workqueue.queries import CaseNotFound, seen

KEPT_SECONDS = 3600


@page("evidence.view")
def photo(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """The photo itself."""
    return _content(request, photo_id, small=False)


@page("evidence.view")
def photo_small(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """Its thumbnail."""
    return _content(request, photo_id, small=True)


def require_seen(request: HttpRequest, subject_kind: str, subject_id: int) -> None:
    """What is about a case is seen by those who may see the case. Raises `CaseNotFound`."""
    if subject_kind == "case" and not seen(subject_id, may=signed_in(request).may):
        raise CaseNotFound(case_id=subject_id)


def _content(request: HttpRequest, photo_id: int, *, small: bool) -> HttpResponse:
    """The bytes, which no shared cache keeps and no browser takes for anything but a picture."""
    row = queries.photo(photo_id)
    require_seen(request, row.subject_kind, row.subject_id)
    file = queries.photo_file(photo_id=photo_id, small=small)
    return HttpResponse(
        file.body,
        content_type=file.content_type,
        headers={
            "Cache-Control": f"private, max-age={KEPT_SECONDS}",
            "Content-Disposition": f'inline; filename="photo-{photo_id}.jpg"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@page("evidence.keep")
@require_POST
def keep(request: HttpRequest) -> HttpResponseBase:
    """Keep the photos that were sent about a subject (`subject_kind`, `subject_id`); then `back` to its page."""
    number = id_of(request.POST.get("subject_id")) or 0
    if not request.FILES.getlist("photos"):
        messages.error(request, "Choose or take a photo first.")
    elif kept := keep_sent(request, request.POST.get("subject_kind", ""), number):
        messages.success(request, f"{kept} photo{'s' if kept != 1 else ''} kept.")
    return back_to(request)


@page("access.erase")
@require_POST
def photo_erase(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """Erase one photo; then `back` to where it was shown."""
    act(request, "Photo erased.", lambda ctx: erase_photos(ctx, items=[ErasePhoto(photo_id)]))
    return back_to(request)


def back_to(request: HttpRequest) -> HttpResponseBase:
    """The page that a form came from, where it says so and it is one of ours."""
    back = request.POST.get("back", "")
    here = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if here and back else "home")

"""What a page says when it cannot be shown."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

from counterflow.console.page import render


def not_allowed(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """403: no permission, or a form that cannot be trusted."""
    return render(request, "console/errors/403.html", {}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    said = str(exception.args[0]) if exception and exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "console/errors/404.html", {"message": said}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: the page uses nothing that may be broken too."""
    return HttpResponseServerError(render_to_string("console/errors/500.html"))

"""Which address leads to which room."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from counterflow.api import problems
from counterflow.api.app import api
from counterflow.api.reference import reference
from counterflow.console import urls as console
from counterflow.console.views import errors

API = "/api/"

urlpatterns = [
    path("api/v1/", api.urls),
    path("api/docs", reference, name="api_reference"),
    path("", include("counterflow.console.urls")),
]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: a page for people, a problem for programs."""
    return problems.no_such_address(request) if request.path.startswith(API) else errors.not_found(request, exception)


handler403 = console.handler403
handler404 = "counterflow.config.urls.not_found"
handler500 = console.handler500

"""Which address leads to which room."""

from django.urls import include, path

from counterflow.api.app import api
from counterflow.api.reference import reference
from counterflow.console import urls as console

urlpatterns = [
    path("api/v1/", api.urls),
    path("api/docs", reference, name="api_reference"),
    path("", include("counterflow.console.urls")),
]

handler403 = console.handler403
handler404 = console.handler404
handler500 = console.handler500

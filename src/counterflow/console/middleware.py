"""Headers that keep a page to itself: nothing runs or loads that we did not ship."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# The barcode reader of the stations is WebAssembly; this lets that be compiled, and no text be run.
POLICY_SCANNING = f"{POLICY}; script-src 'self' 'wasm-unsafe-eval'"


class ContentPolicy:
    """Adds a strict content security policy to every answer that has none of its own.

    A page that holds a scan box says so (`{% scanning %}`) and may load the barcode reader.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers."""
        response = self.get_response(request)
        policy = POLICY_SCANNING if getattr(request, "scanning", False) else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        return response

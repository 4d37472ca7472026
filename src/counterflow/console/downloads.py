"""PDF files for the browser."""

from django.http import HttpResponse


def safe_name(name: str) -> str:
    """A name that may stand in a header and on a disk."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in name)


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """A PDF to be looked at. It may stand in a frame of our own pages, which print it without being left."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{safe_name(name)}.pdf"'
    answer["Content-Security-Policy"] = "frame-ancestors 'self'"
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer

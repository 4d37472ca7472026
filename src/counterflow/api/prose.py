"""Docstrings as the reference page shows them: code as code, refusals by the codes a client gets."""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_NUMBER = "(?:one|two|three|four|five|six|seven|eight|nine|ten)"
_COUNT = rf"{_NUMBER}(?: or {_NUMBER})? (?:SQL )?statements?"
# How many statements a command runs concerns who builds it, not who calls it.
_INTERNAL = re.compile(rf"(?:,? in {_COUNT})(?=[.,])|(?:^|(?<=\.) ){_COUNT}[^.]*\.", re.IGNORECASE)
_CLASS = re.compile(r"^[A-Z][a-z]+(?:[A-Z][a-z]+)+$")


def paragraphs(docstring: str) -> list[str]:
    """The paragraphs of a docstring, each on one line, without what only builders need."""
    joined = (" ".join(part.split()) for part in docstring.split("\n\n"))
    return [text for text in (_INTERNAL.sub("", part).strip() for part in joined) if text]


def marked(text: str) -> SafeString:
    """Text with what stands between backticks as code; the name of an error becomes its code."""
    return format_html_join("", "{}", ((_part(part, place),) for place, part in enumerate(text.split("`"))))


def _part(part: str, place: int) -> str | SafeString:
    if place % 2 == 0:
        return part
    return format_html("<code>{}</code>", error_code(part) if _CLASS.match(part) else part)


def error_code(name: str) -> str:
    """The code of an error from its name, as `kernel.errors` makes it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

"""Find by whatever is in one's hand: the answers of the palette, and the page of results that needs no script."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse

from counterflow.console import search
from counterflow.console.page import page, render, signed_in


def _words(request: HttpRequest) -> str:
    """What was typed or scanned; the separators of a scanner's code stay in it."""
    return request.GET.get("q", "").strip(" \t\r\n")[: search.WORDS_MAX]


@page()
def find(request: HttpRequest) -> HttpResponseBase:
    """Go to the one record that the words name; show what fits where they name several or none."""
    words, who = _words(request), signed_in(request)
    if not words:
        return redirect(_asked_on(request) or "home")
    records = search.records(who, words)
    if one := search.only(records):
        return redirect(one.href)
    found = [*records, *search.places(who, words)]
    if not found and (back := _asked_on(request)):
        messages.warning(request, f"Nothing here is called {words}. {search.told(words)}".strip())
        return redirect(back)
    return render(
        request, "console/find.html", {"words": words, "groups": found, "told": "" if found else search.told(words)}
    )


@page()
def palette(request: HttpRequest) -> HttpResponseBase:
    """What the palette lists for what was typed so far: a fragment of options."""
    words = _words(request)
    groups = search.search(signed_in(request), words)
    values = {"groups": groups, "words": words, "told": "" if groups else search.told(words)}
    return HttpResponse(render_to_string("console/parts/palette_options.html", values, request))


def _asked_on(request: HttpRequest) -> str:
    """The page the question was asked on, if it is one of those that ask."""
    return reverse("bench") if request.GET.get("on", "") == "bench" else ""

"""The first page: what there is to do for whoever signed in."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.console import navigation
from counterflow.console.page import page, render, staff


@page()
def home(request: HttpRequest) -> HttpResponseBase:
    """The rooms that are open to this user, and the roles that open them."""
    who = staff(request)
    held = access.user(email=who.email) if who else None
    roles = ", ".join(ROLES[code].name for code in held.roles if code in ROLES) if held else ""
    rooms = [link for group in navigation.allowed(who.permissions if who else frozenset()) for link in group.links]
    return render(request, "console/home.html", {"roles": roles, "rooms": [link for link in rooms if link.text]})

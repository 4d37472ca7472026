"""Settings of whoever signed in: what this device remembers, and the time zone."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.access.commands import SetTimeZone, set_time_zones
from counterflow.access.models import User
from counterflow.console import forms
from counterflow.console.page import act, page, render, signed_in

THEMES = (("system", "As the device"), ("light", "Light"), ("dark", "Dark"))
DENSITIES = (("comfortable", "Comfortable"), ("compact", "Compact"))
SIZES = (("standard", "Standard"), ("large", "Large"))


@page("access.own")
def settings(request: HttpRequest) -> HttpResponseBase:
    """How the console looks and listens; the time zone is kept with the user, the rest with the device."""
    who = signed_in(request)
    zone = request.user.time_zone if isinstance(request.user, User) else "UTC"
    form = forms.Settings(request.POST or None, initial={"time_zone": zone})
    if form.is_valid():
        item = SetTimeZone(who.email, form.cleaned_data["time_zone"])
        if act(request, "Time zone saved.", lambda ctx: set_time_zones(ctx, items=[item])):
            return redirect("settings")
    values = {"form": form, "themes": THEMES, "densities": DENSITIES, "sizes": SIZES}
    return render(request, "console/settings.html", values, status=422 if form.is_bound else 200)

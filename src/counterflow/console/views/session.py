"""Sign in and out."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from counterflow.console import forms
from counterflow.console.page import render, staff
from counterflow.console.throttle import Throttle

GUESSES = Throttle()


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Address and password, then on to the page that was asked for."""
    if request.method != "POST" and staff(request):
        return redirect("home")
    form = forms.SignIn(request.POST or None, initial={"next": request.GET.get("next", "")})
    if form.is_valid():
        email = form.cleaned_data["email"].lower()
        key = f"{email} {request.META.get('REMOTE_ADDR', '')}"
        if GUESSES.refuses(key):
            form.add_error(None, "Too many tries. Wait a quarter of an hour, or ask an administrator.")
            return render(request, "console/sign_in.html", {"form": form}, status=429)
        user = authenticate(request, username=email, password=form.cleaned_data["password"])
        if user is not None:
            GUESSES.succeeded(key)
            login(request, user)
            return redirect(_target(request, form.cleaned_data["next"]))
        GUESSES.failed(key)
        form.add_error(None, "Address and password do not match, or the account is switched off.")
    return render(request, "console/sign_in.html", {"form": form}, status=422 if form.errors else 200)


def _target(request: HttpRequest, wanted: str) -> str:
    """Where to go after signing in: only within this site."""
    inside = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and inside else reverse("home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """End the session."""
    logout(request)
    return redirect("sign_in")

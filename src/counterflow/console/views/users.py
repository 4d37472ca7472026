"""Users and their roles: the list, one user, a new one. Files and history are those of all master data."""

from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.access import commands, queries
from counterflow.console import forms
from counterflow.console.master.users import USERS, node_choices
from counterflow.console.page import act, page, readable, render
from counterflow.console.views.master import list_page, record_page


@page("access.manage")
def users(request: HttpRequest) -> HttpResponseBase:
    """Everybody who may sign in."""
    return list_page(request, USERS, "console/users/list.html")


@page("access.manage")
def user_new(request: HttpRequest) -> HttpResponseBase:
    """Create a user."""
    form = forms.NewUser(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        item = commands.NewUser(
            email=given["email"],
            name=given["name"],
            roles=tuple(given["roles"]),
            password_hash=make_password(given["password"] or None),
            time_zone=given["time_zone"],
            home_node=given["home_node"],
        )
        if act(request, "User created.", lambda ctx: commands.create_users(ctx, items=[item])):
            return redirect("user", email=given["email"].lower())
    values = {"form": form, "nodes": node_choices()}
    return render(request, "console/users/new.html", values, status=422 if form.is_bound else 200)


@page("access.manage")
def user(request: HttpRequest, email: str) -> HttpResponseBase:
    """One user: profile and roles, account, password, history."""
    found = queries.user(email=email)
    if found is None:
        raise Http404(f"Nobody signs in as {email}.")
    return record_page(
        request,
        USERS,
        found,
        "console/users/one.html",
        without=("is_active",),
        user=found,
        password_form=forms.Password(),
        tokens=queries.tokens(user_id=found.id),
    )


@page("access.manage")
@require_POST
def user_roles(request: HttpRequest, email: str) -> HttpResponseBase:
    """Set the roles of a user."""
    form = forms.Roles(request.POST)
    if readable(request, form):
        item = commands.SetRoles(email, tuple(form.cleaned_data["roles"]))
        act(request, "Roles saved.", lambda ctx: commands.set_roles(ctx, items=[item]))
    return redirect("user", email=email)


@page("access.manage")
@require_POST
def user_password(request: HttpRequest, email: str) -> HttpResponseBase:
    """Set a new password for a user."""
    form = forms.Password(request.POST)
    if readable(request, form):
        item = commands.SetPassword(email, make_password(form.cleaned_data["password"]))
        act(request, "Password set.", lambda ctx: commands.set_passwords(ctx, items=[item]))
    return redirect("user", email=email)


@page("access.manage")
@require_POST
def user_switch(request: HttpRequest, email: str) -> HttpResponseBase:
    """Switch an account off, or on again."""
    item = commands.SwitchUser(email, is_active=request.POST.get("to") != "off")
    words = "Account switched on." if item.is_active else "Account switched off; its tokens no longer work."
    act(request, words, lambda ctx: commands.switch_users(ctx, items=[item]))
    return redirect("user", email=email)

"""Users and their roles."""

from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.access import commands, queries
from counterflow.access.roles import ROLES
from counterflow.console import cells, forms
from counterflow.console.listing import PAGE_SIZE, Column, Filter, asked, csv_answer, listing
from counterflow.console.page import act, page, readable, render

Row = queries.UserRow
COLUMNS: tuple[Column[Row], ...] = (
    Column("Email", lambda u: cells.text(u.email, href=reverse("user", args=[u.email]))),
    Column("Name", lambda u: cells.text(u.name)),
    Column("Roles", lambda u: cells.tags([ROLES[code].name for code in u.roles if code in ROLES])),
    Column("Account", lambda u: cells.badge("account", "active" if u.is_active else "off")),
    Column("Last signed in", lambda u: cells.instant(u.last_login)),
)
FILTERS = (Filter("role", "Role", [(role.code, role.name) for role in ROLES.values()]),)


@page("access.manage")
def users(request: HttpRequest) -> HttpResponseBase:
    """Everybody who may sign in."""
    wanted = asked(request, FILTERS)
    limit = 100_000 if wanted.csv else PAGE_SIZE + 1
    rows = queries.users(search=wanted.search, role=wanted.chosen.get("role", ""), limit=limit, after=wanted.place)
    if wanted.csv:
        return csv_answer("users", COLUMNS, rows)
    more = rows[PAGE_SIZE - 1].email if len(rows) > PAGE_SIZE else ""
    drawn = listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=FILTERS, search_label="Name or address", next_place=more)
    return render(request, "console/users/list.html", {"list": drawn})


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
        )
        if act(request, "User created.", lambda ctx: commands.create_users(ctx, items=[item])):
            return redirect("user", email=given["email"].lower())
    return render(request, "console/users/new.html", {"form": form}, status=422 if form.is_bound else 200)


@page("access.manage")
def user(request: HttpRequest, email: str) -> HttpResponseBase:
    """One user: roles, account, tokens."""
    found = queries.user(email=email)
    if found is None:
        raise Http404(f"Nobody signs in as {email}.")
    values = {
        "user": found,
        "roles_form": forms.Roles(initial={"roles": list(found.roles)}),
        "password_form": forms.Password(),
        "tokens": queries.tokens(user_id=found.id),
    }
    return render(request, "console/users/one.html", values)


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

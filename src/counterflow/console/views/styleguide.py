"""The style guide: every part of the console on one page, drawn by the parts themselves."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from django import forms as django_forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.console import cells
from counterflow.console.badges import BADGES
from counterflow.console.forms import Form
from counterflow.console.homes.parts import Tile, spark
from counterflow.console.listing import Column, Filter, asked, listing
from counterflow.console.page import page, render
from counterflow.console.shortcuts import GENERAL

AT = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Specimen:
    """A row of the table shown."""

    name: str
    quantity: int
    amount_minor: int
    state: str


ROWS = [
    Specimen("RMA-1", 1, 4_999, "authorised"),
    Specimen("RMA-2", 12, -120_050, "requested"),
    Specimen("RMA-3", 3_400, 0, "closed"),
]
COLUMNS: tuple[Column[Specimen], ...] = (
    Column("Name", lambda r: cells.text(r.name, href="#"), sort="name"),
    Column("State", lambda r: cells.badge("rma", r.state)),
    Column("Quantity", lambda r: cells.number(r.quantity), end=True),
    Column("Amount", lambda r: cells.money(r.amount_minor, "GBP"), end=True),
    Column("When", lambda r: cells.instant(AT)),
)
TONES = ("surface", "sunk", "accent", "plain", "move", "wait", "good", "stop", "hold")
MOMENTS = [
    {"tone": "move", "icon": "truck-return", "title": "Scanned by the carrier", "at": AT, "text": "1 piece", "who": ""},
    {"tone": "wait", "icon": "box", "title": "Received", "at": AT, "text": "LPN-1 at DC-1", "who": "Returns clerk"},
    {"tone": "good", "icon": "circle-check", "title": "Passed inspection, grade A", "at": AT, "text": "", "who": ""},
    {"tone": "stop", "icon": "x", "title": "Payout failed", "at": AT, "text": "The provider said no.", "who": ""},
]


class SpecimenForm(Form):
    """One field of each kind."""

    words = django_forms.CharField(label="Words", help_text="What the field is for, in a few words.")
    choice = django_forms.ChoiceField(label="Choice", choices=[("a", "First"), ("b", "Second")])
    several = django_forms.MultipleChoiceField(
        label="Several", choices=[("a", "First"), ("b", "Second")], widget=django_forms.CheckboxSelectMultiple
    )
    flag = django_forms.BooleanField(label="Yes or no", required=False)


SECTIONS = (
    ("colours", "Colours"),
    ("type", "Type"),
    ("states", "States"),
    ("buttons", "Buttons"),
    ("tables", "Tables"),
    ("forms", "Forms"),
    ("figures", "Figures"),
    ("progress", "Progress"),
    ("messages", "Messages"),
    ("icons", "Icons"),
)
TILES = (
    Tile("Wait for a decision", "1,000+", "A bounded count; leads to the list", "#main", "wait"),
    Tile("Payouts in doubt", "3", "Something must be done at once", "#main", "stop"),
    Tile("Everything ties", "0", "Nothing to do", tone="good"),
    Tile(
        "Returns, 30 days", "343", "9% less than before", spark=spark([3, 5, 4, 8, 6, 9, 7, 12, 9, 11], "Returns a day")
    ),
)
SPRITE = Path(__file__).resolve().parent.parent / "static" / "built" / "icons.svg"


@cache
def icons() -> tuple[str, ...]:
    """The names of the icons in the sprite."""
    return tuple(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


@page()
def styleguide(request: HttpRequest) -> HttpResponseBase:
    """Colours, type, badges of every state, tables, forms, messages, timelines, empty places."""
    filters = (Filter("state", "State", [("a", "One"), ("b", "Another")]),)
    wanted = asked(request, filters, sort="name")
    values = {
        "sections": SECTIONS,
        "icons": icons(),
        "steps": (("Received", "done"), ("Inspect", "now"), ("Dispose", "")),
        "tiles": TILES,
        "shortcut_rows": GENERAL,
        "tones": TONES,
        "kinds": [(kind, list(rows)) for kind, rows in BADGES.items()],
        "list": listing(COLUMNS, ROWS, wanted, filters=filters, search_label="Search"),
        "form": SpecimenForm(),
        "failed_form": SpecimenForm({"choice": "c"}),
        "moments": MOMENTS,
        "figures": (("Units", "1,204"), ("Value", "£18,400.00"), ("Difference", "£0.00")),
    }
    return render(request, "console/styleguide.html", values)


@page()
def station(request: HttpRequest) -> HttpResponseBase:
    """The layout of a floor station, with every part that stations share."""
    if request.method == "POST":
        return redirect("styleguide_station")
    return render(request, "console/styleguide/station.html", {})

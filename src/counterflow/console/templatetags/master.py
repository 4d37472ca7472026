"""Addresses of master data and what its fields offer, in templates."""

from django import template
from django.urls import reverse

from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import Kind

register = template.Library()
OFFERED = 12


@register.simple_tag
def address(kind: Kind, page: str, number: int | None = None) -> str:
    """The address of a page of a kind."""
    if page in ("intake", "report", "sample"):
        return reverse(f"master_{kind.name}_{page}", args=[number] if number is not None else [])
    return kind.url(page)


@register.filter
def offered(field: Field) -> str:
    """What may stand in a field: its choices where they are few, else an example."""
    if field.kind == "yes_no":
        return "yes, no"
    if field.choices and field.kind in ("choice", "codes"):
        return ", ".join(code for code, _ in list(field.choices())[:OFFERED])
    return field.example

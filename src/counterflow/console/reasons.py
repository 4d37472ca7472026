"""Reasons as people give them: chosen from the company's words, or said in a few of one's own."""

from django import forms

from counterflow.catalog import queries as catalog

KINDS_MAX = 500
"""Reason codes of all kinds that are read for the forms of a page."""


def offer(*wanted: tuple[forms.Form, str, str]) -> None:
    """Make fields (form, name, kind of reason) a choice of the company's reasons in use. One statement.

    Where the company has no reason of a kind the field stays as it is, and takes words of one's own.
    """
    if not wanted:
        return
    known: dict[str, list[tuple[str, str]]] = {}
    for row in catalog.reason_codes(active=True, limit=KINDS_MAX):
        known.setdefault(row.kind, []).append((row.code, row.label))
    for form, name, kind in wanted:
        _choose(form.fields[name], known.get(kind, []))


def _choose(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    if not choices:
        return
    first = "Choose a reason" if field.required else "None"
    field.widget = forms.Select(
        attrs={**field.widget.attrs, "class": "form-select"}, choices=[("", first), *sorted(choices, key=_by_words)]
    )
    field.widget.is_required = field.required
    field.help_text = ""


def _by_words(choice: tuple[str, str]) -> str:
    return choice[1].casefold()

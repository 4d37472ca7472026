"""Forms of records, made from the fields of their kind."""

from collections.abc import Sequence
from typing import Any

from django import forms

from counterflow.console.forms import Form, SentFile
from counterflow.console.master.fields import LONG, YES, CellWrong, Field
from counterflow.console.master.files import BYTES_MAX
from counterflow.console.master.kinds import Kind, Texts

PICKED = {"choice", "zone"}
FILE_TYPES = ".csv,.txt,.tsv,.xlsx"


class RecordForm(Form):
    """What a record says: every field as text, read into its normal form."""

    def __init__(self, kind: Kind, shown: list[Field], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "record_%s", **kwargs})
        self.kind, self.shown = kind, shown
        for f in shown:
            self.fields[f.name] = made = _made(f)
            made.widget.attrs["class"] = _looks(made)
        first = next(iter(self.fields.values()), None)
        if first is not None:
            first.widget.attrs["data-focus"] = True

    def clean(self) -> dict[str, Any]:
        """Read every field as a file would be read."""
        said: Texts = {}
        for f in self.shown:
            value = self.cleaned_data.get(f.name)
            text = (
                (YES if value else "no")
                if f.kind == "yes_no"
                else (" ".join(value) if f.kind == "codes" and value else value) or ""
            )
            try:
                said[f.name] = f.read(text)
            except CellWrong as error:
                self.add_error(f.name, f"{str(error)[:1].upper()}{str(error)[1:]}. {error.mend}")
        return said

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """Bound fields under their headings, in order."""
        found: dict[str, list[Any]] = {}
        for f in self.shown:
            found.setdefault(f.group, []).append(self[f.name])
        return list(found.items())

    @property
    def lists(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What may be typed into fields that take a code: id of the list, codes with their names."""
        return [(f"{f.name}-list", list(f.choices())) for f in self.shown if f.kind == "ref" and f.choices]


def _looks(field: forms.Field) -> str:
    if isinstance(field.widget, (forms.CheckboxInput, forms.CheckboxSelectMultiple)):
        return "form-check-input"
    return "form-select" if isinstance(field.widget, forms.Select) else "form-control"


def _made(f: Field) -> forms.Field:
    given: dict[str, Any] = {"label": f.label, "help_text": f.help, "required": False}
    if f.kind == "yes_no":
        return forms.BooleanField(**given)
    given["required"] = f.required
    if f.kind == "codes" and f.choices:
        return forms.MultipleChoiceField(
            choices=list(f.choices()), widget=forms.CheckboxSelectMultiple, **{**given, "required": False}
        )
    if f.kind in PICKED and f.choices:
        offered = list(f.choices())
        return forms.ChoiceField(choices=offered if f.required or f.default else [("", "–"), *offered], **given)
    attrs: dict[str, Any] = {"autocomplete": "off", "spellcheck": "false"}
    if f.kind in LONG:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=f.most, **given)
    if f.kind == "whole":
        attrs["inputmode"] = "numeric"
    if f.kind in ("money", "percent"):
        attrs["inputmode"] = "decimal"
    if f.kind == "ref" and f.choices:
        attrs["list"] = f"{f.name}-list"
    return forms.CharField(widget=forms.TextInput(attrs=attrs), max_length=max(f.most, 40), **given)


def change_form(kind: Kind, row: Any, data: Any = None, *, without: Sequence[str] = ()) -> RecordForm:
    """The form that changes a record."""
    shown = [f for f in kind.changeable if f.name not in without]
    return RecordForm(kind, shown, data, initial=_initial(kind, shown, row))


def _initial(kind: Kind, shown: list[Field], row: Any) -> dict[str, Any]:
    texts = kind.shown(row)
    return {f.name: _initial_value(f, texts[f.name]) for f in shown}


def _initial_value(f: Field, text: str) -> Any:
    if f.kind == "yes_no":
        return text == YES
    return text.split() if f.kind == "codes" else text


def new_form(kind: Kind, data: Any = None) -> RecordForm:
    """The form that makes a record."""
    shown = kind.sayable
    return RecordForm(kind, shown, data, initial={f.name: _initial_value(f, f.default) for f in shown if f.default})


class Upload(Form):
    """A file of records."""

    file = SentFile(
        label="File",
        bytes_max=BYTES_MAX,
        help_text="CSV (UTF-8, UTF-16 or Windows-1252; comma, semicolon or tab) or Excel (.xlsx). "
        "Up to 50,000 rows and 20 MB.",
        widget=forms.FileInput(attrs={"accept": FILE_TYPES, "data-focus": True}),
    )

"""What people type to start a back-test."""

from collections.abc import Sequence
from typing import Any

from django import forms

from counterflow.console.forms import Form

OVERRIDES = (
    ("kept", "As on record, where the version would have refused as well"),
    ("none", "None: what policy alone would have done"),
    ("all", "Staff override every refusal"),
)


class StartBacktest(Form):
    """A version, and the returns it is replayed over. Both days are in the reader's zone, and both count."""

    version = forms.ChoiceField(label="Version")
    since = forms.DateField(
        label="Returns asked for from", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    channel = forms.ChoiceField(label="Channel", required=False)
    brand = forms.CharField(label="Brand", required=False, max_length=120, help_text="Its code. Empty: every brand.")
    family = forms.CharField(label="Family", required=False, max_length=120, help_text="Empty: every family.")
    overrides = forms.ChoiceField(label="Decisions of staff against policy", choices=OVERRIDES)

    def __init__(
        self, *args: Any, versions: Sequence[tuple[str, str]], channels: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("version", versions), ("channel", [("", "Every channel"), *channels])):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        """The period, where it holds a day."""
        read = super().clean() or {}
        if read.get("since") and read.get("until") and read["since"] > read["until"]:
            self.add_error("until", "The period ends before it begins; choose a later day.")
        return read

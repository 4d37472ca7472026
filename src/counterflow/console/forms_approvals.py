"""What people type to ask for agreement, to agree or refuse, and to let somebody stand in for them."""

from collections.abc import Sequence
from typing import Any

from django import forms

from counterflow.console.forms import Form, ReasonField


class Ask(Form):
    """Why it should be done all the same, for those who agree."""

    reason = ReasonField(label="Reason", help_text="In a few words, such as customer care.")
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=2_000,
        help_text="For whoever agrees: what they have to know.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Verdict(Form):
    """A reason; a refusal needs one."""

    reason = ReasonField(label="Reason", required=False, help_text="A refusal needs one, in a few words.")


class Delegate(Form):
    """Who stands in, in which role, and from when until when."""

    to = forms.ChoiceField(label="Who stands in for you")
    role = forms.ChoiceField(label="In which role")
    starts_at = forms.DateTimeField(
        label="From",
        required=False,
        help_text="By your clock; now where it is left empty.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    ends_at = forms.DateTimeField(
        label="Until",
        help_text="It does not count from this moment on.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(
        self, *args: Any, people: Sequence[tuple[str, str]], roles: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("to", people), ("role", roles)):
            label = self.fields[name].label
            widget = forms.Select(attrs={"class": "form-select"})
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, widget=widget)

"""What people type about policies: when one begins, why one goes back, what is brought in."""

from collections.abc import Sequence

from django import forms

from counterflow.console.forms import Form, ReasonField, SentFile

FILE_BYTES_MAX = 2 * 2**20


class Activate(Form):
    """When a version begins to answer."""

    effective_from = forms.DateTimeField(
        label="From",
        required=False,
        help_text="In your time zone. Empty: from now on. What answers in the same scope so far ends there.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}),
    )


class SendBack(Form):
    """Why a proposal goes back to its writer."""

    reason = ReasonField(label="Reason", help_text="In a few words, such as fee too high.")


class Import(Form):
    """A table that comes from elsewhere."""

    kind = forms.ChoiceField(label="Kind of policy")
    file = SentFile(label="File", required=False, bytes_max=FILE_BYTES_MAX)
    text = forms.CharField(
        label="Or its text",
        required=False,
        max_length=FILE_BYTES_MAX,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def __init__(self, *args: object, kinds: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label="Kind of policy", choices=kinds, widget=forms.Select(attrs={"class": "form-select"})
        )

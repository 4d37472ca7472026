"""What people type to plan a count, to count by file, and to correct one place."""

from collections.abc import Sequence
from typing import Any

from django import forms

from counterflow.console.badges import BADGES
from counterflow.console.forms import Form, ReasonField, SentFile
from counterflow.ledger.chart import TRAITS, State
from counterflow.reconciliation.reading_counts import BYTES_MAX

ON_HAND = [(str(state), BADGES["stock"][state].label) for state, trait in TRAITS.items() if trait.on_hand]
UNEXPLAINED = (str(State.UNEXPLAINED), "Unexplained")


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class NewCount(Form):
    """What is to be counted."""

    node = forms.ChoiceField(label="Node")
    states = forms.MultipleChoiceField(
        label="States",
        choices=ON_HAND,
        initial=["available"],
        widget=forms.CheckboxSelectMultiple,
        help_text="Where the goods stand that are counted. Of one state only, nobody has to say where.",
    )
    skus = forms.CharField(
        label="Only these SKUs",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One on each line; empty: all.",
    )
    family = forms.ChoiceField(label="Only this family", required=False)
    sample_a = forms.IntegerField(
        label="Sample: SKUs of class A",
        initial=0,
        min_value=0,
        max_value=10_000,
        help_text="The SKUs that make up the first 80 % of the value. All classes 0: no sample, everything is counted.",
    )
    sample_b = forms.IntegerField(
        label="of class B", initial=0, min_value=0, max_value=10_000, help_text="The next 15 % of the value."
    )
    sample_c = forms.IntegerField(label="of class C", initial=0, min_value=0, max_value=10_000, help_text="The rest.")
    tolerance_pieces = forms.IntegerField(
        label="Tolerance in pieces",
        initial=0,
        min_value=0,
        max_value=1_000_000,
        help_text="A line that differs by more than both tolerances is counted again.",
    )
    tolerance_percent = forms.IntegerField(label="Tolerance in percent", initial=0, min_value=0, max_value=100)
    blind = forms.BooleanField(
        label="Blind", required=False, initial=True, help_text="Who counts does not see what the books expect."
    )

    def __init__(self, *args: Any, nodes: Sequence[tuple[str, str]], families: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"] = forms.ChoiceField(label="Node", choices=nodes, widget=_select())
        choices = [("", "All families"), *((family, family.capitalize()) for family in families)]
        self.fields["family"] = forms.ChoiceField(
            label="Only this family", required=False, choices=choices, widget=_select()
        )
        self.fields["states"].widget.attrs["class"] = "form-check-input"

    def clean_skus(self) -> tuple[str, ...]:
        """SKUs one by one, each once."""
        lines = self.cleaned_data["skus"].replace(",", "\n").splitlines()
        return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))


class CountFile(Form):
    """A counted sheet."""

    file = SentFile(
        label="Counted sheet",
        help_text="CSV with columns for SKU and quantity, and for state where the count is of several; gzip is fine.",
        bytes_max=BYTES_MAX,
    )


class CompareCount(Form):
    """How a count is compared."""

    leave_uncounted = forms.BooleanField(label="Leave out lines that nobody counted", required=False)
    no_recount = forms.BooleanField(label="Do not have differing lines counted a second time", required=False)


class CloseCount(Form):
    """How a count is closed."""

    leave_open = forms.BooleanField(label="Leave differences that are not posted open", required=False)


class Adjust(Form):
    """A correction of one place."""

    reference = forms.CharField(max_length=100, widget=forms.HiddenInput)
    sku = forms.CharField(label="SKU", max_length=100)
    node = forms.ChoiceField(label="Node")
    from_state = forms.ChoiceField(
        label="From", choices=[*ON_HAND, UNEXPLAINED], help_text="Unexplained: the pieces were found."
    )
    to_state = forms.ChoiceField(
        label="To", choices=[UNEXPLAINED, *ON_HAND], help_text="Unexplained: the pieces are gone."
    )
    quantity = forms.IntegerField(label="Pieces", min_value=1, max_value=1_000_000, initial=1)
    reason = ReasonField(label="Reason", help_text="In a few words, such as found on the shelf.")

    def __init__(self, *args: Any, nodes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"] = forms.ChoiceField(label="Node", choices=nodes, widget=_select())

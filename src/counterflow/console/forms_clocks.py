"""Forms of clocks: wait for the customer, go on, and say why something was late."""

from django import forms

from counterflow.clocks.causes import MEANINGS
from counterflow.clocks.pausing import DAYS_MAX, DAYS_USUAL, REASONS
from counterflow.console.forms import Form, ReasonField


class PauseForm(Form):
    """Why we wait, and for how long at most."""

    reason = forms.ChoiceField(label="Why", choices=list(REASONS.items()))
    days = forms.IntegerField(
        label="Days at most",
        min_value=1,
        max_value=DAYS_MAX,
        initial=DAYS_USUAL,
        help_text="It goes on by itself then, if nobody has an answer earlier.",
    )


class CauseForm(Form):
    """What made something late, and how one knows."""

    cause = forms.ChoiceField(label="Cause", choices=list(MEANINGS.items()))
    reason = ReasonField(label="On what grounds", help_text="In a few words, such as two people ill.")

"""What people type about cases: how they end, whose they are, when they are back."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from counterflow.access.roles import ROLES
from counterflow.console.forms import Form, ReasonField
from counterflow.kernel.errors import DomainError
from counterflow.kernel.money import to_minor
from counterflow.workqueue.commands.assign_cases import working_roles
from counterflow.workqueue.commands.save_filters import NAME_MAX
from counterflow.workqueue.kinds import Severity, by_hand, outcomes_of

_SELECT = {"class": "form-select"}
_ROLES = [(code, ROLES[code].name) for code in working_roles()]


def _choice(label: str, choices: Sequence[tuple[str, str]], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=forms.Select(attrs=_SELECT))


def _among(roles: Sequence[str] | None) -> list[tuple[str, str]]:
    """Roles whose people work cases, as choices; those of these where some are named."""
    return [(code, name) for code, name in _ROLES if roles is None or code in roles]


class Comment(Form):
    """Words about a case."""

    text = forms.CharField(label="Comment", max_length=4_000, widget=forms.Textarea(attrs={"rows": 3}))


class NewCase(Form):
    """A case that a person opens."""

    kind = _choice("Kind", [("", "Choose…"), *((kind.code, kind.meaning) for kind in by_hand())])
    about = _choice("About", [("rma", "A return"), ("unit", "A unit"), ("parcel", "A parcel")])
    number = forms.CharField(
        label="Its number",
        max_length=80,
        help_text="The number of the return, the plate of the unit, or the tracking number.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    amount = forms.CharField(label="At risk", required=False, max_length=20, help_text="Empty where nobody can tell.")
    currency = forms.CharField(
        label="Currency", required=False, max_length=3, help_text="Three letters, such as EUR; only with an amount."
    )
    note = forms.CharField(label="Note", required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """The amount in minor units of its currency, which it needs."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        text, currency = str(given.get("amount", "")).strip(), str(given.get("currency", "")).strip().upper()
        given["amount"], given["currency"] = None, currency
        if text:
            try:
                given["amount"] = to_minor(Decimal(text.replace(",", ".")), currency)
            except (ArithmeticError, ValueError, DomainError):
                self.add_error("amount", "An amount such as 19.99, with its currency in three letters.")
        return given


class CloseCase(Form):
    """How a case of a kind ended."""

    outcome = forms.ChoiceField(label="Outcome")
    note = forms.CharField(label="Note", required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, outcomes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = _choice("Outcome", outcomes)

    @classmethod
    def of_kind(cls, kind: str, *args: Any) -> "CloseCase":
        """The form for one case of a kind."""
        return cls(*args, outcomes=[(outcome.code, outcome.meaning) for outcome in outcomes_of(kind)])


class Assign(Form):
    """Whose it shall be."""

    assignee = forms.ChoiceField(label="Give to", required=False)
    role = forms.ChoiceField(label="Role that answers for it", required=False)

    def __init__(
        self, *args: Any, people: Sequence[tuple[str, str]], roles: Sequence[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", "As it is"), *_among(roles)]
        self.fields["role"] = _choice("Role that answers for it", offered, required=False)
        self.fields["assignee"] = _choice("Give to", [("", "Nobody: back to the queue"), *people], required=False)


class Snooze(Form):
    """When it is back, and why it waits."""

    until = forms.DateTimeField(
        label="Back in the lists",
        help_text="By the clock of your time zone.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = ReasonField(label="Reason", help_text="In a few words, such as waits for customer.")

    def __init__(self, *args: Any, first: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"until": first}, **kwargs)


class Escalate(Form):
    """Who has to deal with it now."""

    role = forms.ChoiceField(label="Role")
    severity = _choice(
        "Urgency",
        [("", "As it is"), *((str(int(s)), f"At least {s.name.lower()}") for s in Severity if s != Severity.LOW)],
        required=False,
    )
    reason = ReasonField(label="Reason", help_text="In a few words, such as needs a decision.")

    def __init__(self, *args: Any, roles: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = _choice("Role", _among(roles))


class Merge(Form):
    """The case that goes on."""

    into = forms.CharField(
        label="Case that goes on",
        max_length=24,
        help_text="Its number, as its page shows it.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class SaveFilter(Form):
    """A name for what the list shows now."""

    name = forms.CharField(label="Name", max_length=NAME_MAX)
    role = forms.ChoiceField(label="For", required=False)

    def __init__(self, *args: Any, roles: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(code, f"Everybody who is {ROLES[code].name.lower()}") for code in roles if code in dict(_ROLES)]
        self.fields["role"] = _choice("For", [("", "Me"), *offered], required=False)

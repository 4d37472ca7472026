"""What finance types to grant goodwill: how much, why, how it is met, and the rate where one is needed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from counterflow.console.forms import Form
from counterflow.console.forms_desk import minor_of
from counterflow.refunds.goodwill import GoodwillFile

REASONS = (
    ("late_delivery", "Delivery or refund took too long"),
    ("bad_service", "We made a mistake"),
    ("damaged_goods", "Damaged, and the customer keeps it"),
    ("price_promise", "Price promise"),
    ("costs_of_customer", "Costs the customer had"),
    ("loyal_customer", "Loyal customer"),
)
METHODS = (("original", "Back the way it was paid"), ("store_credit", "Store credit"))


class Goodwill(Form):
    """Goodwill for an order, in its currency."""

    amount = forms.CharField(
        label="Amount",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "form-control num"}),
    )
    reason = forms.ChoiceField(label="Why", choices=REASONS)
    method = forms.ChoiceField(label="Settled", choices=METHODS)
    rate = forms.DecimalField(
        label="Exchange rate",
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=10,
        help_text="Units of the books' currency for one of the sale's.",
    )

    def __init__(self, *args: Any, file: GoodwillFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file = file
        self.fields["amount"].label = f"Amount in {file.currency}"
        if not file.needs_rate:
            del self.fields["rate"]

    def clean_amount(self) -> int:
        """The amount in minor units of the order's currency."""
        found = minor_of(str(self.cleaned_data["amount"]), self.file.currency)
        if not found:
            raise forms.ValidationError(f"An amount in {self.file.currency} above 0, such as 5.00.")
        return found


@dataclass(frozen=True)
class Shown:
    """What a grant would come to, before it is one; `problem` says why it would be refused."""

    amount: int
    booked: int | None
    method: str
    problem: str = ""


def rate_of(form: Goodwill) -> Decimal | None:
    """The rate that was typed."""
    found = form.cleaned_data.get("rate")
    return found if isinstance(found, Decimal) else None

"""Forms of putting away, quarantine and recovery."""

from collections.abc import Sequence
from typing import Any

from django import forms

from counterflow.console.forms import CODE, Form, ReasonField
from counterflow.console.put_away_acts import NOTE_MAX
from counterflow.facilities.rules import CAPACITY_MAX, Purpose
from counterflow.receiving.rules import GRADES, Disposition
from counterflow.recovery.rules import COST_KINDS
from counterflow.recovery.states import Outcome

WAYS = [(d.value, d.value.replace("_", " ").capitalize()) for d in Disposition if d != Disposition.HAND_OVER]


def _code(label: str, help_text: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=64, validators=[CODE], help_text=help_text, required=required)


def _select(choices: Sequence[tuple[str, str]], label: str, **more: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, choices=choices, widget=widget, **more)


def _amount(label: str, *, least: int = 0, required: bool = True, help_text: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=least, max_digits=14, decimal_places=3, required=required, help_text=help_text
    )


def _note(help_text: str) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label="Note", required=False, max_length=NOTE_MAX, help_text=help_text, widget=area)


class Elsewhere(Form):
    """Another destination than policy's, with the reason."""

    send = forms.ChoiceField(label="Send to", choices=WAYS)
    why = ReasonField(label="Reason", help_text="In a few words, such as box torn.")
    note = _note("What there is to say about it, where the reason wants it.")


class Release(Form):
    """Units set apart, and where they go now."""

    TO = (("", "Back to the bench, to be inspected again"), *WAYS)

    to = forms.ChoiceField(label="Release to", choices=[way for way in TO if way[0] != "quarantine"], required=False)
    reason = ReasonField(label="Reason", help_text="In a few words, such as cleared by brand.")
    why = ReasonField(label="Reason to differ from policy", required=False)
    note = _note("Where you differ from policy, and the reason wants it.")


class Scan(Form):
    """One plate or reference."""

    scan = forms.CharField(label="Plate", max_length=120)


class Cost(Form):
    """Parts, labour or a service that work took."""

    kind = forms.ChoiceField(label="Kind", choices=[(kind, kind.capitalize()) for kind in COST_KINDS])
    what = _code("What", "A code or a SKU, such as screen-6in.")
    quantity = forms.IntegerField(label="Quantity", min_value=1, initial=1, help_text="Pieces, or minutes of labour.")
    amount = _amount("Amount", help_text="For all of it, in the currency of the books.")
    capitalise = forms.BooleanField(label="Makes the goods worth more (capitalise)", required=False, initial=True)


class Finish(Form):
    """How work ended."""

    OUTCOMES = (
        (Outcome.AVAILABLE.value, "Available: on the shelf, to be sold"),
        (Outcome.SECONDARY.value, "Secondary channel: into a lot"),
        (Outcome.SCRAPPED.value, "Scrapped"),
    )

    outcome = forms.ChoiceField(label="Outcome", choices=OUTCOMES)
    grade = forms.ChoiceField(label="Grade now", choices=[(grade, grade) for grade in GRADES])
    net_value = _amount(
        "What can be got for it, after costs to sell",
        required=False,
        help_text="For all its pieces. It is not carried above that. Not needed where it is scrapped.",
    )
    sku = forms.CharField(
        label="It has become another SKU", required=False, max_length=120, help_text="Leave empty if it has not."
    )


class Reason(Form):
    """Why: a code of the company's."""

    reason = ReasonField(label="Reason", help_text="In a few words, such as not worth it.")


class NewLot(Form):
    """A lot for a buyer."""

    buyer = forms.CharField(label="Buyer", max_length=80, help_text="A reference of yours, such as outlet-north.")

    def __init__(self, *args: Any, nodes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"] = _select(nodes, "Node")
        self.order_fields(["node", "buyer"])


class NewPallet(Form):
    """A pallet for a supplier."""

    def __init__(
        self, *args: Any, nodes: Sequence[tuple[str, str]], suppliers: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"] = _select(nodes, "Node")
        self.fields["supplier"] = _select(suppliers, "Supplier")


class Pieces(Form):
    """Pieces of the shelf for a lot."""

    sku = forms.CharField(label="SKU", max_length=120)
    quantity = forms.IntegerField(label="Pieces", min_value=1, initial=1)


class Sale(Form):
    """What a buyer pays."""

    amount = _amount("Price without tax", help_text="For all of it, in the currency of the books.")


class Shipment(Form):
    """How it left."""

    carrier = forms.CharField(label="Carrier", required=False, max_length=80)
    tracking = forms.CharField(label="Tracking number", required=False, max_length=80)


class Tote(Form):
    """A tote at a node."""

    code = _code("Code", "What its barcode will say, such as A-017.")
    purpose = forms.ChoiceField(
        label="For", choices=[(purpose.value, purpose.value.replace("_", " ").capitalize()) for purpose in Purpose]
    )
    capacity = forms.IntegerField(
        label="Takes", min_value=1, max_value=CAPACITY_MAX, required=False, help_text="Plates; empty for no limit."
    )

    def __init__(self, *args: Any, nodes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"] = _select(nodes, "Node")
        self.order_fields(["code", "node", "purpose", "capacity"])

"""What people type at the receive station's other pages: plates to print, clues about goods nobody knows."""

from django import forms

from counterflow.console.forms import Form
from counterflow.receiving.commands.issue_plates import COUNT_MAX
from counterflow.receiving.labels import SIZES


class Plates(Form):
    """A batch of blank plates."""

    count = forms.IntegerField(label="How many", min_value=1, max_value=COUNT_MAX, initial=20)
    size = forms.ChoiceField(label="Size of the label", choices=[(size, f"{size} mm") for size in SIZES])
    kind = forms.ChoiceField(label="For", choices=[("pdf", "Any printer (PDF)"), ("zpl", "Label printer (ZPL)")])


class Clues(Form):
    """What was found on or in goods that nobody knows; everything is optional."""

    tracking = forms.CharField(label="Tracking number", max_length=80, required=False)
    order = forms.CharField(label="Order or return number", max_length=80, required=False)
    sku = forms.CharField(label="SKU it may be", max_length=80, required=False)
    serial = forms.CharField(label="Serial number", max_length=80, required=False)
    name = forms.CharField(
        label="Name on the label",
        max_length=120,
        required=False,
        help_text="Kept apart, so that it can be erased.",
    )
    postcode = forms.CharField(label="Postcode of the sender", max_length=20, required=False)
    note = forms.CharField(label="Note", max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class Match(Form):
    """The line of a return that a unit answers for."""

    rma = forms.CharField(label="Return", max_length=120)
    line = forms.IntegerField(label="Line", min_value=1, max_value=1_000_000)

"""What people type into the console. Forms read and shape; commands decide."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator

from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.access.secrets import PASSWORD_LENGTH_MIN
from counterflow.receiving.rules import Disposition
from counterflow.reconciliation.reading import BYTES_MAX

_CLASSES: dict[type[forms.Widget], str] = {
    forms.CheckboxInput: "form-check-input",
    forms.CheckboxSelectMultiple: "form-check-input",
    forms.RadioSelect: "form-check-input",
    forms.Select: "form-select",
}


class Form(forms.Form):
    """A form whose fields look like ours and point at their help and errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Several forms share a page, and a label belongs to one field only.
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s", **kwargs})
        for field in self.fields.values():
            field.widget.attrs["class"] = _CLASSES.get(type(field.widget), "form-control")

    def full_clean(self) -> None:
        """Check, and mark the fields that are wrong."""
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["class"] += " is-invalid"


class SentFile(forms.FileField):
    """A file, refused before it is read where it has more bytes than its reader takes."""

    def __init__(self, *, bytes_max: int, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.FileInput, **kwargs})
        self.bytes_max = bytes_max

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The file. Refuses one that is too large."""
        file = super().clean(data, initial)
        if file and file.size > self.bytes_max:
            size, most = (f"{count / 2**20:,.0f} MB" for count in (file.size, self.bytes_max))
            raise forms.ValidationError(f"The file has {size}; at most {most} are taken. Cut it and send the parts.")
        return file


class Settings(Form):
    """What a user sets for oneself."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=[(z, z.replace("_", " ")) for z in sorted(available_timezones())],
        help_text="Moments are shown by the clock of this zone; files carry UTC.",
    )


class SignIn(Form):
    """Address and password."""

    email = forms.EmailField(
        label="Email", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


def _roles() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Works as",
        required=False,
        choices=[(role.code, f"{role.name} – {role.purpose.lower()}") for role in ROLES.values()],
        widget=forms.CheckboxSelectMultiple,
    )


def _new_password(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label="Password",
        required=required,
        strip=False,
        min_length=PASSWORD_LENGTH_MIN,
        max_length=200,
        help_text=f"At least {PASSWORD_LENGTH_MIN} characters. Length is what counts.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class NewUser(Form):
    """A colleague, or a program acting for the company."""

    name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(label="Email", max_length=254)
    time_zone = forms.ChoiceField(
        label="Time zone", choices=[(z, z.replace("_", " ")) for z in sorted(available_timezones())], initial="UTC"
    )
    home_node = forms.CharField(
        label="Home node",
        required=False,
        max_length=60,
        help_text="Code of the node whose stations this user works at.",
        widget=forms.TextInput(attrs={"list": "home_node-list", "autocomplete": "off"}),
    )
    roles = _roles()
    password = _new_password(required=False)


class Roles(Form):
    """The roles a user holds."""

    roles = _roles()


class Password(Form):
    """A new password."""

    password = _new_password(required=True)


class NewToken(Form):
    """A token: its name, its scopes, how long it lasts."""

    DAYS = (("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("0", "No end"))

    name = forms.CharField(label="Name", max_length=120, help_text="What will use it, such as the web shop.")
    days = forms.ChoiceField(label="Valid for", choices=DAYS, initial="90")

    def __init__(self, *args: Any, held: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(code, f"{words} ({code})") for code, words in PERMISSIONS.items() if code in held]
        self.fields["scopes"] = forms.MultipleChoiceField(
            label="May", choices=offered, widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
        )


CODE = RegexValidator(r"^[A-Za-z0-9_.:-]{1,64}$", "A code has letters, digits, dots, colons, dashes and underscores.")


class ReasonField(forms.CharField):
    """A reason in a few words, or its code: "Wrong scan" is kept as `wrong_scan`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 64, "validators": [CODE], **kwargs})

    def to_python(self, value: Any) -> str:
        """Words as the code that stands for them."""
        return "_".join(str(super().to_python(value)).lower().rstrip(".").split())


class Reason(Form):
    """Why: a code of the company's."""

    reason = ReasonField(label="Reason", help_text="In a few words, such as wrong scan.")


class Inspect(Form):
    """What the bench found."""

    GRADES = (
        ("", "Choose a grade"),
        ("A", "A – as new"),
        ("B", "B – opened, complete"),
        ("C", "C – used or worn"),
        ("D", "D – not fit for sale"),
    )

    grade = forms.ChoiceField(label="Grade", choices=GRADES)
    damage_code = ReasonField(label="Damage", required=False, help_text="In a few words, such as torn lining.")
    serial = forms.CharField(label="Serial number", required=False, max_length=80)


class Dispose(Form):
    """Where a unit goes."""

    disposition = forms.ChoiceField(
        label="Send to",
        required=False,
        choices=[("", "What policy says"), *((d.value, d.value.replace("_", " ").capitalize()) for d in Disposition)],
    )
    reason = ReasonField(label="Reason, where you differ", required=False)
    note = forms.CharField(
        label="Note, where you differ", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class Decide(Form):
    """A person's answer to a return request."""

    reason = ReasonField(label="Reason", help_text="In a few words, such as goodwill.")
    note = forms.CharField(label="Note", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}))


class ReleaseCredit(Form):
    """The credit that is due."""

    rate = forms.DecimalField(
        label="Exchange rate",
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=10,
        help_text="Only where the sale was in another currency: units of the books' currency for one of the sale's.",
    )


class ApproveEarly(Form):
    """Pieces to be credited before they reached their milestone."""

    line_no = forms.IntegerField(label="Line", min_value=1)
    quantity = forms.IntegerField(label="Pieces", min_value=1, initial=1)
    reason = ReasonField(label="Reason", help_text="In a few words, such as loyal customer.")
    note = forms.CharField(label="Note", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, lines: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if lines:
            choices = [(number, f"{number}: {sku}") for number, sku in lines]
            self.fields["line_no"].widget = forms.Select(attrs={"class": "form-select"}, choices=choices)


class Compare(Form):
    """A statement of stock to compare."""

    node = forms.ChoiceField(label="Node")
    as_of = forms.DateTimeField(
        label="As of",
        help_text="The instant the statement speaks of, in your time zone. It is compared with the books as of then.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
    )
    source = forms.CharField(label="Who says so", required=False, max_length=80)
    file = SentFile(
        label="File", help_text="CSV with columns for SKU, state and quantity; gzip is fine.", bytes_max=BYTES_MAX
    )

    def __init__(self, *args: Any, nodes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"] = forms.ChoiceField(
            label="Node", choices=nodes, widget=forms.Select(attrs={"class": "form-select"})
        )

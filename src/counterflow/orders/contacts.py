"""How a customer is reached: plain values, and the keys under which people look for them.

A key is what stays the same however somebody writes a thing: an address in lower case, the last digits of a
telephone number, a postcode without its spaces. All of it is personal data and is erased together.
"""

import re
from dataclasses import dataclass, fields

from counterflow.kernel.errors import Invalid

TEXT_MAX = 200
PHONE_DIGITS = 9
"""The digits of a telephone number that are compared, from its end: +44 20 and 020 name one number."""


class ContactInvalid(Invalid):
    """The {field} of the customer cannot be kept: {reason}."""


@dataclass(frozen=True)
class NewContact:
    """How a customer is reached; what is empty is not known."""

    name: str = ""
    email: str = ""
    phone: str = ""
    line1: str = ""
    line2: str = ""
    postcode: str = ""
    city: str = ""


def check_contact(contact: NewContact) -> None:
    """Whether a contact can be kept. Raises `ContactInvalid`, which names the field and never the value."""
    for column in fields(contact):
        value = getattr(contact, column.name)
        if not isinstance(value, str) or len(value) > TEXT_MAX or "\x00" in value:
            raise ContactInvalid(field=column.name, reason=f"it has to be a text of at most {TEXT_MAX} characters")
    if contact.email and re.fullmatch(r"[^@\s]+@[^@\s]+", contact.email.strip()) is None:
        raise ContactInvalid(field="email", reason="it has to look like name@example.org")


def email_key(email: str) -> str:
    """An address as it is looked for."""
    return email.strip().lower()


def phone_key(phone: str) -> str:
    """A telephone number as it is looked for: its last digits."""
    return re.sub(r"\D", "", phone)[-PHONE_DIGITS:]


def postcode_key(postcode: str) -> str:
    """A postcode as it is looked for."""
    return re.sub(r"[^0-9A-Z]", "", postcode.upper())


def columns(contact: NewContact) -> dict[str, str | None]:
    """The columns of a contact: its values and keys, nothing for what is not known."""
    values = {column.name: getattr(contact, column.name).strip() for column in fields(contact)}
    values |= {
        "email_key": email_key(contact.email),
        "phone_key": phone_key(contact.phone),
        "postcode_key": postcode_key(contact.postcode),
    }
    return {name: value or None for name, value in values.items()}


EMPTY = dict.fromkeys(columns(NewContact()))
"""What a contact is once it was erased."""

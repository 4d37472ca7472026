"""What a person has to say who decides against a policy: a reason of the company's, and a note where it wants one."""

import re
from collections.abc import Mapping

from counterflow.kernel.errors import Invalid

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class OverrideReasonUnknown(Invalid):
    """{reason} is none of the company's reasons for differing from a policy, which are: {known}."""


class OverrideNoteMissing(Invalid):
    """The reason {reason} wants a note that says more; give both."""


def require_override(reason: str, note: str, reasons: Mapping[str, bool]) -> str:
    """The reason of somebody who differs from a policy; `reasons` says of each in use whether it wants a note.

    A company that keeps no reasons of this kind takes any code. Raises `OverrideReasonUnknown`,
    `OverrideNoteMissing`.
    """
    if not isinstance(reason, str) or _CODE.fullmatch(reason) is None or (reasons and reason not in reasons):
        raise OverrideReasonUnknown(reason=str(reason)[:64], known=", ".join(sorted(reasons)) or "any code")
    if reasons.get(reason) and not note.strip():
        raise OverrideNoteMissing(reason=reason)
    return reason

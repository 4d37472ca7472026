"""Open cases by hand: what no machine can see, such as a customer who disagrees or a carrier who owes us."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, NotFound, Refusal
from counterflow.workqueue.cases import CaseDraft, Opened, open_now
from counterflow.workqueue.commands.comment_cases import CommentCase, check_comment, comment_cases
from counterflow.workqueue.kinds import by_hand

AMOUNT_MAX: Final = 2**53


class KindNotByHand(Invalid):
    """A case of kind {kind!r} is not opened by hand; those are: {kinds}."""


class AboutUnknown(Invalid):
    """A case is opened about {kinds}, and not about {about!r}."""


class AboutMissing(NotFound):
    """There is no {about} {number}; look its number up again."""


class AboutSeveral(Invalid):
    """Several carriers have a parcel {number}; open the case about its return or a unit."""


class StakeInvalid(Invalid):
    """What is at risk is an amount of nought or more, and a currency such as EUR; leave out both or none."""


class ClosedMeanwhile(Refusal):
    """Such a case was closed at this very moment; open it again if it is still needed."""


@dataclass(frozen=True)
class RaiseCase:
    """A case to open about a return (`about` "rma"), a unit ("unit", its plate) or a parcel ("parcel"), by its number.

    `reference` is the asker's own name for it, under which the `note` is kept as a comment. What is at risk is in minor
    units; for a unit it is what it stands in the books for, unless told.
    """

    kind: str
    about: str
    number: str
    reference: str
    note: str = ""
    money_at_risk_minor: int | None = None
    currency: str = ""
    due_at: datetime | None = None


_FOUND: Final = """
SELECT 'rma' AS about, r.number, r.id, r.entity_id, NULL::bigint AS minor, r.currency, r.number AS rma
FROM returns_rma r WHERE r.number = ANY(%(rma)s::text[])
UNION ALL
SELECT 'unit', u.lpn, u.id, u.entity_id, u.cost_minor + u.allowance_minor, e.currency, r.number
FROM receiving_unit u JOIN ledger_entity e ON e.id = u.entity_id
LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id LEFT JOIN returns_rma r ON r.id = l.rma_id
WHERE u.lpn = ANY(%(unit)s::text[])
UNION ALL
SELECT 'parcel', p.tracking, p.id, nullif(p.entity_id, 0), NULL, '', r.number
FROM logistics_parcel p LEFT JOIN returns_rma r ON r.id = p.rma_id WHERE p.tracking = ANY(%(parcel)s::text[])
ORDER BY 1, 2, 3
"""
_NAMES: Final = {"rma": ("rma", "return"), "unit": ("lpn", "unit"), "parcel": ("tracking", "parcel")}


@command(needs="workqueue.work")
def raise_cases(ctx: Context, *, items: Sequence[RaiseCase]) -> Batch:
    """Open each case; while one of the kind about the same thing is open it is a replay, and the note joins it.

    Refuses `KindNotByHand`, `AboutUnknown`, `AboutMissing`, `AboutSeveral`, `StakeInvalid`, `CommentMalformed`,
    `IdentityReused`. Eight SQL statements at most, whatever the batch.
    """
    numbers = {about: sorted({item.number for item in items if item.about == about}) for about in _NAMES}
    things: dict[tuple[str, str], list[Any]] = {}
    for row in db.rows(_FOUND, numbers):
        things.setdefault((row.about, row.number), []).append(row)
    drafts: dict[int, CaseDraft] = {}
    refused: dict[int, DomainError] = {}
    for n, item in enumerate(items):
        try:
            drafts[n] = _draft(item, things.get((item.about, item.number), []))
        except DomainError as error:
            refused[n] = error
    opened = open_now(ctx, list(drafts.values()))
    cases = {n: opened[draft.dedupe_key] for n, draft in drafts.items() if draft.dedupe_key in opened}
    unsaid = _keep_notes(ctx, items, cases)
    results: list[Done | Refused] = []
    told: set[int] = set()
    for n, item in enumerate(items):
        identity = f"{item.kind}:{item.about}:{item.number}"[:200].replace("\0", "?")
        if n in refused or n in unsaid or n not in cases:
            results.append(unsaid.get(n) or Refused.of(identity, refused.get(n) or ClosedMeanwhile()))
            continue
        case = cases[n]
        results.append(Done(identity, {"case_id": case.id}, replayed=not case.fresh or case.id in told))
        told.add(case.id)
    return Batch(results)


def _draft(item: RaiseCase, found: Sequence[Any]) -> CaseDraft:
    kinds = [kind.code for kind in by_hand()]
    if item.kind not in kinds:
        raise KindNotByHand(kind=_shown(item.kind), kinds=", ".join(kinds))
    if item.about not in _NAMES:
        raise AboutUnknown(kinds=", ".join(_NAMES), about=_shown(item.about))
    fact, words = _NAMES[item.about]
    if not found:
        raise AboutMissing(about=words, number=_shown(item.number))
    if len(found) > 1:
        raise AboutSeveral(number=_shown(item.number))
    check_comment(item.note.strip() or "-", item.reference.strip())
    thing, (minor, currency) = found[0], _at_risk(item, found[0])
    return CaseDraft(
        kind=item.kind,
        subject_kind=item.about,
        subject_id=thing.id,
        dedupe_key=f"{item.about}:{thing.id}:by_hand:{item.kind}",
        entity_id=thing.entity_id,
        money_at_risk_minor=minor,
        currency=currency,
        due_at=item.due_at,
        facts={fact: thing.number} | ({"rma": thing.rma} if thing.rma else {}),
    )


def _at_risk(item: RaiseCase, thing: Any) -> tuple[int | None, str]:
    """What was told to be at risk, else what a unit stands in the books for."""
    if item.money_at_risk_minor is None and not item.currency:
        return (abs(thing.minor), thing.currency) if thing.minor else (None, "")
    if item.money_at_risk_minor is None or not 0 <= item.money_at_risk_minor < AMOUNT_MAX:
        raise StakeInvalid()
    if not re.fullmatch("[A-Z]{3}", item.currency):
        raise StakeInvalid()
    return item.money_at_risk_minor, item.currency


def _keep_notes(ctx: Context, items: Sequence[RaiseCase], cases: Mapping[int, Opened]) -> dict[int, Refused]:
    """Keep the notes as comments of their cases; those that were refused, by the number of the item."""
    noted = [(n, CommentCase(case.id, items[n].note, items[n].reference)) for n, case in sorted(cases.items())]
    noted = [(n, comment) for n, comment in noted if comment.text.strip()]
    if not noted:
        return {}
    batch = comment_cases(ctx, items=[comment for _, comment in noted])
    return {n: result for (n, _), result in zip(noted, batch, strict=True) if isinstance(result, Refused)}


def _shown(text: str) -> str:
    return text[:80].replace("\0", "?")

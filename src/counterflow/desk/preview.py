"""What opening a return would do, asked beforehand: the policies' answers in words, and the money to the cent.

Nothing is locked and nothing is written, so it is what would happen now. Opening decides again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from counterflow.kernel import db
from counterflow.kernel.errors import DomainError
from counterflow.policies.queries import Answer
from counterflow.refunds.rules import Amounts, amounts
from counterflow.returns import rules
from counterflow.returns.deciding import DraftLine, guess, lines_of
from counterflow.returns.documents import AskedLine, OpenRma
from counterflow.returns.lookups import look_up
from counterflow.returns.states import GOODS


@dataclass(frozen=True)
class PreviewLine:
    """What the policies say to pieces of one line, and what they would come to.

    `answer` is yes, no or ask; `why` the reason in words. `problem` says why nothing could be asked at all.
    Amounts are minor units of the sale's currency; `total_minor` is net and tax less the fee. `instead_minor`
    is what the goods that go out instead come to, with tax. `seal_matters` where the answer depends on whether a seal
    is broken, so that the customer has to be asked.
    """

    line_no: int
    quantity: int
    answer: str = ""
    why: str = ""
    customer_why: str = ""
    reason_known: bool = True
    window_ends: date | None = None
    milestone: str = ""
    method: str = ""
    fee_bp: int = 0
    returnless: bool = False
    shipping_refundable: bool = False
    net_minor: int = 0
    tax_minor: int = 0
    fee_minor: int = 0
    total_minor: int = 0
    instead_minor: int = 0
    problem: str = ""
    seal_matters: bool = False

    @property
    def difference_minor(self) -> int:
        """What the customer owes for goods that go out instead; below 0 is what we owe."""
        return self.instead_minor - self.total_minor


def preview(*, channel: str, order: str, lines: Sequence[AskedLine], at: datetime) -> list[PreviewLine]:
    """What would be said to each line of a request, in the order given. Five statements, whatever their number."""
    asked = [OpenRma(channel, "preview", (line,), order) for line in lines]
    if not asked:
        return []
    epoch = db.rows("SELECT value FROM kernel_epoch WHERE id = 1")[0].value
    known = look_up(None, asked, at=at)
    decided = guess(asked, known, at=at, epoch=epoch, as_one=True)
    broken, whole = (
        guess(_with_seal(asked, opened=opened), known, at=at, epoch=epoch, as_one=True) for opened in (True, False)
    )
    found = []
    for n, item in enumerate(asked):
        if n in decided:
            line = _line(item.lines[0], decided[n].lines, decided[n].answers)
            matters = n in broken and n in whole and _said(broken[n].answers) != _said(whole[n].answers)
            found.append(replace(line, seal_matters=matters))
            continue
        try:
            lines_of(item, known, at=at)
        except DomainError as error:
            found.append(PreviewLine(item.lines[0].order_line, item.lines[0].quantity, problem=error.message))
    return found


def _with_seal(asked: Sequence[OpenRma], *, opened: bool) -> list[OpenRma]:
    """The same requests, as if it were known whether seals are broken."""
    return [replace(item, lines=tuple(replace(line, opened=opened) for line in item.lines)) for item in asked]


def _said(answers: Sequence[tuple[Answer, Answer]]) -> list[str]:
    return [eligibility.outcome["answer"] for eligibility, _ in answers]


def _line(asked: AskedLine, drafts: Sequence[DraftLine], answers: Sequence[tuple[Answer, Answer]]) -> PreviewLine:
    """The strictest answer of the pieces, and their sums."""
    said = rules.outcome_of([eligibility.outcome["answer"] for eligibility, _ in answers])
    told = next((e, r, d) for (e, r), d in zip(answers, drafts, strict=True) if e.outcome["answer"] == said)
    eligibility, refund, draft = told
    worth = Amounts()
    for line, (_, terms) in zip(drafts, answers, strict=True):
        worth = worth.plus(_worth(line, terms))
    total = worth.net + worth.tax - worth.fee
    known = all(line.reason for line in drafts)
    instead = 0
    if asked.resolution in GOODS:
        instead = asked.instead.unit_price_minor * asked.quantity if asked.instead else worth.net + worth.tax
    return PreviewLine(
        line_no=asked.order_line,
        quantity=asked.quantity,
        answer=said if known or said == "no" else "ask",
        why=eligibility.text if known or said == "no" else "This is none of our reasons; a person reads it.",
        customer_why=eligibility.customer_text,
        reason_known=known,
        window_ends=_window_ends(draft, eligibility),
        milestone="authorised" if refund.outcome["returnless"] else refund.outcome["milestone"],
        method=rules.method_of(asked.resolution, refund.outcome["method"]),
        fee_bp=refund.outcome["restocking_fee_bp"],
        returnless=refund.outcome["returnless"],
        shipping_refundable=refund.outcome["shipping_refundable"],
        net_minor=worth.net,
        tax_minor=worth.tax,
        fee_minor=worth.fee,
        total_minor=total,
        instead_minor=instead,
    )


def _worth(line: DraftLine, refund: Answer) -> Amounts:
    shipped = line.shipped
    if shipped is None:
        return Amounts()
    return amounts(
        invoiced=shipped.invoiced_minor,
        tax=shipped.row.tax_minor or 0,
        shipped=shipped.quantity,
        credited=min(shipped.row.credited_qty, shipped.quantity - line.quantity),
        take=line.quantity,
        fee_bp=refund.outcome["restocking_fee_bp"],
    )


def _window_ends(line: DraftLine, eligibility: Answer) -> date | None:
    """The last day of the window that the answer names, counted from delivery, or from when the goods left."""
    days = eligibility.outcome["window_days"]
    if line.shipped is None or days is None:
        return None
    began = rules.arrived_at(line.shipped.row.shipped_at, line.shipped.row.delivered_at)
    return None if began is None else (began + timedelta(days=days)).date()

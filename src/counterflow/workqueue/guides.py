"""How each kind of case is worked: what a person does next, which evidence helps, and how it may end.

One row a kind. An action is a code with words; which page it opens for a case is a row of `console/case_actions.py`.
Outcomes of a row come before those of every kind (`COMMON`); codes stay valid for good, because closed cases hold them.
"""

from dataclasses import dataclass
from typing import Final

ACTIONS: Final[dict[str, str]] = {
    "see_return": "Look at the return",
    "decide_return": "Accept or decline the return",
    "map_reason": "Say what the partner's word means",
    "see_order": "Look at the order",
    "find_order": "Search for the order",
    "name_goods": "Find out whose goods these are",
    "find_parcel": "Search for the parcel",
    "receive_parcel": "Open the parcel at the dock",
    "see_unit": "Look at the unit",
    "inspect_unit": "Inspect the unit",
    "release_unit": "Release the unit, or leave it set apart",
    "count_stock": "Count what is there",
    "see_item": "Look at the item's stock",
    "adjust_stock": "Correct stock by hand",
    "see_statement": "Look at the statement and its differences",
    "see_money": "Look at credits and payouts",
    "release_credit": "Release the credit",
    "write_customer": "Write to the customer",
    "ship_pallet": "Load a pallet for the supplier",
    "decide_approval": "Agree or refuse",
    "see_clocks": "Look at the times allowed",
    "see_signals": "Look at the signals of fraud",
    "trial_balance": "Look at the accounts",
    "see_tokens": "Look at the programs' tokens",
}


@dataclass(frozen=True)
class Outcome:
    """How a case may end: a code, and what it means."""

    code: str
    meaning: str


@dataclass(frozen=True)
class Guide:
    """What is done about a kind of case: codes of `ACTIONS`, evidence in words, outcomes of this kind alone."""

    actions: tuple[str, ...]
    evidence: tuple[str, ...]
    outcomes: tuple[Outcome, ...]


OPENED_BY: Final[dict[str, str]] = {
    "unmapped_code": "a return whose reason, or a statement whose state, nobody has mapped",
    "approval_needed": "an act that the approval table asks others about, and money that waits for a rate",
    "return_review": "a return that the eligibility table asks a person about",
    "unidentified_parcel": "a report of a parcel that nobody announced, and a unit that nobody can name",
    "blind_return": "a unit that is received without a return",
    "short": "a parcel that is closed with pieces missing, or empty",
    "over": "a unit that is received beyond what was authorised",
    "wrong_item": "a unit of another item than its return says",
    "wrong_serial": "an inspection that reads another serial number than was sold",
    "not_ours": "a unit that belongs to somebody else",
    "negative_fact": "a shipment of more than the books have",
    "break": "a statement or count that differs from the ledger",
    "lost_parcel": "a carrier that reports a loss",
    "lost_then_found": "a lost parcel that arrives after its credit",
    "refund_in_doubt": "a report of money that contradicts another, or fits no payout",
    "refund_failed": "a payout that the provider, or the tender, refuses",
    "exposure": "a receipt that is taken back after its credit",
    "chargeback": "a report of a chargeback",
    "difference_owed": "goods that cost more than the credit",
    "overpaid": "a report of more money than was owed",
    "fraud_review": "a score of a return that the fraud table wants looked at",
    "stuck_return": "a clock of a return that is late: label, transport, inspection, put-away or credit",
    "sla_breach": "a clock that is late: a decision, goods set apart, or a payout",
    "delivery_failed": "a message or an event that was given up after its retries",
}
"""What opens a case of a kind by itself."""
NOBODY_YET: Final = {"webhook_failed": "messages to partners' endpoints, which this version does not send"}
"""Kinds that are declared for what is not there yet."""
COMMON: Final = (
    Outcome("resolved", "What was wrong is put right"),
    Outcome("accepted", "Accepted as it is"),
    Outcome("written_off", "Given up; the loss is ours"),
    Outcome("duplicate", "Already handled elsewhere"),
    Outcome("no_problem", "There was no problem"),
)
"""Every case may end so."""
SETTLED: Final = (
    Outcome("merged", "Closed into another case"),
    Outcome("adjusted", "The difference was posted"),
    Outcome("announced", "The parcel was announced after all"),
    Outcome("cancelled", "What it was about was cancelled"),
    Outcome("closed", "The parcel was closed again"),
    Outcome("decided", "The return was accepted or declined"),
    Outcome("disposed", "The unit went where it had to go"),
    Outcome("found", "What was missing turned up"),
    Outcome("matched", "The goods were matched to a return"),
    Outcome("paid", "The money arrived"),
    Outcome("reopened", "The parcel was opened again"),
    Outcome("reversed", "What was recorded was taken back"),
)
"""How cases end without being closed by hand: merged, or their cause is gone."""

_ROWS: tuple[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    # kind, actions, evidence, outcomes of its own
    (
        "unmapped_code",
        "map_reason decide_return see_return see_statement",
        ("What the partner means by the word, in writing",),
        (("mapped", "The word has a meaning now"), ("asked_partner", "The partner corrects its words")),
    ),
    (
        "order_unmatched",
        "find_order",
        ("The order number as the customer knows it", "The shop's own export of the order"),
        (("order_found", "The order is known now"), ("not_ours", "No order of ours")),
    ),
    (
        "approval_needed",
        "decide_approval see_return see_unit release_credit",
        ("Why the act is wanted",),
        (
            ("approved", "Agreed to"),
            ("refused", "Not agreed to"),
            ("expired", "Nobody decided in time"),
            ("withdrawn", "Taken back by whoever asked"),
            ("overtaken", "Not what had been asked for any more"),
        ),
    ),
    (
        "return_review",
        "decide_return see_return write_customer",
        ("Photos from the customer", "Why the customer sends it back, in the customer's words"),
        (("approved", "The return was accepted"), ("refused", "The return was declined")),
    ),
    (
        "unidentified_parcel",
        "name_goods find_parcel receive_parcel",
        ("A photo of the parcel and its label", "Anything inside with a name or number"),
        (("identified", "It is known whose it is"), ("sent_back", "Sent back to the sender")),
    ),
    (
        "blind_return",
        "name_goods see_unit write_customer",
        ("A photo of the goods and the packing slip",),
        (("identified", "Matched to an order or return"), ("sent_back", "Sent back to the sender")),
    ),
    (
        "short",
        "see_return find_parcel count_stock write_customer",
        ("A photo of the open parcel", "The parcel's weight"),
        (
            ("found", "The missing pieces turned up"),
            ("customer_told", "The customer knows that less is credited"),
            ("carrier_claimed", "Claimed from the carrier"),
        ),
    ),
    (
        "over",
        "name_goods see_unit write_customer",
        ("A photo of all pieces together",),
        (("credited", "Credited too"), ("sent_back", "Sent back to the customer"), ("kept", "Kept, with consent")),
    ),
    (
        "wrong_item",
        "name_goods see_unit see_return write_customer",
        ("A photo of the goods", "A photo of the label or barcode"),
        (("matched", "It belongs to another return"), ("sent_back", "Sent back to the customer"), ("kept", "Kept")),
    ),
    (
        "wrong_serial",
        "see_unit see_return write_customer",
        ("A photo of the serial number",),
        (("mistyped", "The number was read wrongly"), ("refused", "Not the unit we sold; refused")),
    ),
    (
        "not_ours",
        "see_unit ship_pallet",
        ("A photo of the marks of whoever owns it",),
        (("sent_to_owner", "Sent to whom it belongs"), ("bought", "Taken over by us")),
    ),
    (
        "on_hold",
        "release_unit see_unit",
        ("The recall or hold notice", "A photo of lot or serial number"),
        (("released", "Free to be worked on"), ("destroyed", "Destroyed under the hold")),
    ),
    (
        "dispute",
        "see_return see_unit see_money write_customer",
        ("Photos from the inspection", "Photos from the customer", "The carrier's record"),
        (
            ("customer_right", "Decided for the customer"),
            ("customer_wrong", "Decided against the customer"),
            ("met_halfway", "Settled by agreement"),
        ),
    ),
    (
        "rejected",
        "see_unit see_return write_customer",
        ("Photos of what was found",),
        (("customer_told", "The customer knows"), ("sent_back", "Sent back to the customer")),
    ),
    (
        "not_graded",
        "inspect_unit see_unit",
        ("Where the unit stands now",),
        (("inspected", "Inspected meanwhile"), ("missing", "The unit is not there")),
    ),
    (
        "negative_fact",
        "see_item count_stock see_order adjust_stock",
        ("A count of the shelf", "The warehouse's own record"),
        (("counted", "Counted and corrected"), ("report_wrong", "What was reported was wrong")),
    ),
    (
        "unexplained",
        "see_item count_stock adjust_stock",
        ("A count of the shelf",),
        (("counted", "Counted and corrected"), ("explained", "The cause is known and booked")),
    ),
    (
        "break",
        "see_statement count_stock see_item",
        ("The partner's statement", "A count, where goods are missing"),
        (
            ("partner_wrong", "The partner corrects its statement"),
            ("adjusted", "The difference was posted"),
            ("timing", "Goods were in motion; it went away"),
        ),
    ),
    (
        "closed_period_fact",
        "trial_balance see_return",
        ("The document and its date",),
        (("noted", "Noted for the closing"), ("restated", "Corrected in the closed period")),
    ),
    (
        "value_unknown",
        "see_item see_unit",
        ("A supplier's invoice or price list",),
        (("valued", "Valued at its cost"), ("estimate_kept", "The estimate stays")),
    ),
    (
        "lost_parcel",
        "find_parcel see_return write_customer",
        ("Proof of posting", "The carrier's answer"),
        (("carrier_paid", "The carrier paid"), ("carrier_refused", "The carrier does not pay"), ("found", "Found")),
    ),
    (
        "lost_then_found",
        "find_parcel see_return see_money",
        ("A photo of the parcel and its label",),
        (
            ("refund_stands", "The refund stands"),
            ("recovered", "The money was recovered"),
            ("repaid", "Carrier repaid"),
        ),
    ),
    (
        "late_shipment",
        "see_order see_item",
        ("The shop's record of the shipment",),
        (("explained", "The order of events is clear"),),
    ),
    (
        "carrier_claim",
        "find_parcel see_return",
        ("Photos of the damage", "The value of the goods", "Proof of posting"),
        (("carrier_paid", "The carrier paid"), ("carrier_refused", "The carrier does not pay")),
    ),
    (
        "refund_in_doubt",
        "see_money see_order",
        ("The payment provider's record of the refund",),
        (("refund_happened", "The money left"), ("refund_failed", "The money did not leave")),
    ),
    (
        "refund_failed",
        "see_money write_customer see_return",
        ("The provider's reason", "Another way to pay the customer"),
        (("paid_otherwise", "Paid another way"), ("paid_again", "Paid on a second try")),
    ),
    (
        "exposure",
        "see_unit see_return see_money write_customer",
        ("What arrived, in photos", "The credit that was paid"),
        (("recovered", "The money came back"), ("goods_came", "The goods came after all")),
    ),
    (
        "chargeback",
        "see_money see_return see_order write_customer",
        ("Proof of delivery", "The refund's record", "What the customer wrote"),
        (
            ("contested_won", "Contested, and won"),
            ("contested_lost", "Contested, and lost"),
            ("taken", "Not contested"),
        ),
    ),
    (
        "difference_owed",
        "see_return write_customer see_money",
        ("What was agreed with the customer",),
        (("paid", "The customer paid"), ("waived", "Let off")),
    ),
    (
        "overpaid",
        "see_money see_return",
        ("The provider's record of the payment",),
        (("recovered", "The money came back"), ("offset", "Set off against another payment")),
    ),
    (
        "supplier_claim",
        "ship_pallet see_unit",
        ("Photos of the defect", "The supplier's terms"),
        (("supplier_credited", "The supplier credited it"), ("supplier_refused", "The supplier does not pay")),
    ),
    (
        "fraud_review",
        "see_signals see_return decide_return see_money see_order",
        ("The signals and their reasons", "Photos of what arrived", "Earlier returns of the customer"),
        (("cleared", "Nothing wrong; goes on as usual"), ("confirmed", "Fraud; refused with the reason told")),
    ),
    (
        "stuck_return",
        "see_return find_parcel inspect_unit see_money write_customer",
        ("Where the goods are now",),
        (("moved_on", "It moved on"), ("given_up", "The customer does not send it any more")),
    ),
    (
        "sla_breach",
        "see_return see_unit see_clocks write_customer",
        ("Why it took longer",),
        (("caught_up", "Done, though late"), ("excused", "Nobody's fault; noted")),
    ),
    (
        "webhook_failed",
        "see_tokens",
        ("The partner's answer, word for word",),
        (("delivered", "Delivered on another try"), ("switched_off", "The endpoint is gone; switched off")),
    ),
    (
        "delivery_failed",
        "see_return write_customer",
        ("The mail server's answer", "What the log of the worker says"),
        (
            ("delivered", "Sent on another try"),
            ("told_otherwise", "Told another way"),
            ("tried_again", "Tried again; if it fails again, a new case opens"),
        ),
    ),
)

GUIDES: Final[dict[str, Guide]] = {
    kind: Guide(tuple(actions.split()), evidence, tuple(Outcome(*row) for row in outcomes))
    for kind, actions, evidence, outcomes in _ROWS
}

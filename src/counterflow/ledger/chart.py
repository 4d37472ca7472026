"""The chart: one row a stock state, one row a GL account, one row a movement that is allowed.

A new state, account or path is a row here and nothing else. `counterflow migrate` copies the rows to
the database, which refuses a movement that is not in the table. The internal stock sub-accounts stay
one to one with (state, component); a company's own account numbers are mapped at export.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from counterflow.kernel.errors import InvariantBroken

YES: Final = True
NO: Final = False


class State(StrEnum):
    """Where goods are and what may be done with them."""

    CUSTOMER = "customer"
    IN_TRANSIT = "in_transit_return"
    RECEIVED = "received"
    QUARANTINE = "quarantine"
    INSPECTION = "inspection"
    REFURBISHABLE = "refurbishable"
    IN_REFURBISHMENT = "in_refurbishment"
    AVAILABLE = "available"
    TO_SUPPLIER = "to_supplier"
    AT_SUPPLIER = "at_supplier"
    SECONDARY = "secondary_channel"
    TO_CUSTOMER = "return_to_customer"
    TRANSFER = "transfer_in_transit"
    SCRAPPED = "scrapped"
    LOST = "lost"
    SUPPLIER = "supplier"
    SOLD_ON = "sold_on"
    OPENING = "opening"
    HANDED_OVER = "handed_over"
    UNEXPLAINED = "unexplained"
    TRANSFORMATION = "transformation"


@dataclass(frozen=True)
class Trait:
    """What a state means for stock and books.

    `recognised`: our own goods there are an asset in sub-account `stock.<state>`. `guarded`: a locked
    position holds the balance and never goes below zero; other states are summed when asked.
    """

    on_hand: bool
    recognised: bool
    sellable: bool
    guarded: bool
    meaning: str


TRAITS: Final[dict[State, Trait]] = {
    #                               on hand recognised sellable guarded
    State.CUSTOMER: Trait(NO, NO, NO, NO, "with the customer who bought it; counter-account of sales and returns"),
    State.IN_TRANSIT: Trait(NO, YES, NO, YES, "a carrier has accepted it from the customer"),
    State.RECEIVED: Trait(YES, YES, NO, YES, "on the dock with a licence plate, not looked at"),
    State.QUARANTINE: Trait(YES, YES, NO, YES, "set apart until somebody decides"),
    State.INSPECTION: Trait(YES, YES, NO, YES, "inspected or on the bench, not yet disposed of"),
    State.REFURBISHABLE: Trait(YES, YES, NO, YES, "waits for repair or repack"),
    State.IN_REFURBISHMENT: Trait(YES, YES, NO, YES, "a work order has it"),
    State.AVAILABLE: Trait(YES, YES, YES, YES, "may be promised: counts as available to sell"),
    State.TO_SUPPLIER: Trait(YES, YES, NO, YES, "waits to be shipped to the supplier"),
    State.AT_SUPPLIER: Trait(NO, YES, NO, YES, "with the supplier, credit not agreed"),
    State.SECONDARY: Trait(YES, YES, NO, YES, "set aside for liquidation or an outlet"),
    State.TO_CUSTOMER: Trait(YES, YES, NO, YES, "rejected; goes back to the customer"),
    State.TRANSFER: Trait(NO, YES, NO, YES, "between two of our nodes"),
    State.SCRAPPED: Trait(NO, NO, NO, NO, "destroyed; counter-account"),
    State.LOST: Trait(NO, NO, NO, NO, "lost by a carrier or a node; counter-account"),
    State.SUPPLIER: Trait(NO, NO, NO, NO, "the supplier's again; counter-account"),
    State.SOLD_ON: Trait(NO, NO, NO, NO, "sold to a buyer of the secondary channel; counter-account"),
    State.OPENING: Trait(NO, NO, NO, NO, "balances brought in at go-live; counter-account"),
    State.HANDED_OVER: Trait(NO, NO, NO, NO, "handed to another system of record; counter-account"),
    State.UNEXPLAINED: Trait(NO, NO, NO, NO, "facts that the books cannot explain; counter-account with a case each"),
    State.TRANSFORMATION: Trait(NO, NO, NO, NO, "changes of identity, both ways; sums to nothing"),
}


class GL(StrEnum):
    """General ledger accounts beside the stock sub-accounts."""

    COST_OF_SALES = "cost_of_sales"
    COST_OF_SALES_RETURNS = "cost_of_sales_returns"
    SALES = "sales"
    SALES_RETURNS = "sales_returns"
    TAX_PAYABLE = "tax_payable"
    REFUNDS_PAYABLE = "refunds_payable"
    STORE_CREDIT = "store_credit"
    PAYMENT_CLEARING = "payment_clearing"
    FEE_INCOME = "return_fee_income"
    GOODWILL = "goodwill"
    WRITE_OFF = "write_off"
    WRITE_DOWN = "write_down"
    SHRINKAGE = "shrinkage"
    CARRIER_LOSS = "carrier_loss"
    SUSPENSE = "unexplained_differences"
    VALUATION = "valuation_corrections"
    OPENING = "opening_balances"
    HANDED_OVER = "handed_over_stock"
    TRANSFORMATION = "transformation_clearing"
    REFURBISHMENT_COSTS = "refurbishment_costs"
    REFURBISHMENT_EXPENSE = "refurbishment_expense"
    SECONDARY_PROCEEDS = "secondary_channel_proceeds"
    SECONDARY_COST = "secondary_channel_cost"
    RECEIVABLE_BUYERS = "receivable_from_buyers"
    RECEIVABLE_CUSTOMER = "receivable_from_customers"
    RECEIVABLE_SUPPLIER = "receivable_from_suppliers"
    CHARGEBACKS = "chargebacks"
    DUE_TO = "due_to_entities"
    DUE_FROM = "due_from_entities"


ASSET, LIABILITY, EQUITY, INCOME, EXPENSE = "asset", "liability", "equity", "income", "expense"

GL_ACCOUNTS: Final[dict[str, tuple[str, str]]] = {
    GL.COST_OF_SALES: (EXPENSE, "Cost of sales"),
    GL.COST_OF_SALES_RETURNS: (EXPENSE, "Cost of sales - returns"),
    GL.SALES: (INCOME, "Sales"),
    GL.SALES_RETURNS: (INCOME, "Sales returns"),
    GL.TAX_PAYABLE: (LIABILITY, "Sales tax payable"),
    GL.REFUNDS_PAYABLE: (LIABILITY, "Refunds payable"),
    GL.STORE_CREDIT: (LIABILITY, "Store credit"),
    GL.PAYMENT_CLEARING: (ASSET, "Payment provider clearing"),
    GL.FEE_INCOME: (INCOME, "Restocking and return fees"),
    GL.GOODWILL: (EXPENSE, "Goodwill and compensation"),
    GL.WRITE_OFF: (EXPENSE, "Returned goods written off"),
    GL.WRITE_DOWN: (EXPENSE, "Write-down of returned goods"),
    GL.SHRINKAGE: (EXPENSE, "Stock differences"),
    GL.CARRIER_LOSS: (EXPENSE, "Goods lost by carriers"),
    GL.SUSPENSE: (ASSET, "Unexplained differences"),
    GL.VALUATION: (EXPENSE, "Corrections of stock value"),
    GL.OPENING: (EQUITY, "Opening balances"),
    GL.HANDED_OVER: (ASSET, "Stock handed over"),
    GL.TRANSFORMATION: (ASSET, "Transformation clearing"),
    GL.REFURBISHMENT_COSTS: (LIABILITY, "Refurbishment costs, clearing"),
    GL.REFURBISHMENT_EXPENSE: (EXPENSE, "Refurbishment costs not capitalised"),
    GL.SECONDARY_PROCEEDS: (INCOME, "Proceeds of the secondary channel"),
    GL.SECONDARY_COST: (EXPENSE, "Cost of goods sold on"),
    GL.RECEIVABLE_BUYERS: (ASSET, "Receivable from buyers of lots"),
    GL.RECEIVABLE_CUSTOMER: (ASSET, "Receivable from customers"),
    GL.RECEIVABLE_SUPPLIER: (ASSET, "Receivable from suppliers"),
    GL.CHARGEBACKS: (EXPENSE, "Chargebacks"),
    GL.DUE_TO: (LIABILITY, "Due to other entities"),
    GL.DUE_FROM: (ASSET, "Due from other entities"),
}


def stock_account(state: str, component: str) -> str:
    """Code of the GL sub-account of our goods in a state: `stock.received`, `stock.received.allowance`."""
    return f"stock.{state}" if component == "cost" else f"stock.{state}.{component}"


@dataclass(frozen=True)
class Movement:
    """One allowed path: goods go `source` -> `target` because of `kind`, under `permission`.

    `contra` is the GL account that takes the value when one side is outside our books.
    """

    kind: str
    source: State
    target: State
    permission: str
    contra: GL | None = None


def _each(kind: str, sources: list[State], target: State, permission: str, contra: GL | None = None) -> list[Movement]:
    return [Movement(kind, source, target, permission, contra) for source in sources]


OURS: Final = [state for state, trait in TRAITS.items() if trait.recognised]
_HELD: Final = [State.INSPECTION, State.QUARANTINE]
_RETURNED: Final = GL.COST_OF_SALES_RETURNS

MOVEMENTS: Final[list[Movement]] = [
    *[Movement("open", State.OPENING, state, "ledger.open", GL.OPENING) for state in OURS],
    Movement("ship", State.AVAILABLE, State.CUSTOMER, "orders.ship", GL.COST_OF_SALES),
    Movement("ship", State.UNEXPLAINED, State.CUSTOMER, "orders.ship", GL.COST_OF_SALES),
    Movement("carrier_scan", State.CUSTOMER, State.IN_TRANSIT, "logistics.observe", _RETURNED),
    Movement("lose", State.IN_TRANSIT, State.LOST, "logistics.observe", GL.CARRIER_LOSS),
    Movement("find", State.LOST, State.IN_TRANSIT, "logistics.observe", GL.CARRIER_LOSS),
    Movement("not_in_parcel", State.IN_TRANSIT, State.CUSTOMER, "receiving.receive", _RETURNED),
    Movement("receive", State.IN_TRANSIT, State.RECEIVED, "receiving.receive"),
    Movement("receive", State.CUSTOMER, State.RECEIVED, "receiving.receive", _RETURNED),
    Movement("receive", State.LOST, State.RECEIVED, "receiving.receive", GL.CARRIER_LOSS),
    Movement("receive", State.UNEXPLAINED, State.RECEIVED, "receiving.receive", GL.SUSPENSE),
    Movement("match", State.RECEIVED, State.UNEXPLAINED, "returns.match", GL.SUSPENSE),
    Movement("match", State.INSPECTION, State.UNEXPLAINED, "returns.match", GL.SUSPENSE),
    Movement("match", State.QUARANTINE, State.UNEXPLAINED, "returns.match", GL.SUSPENSE),
    *[Movement("match", State.CUSTOMER, state, "returns.match", _RETURNED) for state in (State.RECEIVED, *_HELD)],
    *_each("inspect", [State.RECEIVED, State.QUARANTINE], State.INSPECTION, "receiving.inspect"),
    *_each("restock", _HELD, State.AVAILABLE, "receiving.dispose"),
    *_each("refurbish", _HELD, State.REFURBISHABLE, "receiving.dispose"),
    *_each("scrap", _HELD, State.SCRAPPED, "receiving.dispose", GL.WRITE_OFF),
    *_each("to_supplier", _HELD, State.TO_SUPPLIER, "receiving.dispose"),
    *_each("secondary", _HELD, State.SECONDARY, "receiving.dispose"),
    *_each("quarantine", [State.INSPECTION, State.RECEIVED], State.QUARANTINE, "receiving.dispose"),
    *_each("return_to_customer", _HELD, State.TO_CUSTOMER, "receiving.dispose"),
    *_each("hand_over", _HELD, State.HANDED_OVER, "receiving.dispose", GL.HANDED_OVER),
    Movement("release", State.QUARANTINE, State.RECEIVED, "receiving.release"),
    Movement("send_back", State.TO_CUSTOMER, State.CUSTOMER, "logistics.ship", _RETURNED),
    Movement("start_refurbishment", State.REFURBISHABLE, State.IN_REFURBISHMENT, "receiving.refurbish"),
    *[
        Movement("finish_refurbishment", State.IN_REFURBISHMENT, state, "receiving.refurbish")
        for state in (State.AVAILABLE, State.SECONDARY)
    ],
    Movement("finish_refurbishment", State.IN_REFURBISHMENT, State.SCRAPPED, "receiving.refurbish", GL.WRITE_OFF),
    Movement("finish_refurbishment", State.IN_REFURBISHMENT, State.HANDED_OVER, "receiving.refurbish", GL.HANDED_OVER),
    Movement("cancel_refurbishment", State.IN_REFURBISHMENT, State.REFURBISHABLE, "receiving.refurbish"),
    # These three move value only, between goods in work and an account outside of stock.
    Movement(
        "refurbishment_cost",
        State.TRANSFORMATION,
        State.IN_REFURBISHMENT,
        "receiving.refurbish",
        GL.REFURBISHMENT_COSTS,
    ),
    Movement(
        "expense_refurbishment",
        State.IN_REFURBISHMENT,
        State.TRANSFORMATION,
        "receiving.refurbish",
        GL.REFURBISHMENT_EXPENSE,
    ),
    Movement("write_down", State.IN_REFURBISHMENT, State.TRANSFORMATION, "receiving.refurbish", GL.WRITE_DOWN),
    Movement("set_aside", State.AVAILABLE, State.SECONDARY, "recovery.load"),
    Movement("set_aside", State.SECONDARY, State.AVAILABLE, "recovery.load"),
    Movement("sell_on", State.SECONDARY, State.SOLD_ON, "recovery.ship", GL.SECONDARY_COST),
    Movement("ship_to_supplier", State.TO_SUPPLIER, State.AT_SUPPLIER, "recovery.ship"),
    Movement("supplier_credit", State.AT_SUPPLIER, State.SUPPLIER, "recovery.credit", GL.RECEIVABLE_SUPPLIER),
    *[Movement("adjust", state, State.UNEXPLAINED, "reconciliation.post", GL.SHRINKAGE) for state in OURS],
    *[Movement("adjust", State.UNEXPLAINED, state, "reconciliation.post", GL.SHRINKAGE) for state in OURS],
    *[
        Movement("adjust", source, target, "reconciliation.post")
        for source in OURS
        for target in OURS
        if source != target
    ],
    *[
        Movement("transform", a, b, "receiving.refurbish", GL.TRANSFORMATION)
        for s in OURS
        for a, b in ((s, State.TRANSFORMATION), (State.TRANSFORMATION, s))
    ],
]
CONTRA: Final = {(m.kind, m.source, m.target): m.contra for m in MOVEMENTS}
if set(TRAITS) != set(State) or set(GL_ACCOUNTS) != set(GL) or len(CONTRA) != len(MOVEMENTS):
    raise InvariantBroken("the chart needs one row for every state, every account and every path")


def problems() -> list[str]:
    """What is wrong with the movement table; a test keeps it empty."""
    found = []
    for m in MOVEMENTS:
        outside = TRAITS[m.source].recognised != TRAITS[m.target].recognised
        if outside and m.contra is None:
            found.append(f"{m.kind} {m.source} -> {m.target} leaves the books without a contra account")
        if not outside and m.contra is not None and TRAITS[m.source].recognised:
            found.append(f"{m.kind} {m.source} -> {m.target} stays in the books and needs no contra account")
    return found

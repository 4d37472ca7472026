"""The finance controller: what is owed, what is in doubt, and cases by the money in them."""

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, table, waits
from counterflow.console.listing import Column
from counterflow.console.page import Staff
from counterflow.ledger import work as ledger
from counterflow.ledger.chart import GL
from counterflow.refunds import work as refunds
from counterflow.workqueue import work as workqueue
from counterflow.workqueue.kinds import Severity

OWED, CLEARING = GL.REFUNDS_PAYABLE.value, GL.PAYMENT_CLEARING.value
RISKS: tuple[Column[workqueue.Risk], ...] = (
    Column("Case", lambda c: cells.text(c.meaning, href=reverse("case", args=[c.id]))),
    Column("Urgency", lambda c: cells.badge("urgency", Severity(c.severity).name.lower())),
    Column("At risk", lambda c: cells.money(c.amount_minor, c.currency), end=True),
    Column("Opened", lambda c: cells.date_of(c.opened_at)),
)
PAYOUTS: tuple[Column[refunds.OpenPayouts], ...] = (
    Column("State", lambda p: cells.badge("payout", p.state)),
    Column("Payouts", lambda p: cells.number(p.payouts), end=True),
    Column("Amount", lambda p: cells.money(p.amount_minor, p.currency), end=True),
)


def home(who: Staff) -> Home:
    """Four statements."""
    owed = [row for row in ledger.gl_balances(accounts=[OWED]) if row.balance_minor]
    open_payouts = refunds.open_payouts()
    kinds = workqueue.open_of_kinds("exposure", "chargeback", "refund_in_doubt")
    money = address("cases", queue="money", state="open")
    tiles = [
        Tile(
            f"Owed to customers, {row.entity}",
            cells.money_text(-row.balance_minor, row.currency),
            "Credits released and not paid",
            reverse("trial_balance"),
            "move",
        )
        for row in owed
    ]
    tiles += [
        Tile(
            "Payouts in doubt",
            f"{kinds['refund_in_doubt']:,}",
            "Open cases",
            money,
            waits(kinds["refund_in_doubt"], "stop"),
        ),
        Tile(
            "Exposures",
            f"{kinds['exposure']:,}",
            "Paid for goods that are not here",
            money,
            waits(kinds["exposure"], "stop"),
        ),
        Tile(
            "Chargebacks",
            f"{kinds['chargeback']:,}",
            "Money a bank took back",
            money,
            waits(kinds["chargeback"], "stop"),
        ),
    ]
    return Home(
        tiles=tiles,
        tables=[
            table("Cases of most money", RISKS, workqueue.risks(), "No open case has money at risk.", href=money),
            table("Payouts under way", PAYOUTS, open_payouts, "No payout is under way."),
        ],
    )

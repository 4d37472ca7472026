"""The console's rooms, as one table: a row is a link, seen by those who hold its permission."""

from dataclasses import dataclass
from fnmatch import fnmatch


@dataclass(frozen=True)
class Link:
    """A room: the name of its address, its label and icon, the permission that shows it, what one does there.

    `also` are addresses inside the room, which light the same link; `master_*` are all that begin so.
    """

    url: str
    label: str
    icon: str
    needs: str
    text: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Links that belong together."""

    label: str
    links: tuple[Link, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        "",
        (
            Link("home", "My work", "home", ""),
            Link(
                "approvals",
                "Approvals",
                "checklist",
                "approvals.view",
                "What waits for agreement, and what you asked for",
                ("approval", "approvals_*", "delegations"),
            ),
            Link(
                "cases", "Cases", "inbox", "workqueue.view", "What is unknown, in doubt or in dispute", also=("case",)
            ),
            Link(
                "clocks",
                "Clocks",
                "clock",
                "clocks.view",
                "What is due next, what is late, and why",
                also=("clock", "clock_report"),
            ),
        ),
    ),
    Group(
        "Returns",
        (
            Link(
                "desk",
                "Service desk",
                "headset",
                "returns.open",
                "Find a caller's order, open a return",
                ("order", "desk_ask", "desk_return", "goodwill"),
            ),
            Link(
                "returns",
                "Returns",
                "arrow-back-up",
                "returns.view",
                "Find one, see all of it",
                ("return", "return_why"),
            ),
            Link(
                "risk",
                "Signals of fraud",
                "alert-triangle",
                "risk.view",
                "Scores with their reasons, and what reviews found",
                ("return_risk", "order_risk"),
            ),
            Link("letter_rules", "Letters", "mail", "desk.rules", "Which letters go to customers by themselves"),
        ),
    ),
    Group(
        "Warehouse",
        (
            Link("receive", "Receive", "barcode", "receiving.receive", "Open parcels and scan", ("labels",)),
            Link("inspect", "Inspect", "microscope", "receiving.inspect", "Ask, look, grade, next", ("inspect_unit",)),
            Link("bench", "Bench", "clipboard-check", "receiving.view", "Units that wait for a decision", ("unit",)),
            Link(
                "unidentified",
                "Unidentified",
                "help-circle",
                "receiving.view",
                "Goods that nobody could name yet",
                ("unidentified_unit",),
            ),
            Link("put_away", "Put away", "package-import", "receiving.dispose", "Inspected units, into their totes"),
            Link("quarantine", "Quarantine", "lock", "receiving.view", "What is set apart, and letting it go"),
            Link("totes", "Totes", "basket", "facilities.view", "Boxes and bins, and what is in them"),
            Link("plans", "Inspection plans", "checklist", "policies.view", "What is asked of which goods", ("plan",)),
        ),
    ),
    Group(
        "Recovery",
        (
            Link(
                "refurbishments",
                "Refurbishment",
                "tool",
                "recovery.view",
                "Work on units, its costs and what it leads to",
                ("refurbishment",),
            ),
            Link("lots", "Sale lots", "building-store", "recovery.view", "Goods of the secondary channel", ("lot",)),
            Link("pallets", "Pallets", "packages", "recovery.view", "What goes back to suppliers", ("pallet",)),
        ),
    ),
    Group(
        "Stock and books",
        (
            Link(
                "inventory",
                "Inventory",
                "stack-2",
                "ledger.view",
                "What is where, now or earlier, and what may be promised",
                ("stock", "stock_item", "stock_units", "stock_adjust", "movements"),
            ),
            Link(
                "counts",
                "Counts",
                "list-check",
                "counts.view",
                "Count what is there, compare, adjust",
                ("count", "count_new"),
            ),
            Link("tie_out", "Tie-out", "scale", "ledger.view", "Does stock agree with the general ledger?"),
            Link(
                "statements",
                "Reconciliation",
                "switch-horizontal",
                "reconciliation.view",
                "What partners say, compared with the books",
                ("statement", "compare"),
            ),
            Link("trial_balance", "Trial balance", "book-2", "ledger.view", "What every account holds", ("entry",)),
            Link("chart", "Chart of stock", "layers-intersect", "ledger.view", "Every state and every path of goods"),
        ),
    ),
    Group(
        "Governance",
        (
            Link(
                "governance",
                "Overview",
                "list-details",
                "policies.view",
                "Who answers for what, what changed, where practice drifts",
                ("governance_*",),
            ),
            Link(
                "policies",
                "Policies",
                "gavel",
                "policies.view",
                "What is decided for whom, and how that changes",
                ("policy", "policy_*"),
            ),
            Link(
                "backtests",
                "Back-tests",
                "flask",
                "policies.view",
                "What a draft would have done to past returns",
                ("backtest", "backtest_new", "backtest_returns", "shadow", "shadows"),
            ),
            Link("overrides", "Overrides", "scale", "policies.view", "Who decided otherwise, why, and for how much"),
        ),
    ),
    Group(
        "Administration",
        (
            Link(
                "master",
                "Master data",
                "database",
                "catalog.view",
                "Items, suppliers, nodes, reasons, channels: look up, change, bring in by file",
                also=("master_*",),
            ),
            Link(
                "users",
                "Users",
                "users",
                "access.manage",
                "Who may sign in, and what each may do",
                also=("user", "user_new", "roles", "master_users_*"),
            ),
            Link("tokens", "API tokens", "key", "access.issue_tokens", "Keys for programs that report to us"),
            Link("styleguide", "Style guide", "palette", "", also=("styleguide_station",)),
        ),
    ),
)


def allowed(permissions: frozenset[str]) -> list[Group]:
    """The groups with what these permissions show; empty groups are left out."""
    groups = []
    for group in GROUPS:
        links = tuple(link for link in group.links if not link.needs or link.needs in permissions)
        if links:
            groups.append(Group(group.label, links))
    return groups


def section(url: str | None) -> str:
    """The room that an address belongs to."""
    for group in GROUPS:
        for link in group.links:
            if url is not None and (url == link.url or any(fnmatch(url, name) for name in link.also)):
                return link.url
    return ""

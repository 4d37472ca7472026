"""The search of the whole console: pages, acts and records by whatever is in one's hand.

A room's records are found by one row of `FINDERS`: a permission, and the room's own query of one statement. A sort
of record is shown by one row of `SORTS`. Who may not see a room's records is not told that they exist.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from counterflow.access import queries as access
from counterflow.approvals import queries as approvals
from counterflow.catalog import queries as catalog
from counterflow.console import navigation
from counterflow.console.page import Staff
from counterflow.desk import search as desk
from counterflow.kernel import clock
from counterflow.kernel.found import Found, unique
from counterflow.logistics import queries as logistics
from counterflow.orders import queries as orders
from counterflow.policies import queries_versions as policies
from counterflow.receiving import queries as receiving
from counterflow.recovery import search as recovery
from counterflow.refunds import queries as refunds
from counterflow.returns import queries as returns
from counterflow.scans.reading import read
from counterflow.scans.readings import Facts
from counterflow.workqueue import queries as workqueue

WORDS_MAX = 200
LETTERS_MIN = 2
PAGES_MAX = 6
FOUND_MAX = 5


def _returns_with(words: str) -> str:
    return f"{reverse('returns')}?{urlencode({'q': words})}"


@dataclass(frozen=True)
class Sort:
    """A sort of record: the heading of its group, its icon, and the address of one by its key."""

    label: str
    icon: str
    href: Callable[[str], str]


SORTS: Final[dict[str, Sort]] = {
    "rma": Sort("Returns", "arrow-back-up", lambda key: reverse("return", args=[key])),
    "order": Sort("Orders", "list-details", lambda key: reverse("order", args=key.split("/", 1))),
    "unit": Sort("Units", "barcode", lambda key: reverse("unit", args=[key])),
    "parcel": Sort("Parcels", "truck", _returns_with),
    "item": Sort("Items", "package", lambda key: reverse("stock_item", args=[key])),
    "credit": Sort("Credits", "receipt-refund", lambda key: reverse("return", args=[key])),
    "payout": Sort("Payouts", "cash", lambda key: reverse("return", args=[key])),
    "refurbishment": Sort("Refurbishment", "tool", lambda key: reverse("refurbishment", args=[key])),
    "lot": Sort("Sale lots", "building-store", lambda key: reverse("lot", args=[key])),
    "pallet": Sort("Pallets", "packages", lambda key: reverse("pallet", args=[key])),
    "case": Sort("Cases", "inbox", lambda key: reverse("case", args=[key])),
    "approval": Sort("Approvals", "checklist", lambda key: reverse("approval", args=[key])),
    "policy": Sort("Policies", "gavel", lambda key: reverse("policy", args=key.split("/"))),
    "user": Sort("Users", "user", lambda key: reverse("user", args=[key])),
}


@dataclass(frozen=True)
class Asked:
    """What is searched, by whom: the words as typed, and what they tell where a scanner's code was read."""

    who: Staff
    words: str
    facts: Facts


@dataclass(frozen=True)
class Finder:
    """Where records are found: the permission to see them, and the room's question of one statement."""

    needs: str
    find: Callable[[Asked], list[Found]]


def _orders_of_people(asked: Asked) -> list[Found]:
    """Orders by what callers have in hand: an address, a telephone number, a customer number, a postcode."""
    if asked.facts.rma or asked.facts.lpn or asked.facts.sscc:
        return []
    person = asked.who.may("orders.contact")
    hits = desk.orders_meant(search=asked.words, person=person, limit=FOUND_MAX)
    return [
        Found(
            "order",
            f"{hit.channel}/{hit.number}",
            hit.number,
            ", ".join(filter(None, (hit.by, hit.customer, hit.items))),
        )
        for hit in hits
        if hit.by not in NAMED_ELSEWHERE
    ]


NAMED_ELSEWHERE: Final = ("Order number", "Return", "Tracking number", "Unit")
FINDERS: Final[tuple[Finder, ...]] = (
    Finder("returns.view", lambda asked: returns.named(asked.facts.rma or asked.words)),
    Finder("orders.view", lambda asked: orders.named(asked.facts.order or asked.words, serial=asked.facts.serial)),
    Finder("orders.view", _orders_of_people),
    Finder("receiving.view", lambda asked: receiving.named(asked.facts.lpn or asked.words, serial=asked.facts.serial)),
    Finder("logistics.view", lambda asked: logistics.named(asked.facts.sscc or asked.facts.tracking or asked.words)),
    Finder("recovery.view", lambda asked: recovery.named(asked.facts.sscc or asked.words)),
    Finder("ledger.view", lambda asked: catalog.named(asked.facts.gtin or asked.words)),
    Finder("refunds.view", lambda asked: refunds.named(asked.words)),
    Finder("workqueue.view", lambda asked: workqueue.named(asked.words, may=asked.who.may)),
    Finder("approvals.view", lambda asked: approvals.named(asked.words)),
    Finder("policies.view", lambda asked: policies.named(asked.words)),
    Finder("access.manage", lambda asked: access.named(asked.words)),
)


@dataclass(frozen=True)
class Act:
    """Something one can begin from anywhere: words, icon, the name of its address, permission, other words for it."""

    label: str
    icon: str
    url: str
    needs: str
    also: str = ""


ACTS: Final[tuple[Act, ...]] = (
    Act("Open a return", "plus", "desk", "returns.open", "new rma caller customer order"),
    Act("Compare a statement", "switch-horizontal", "compare", "reconciliation.compare", "upload snapshot reconcile"),
    Act("Change a policy", "pencil", "policies", "policies.edit", "draft rule table threshold fee window"),
    Act("Import a policy", "file-import", "policy_import", "policies.edit", "table json decision model"),
    Act("Put away", "package-import", "put_away", "receiving.dispose", "dispose tote station scan"),
    Act("Open a lot", "plus", "lots", "recovery.load", "new liquidation secondary sell"),
    Act("Open a pallet", "plus", "pallets", "recovery.load", "new supplier vendor rtv sscc"),
    Act("Create a user", "plus", "user_new", "access.manage", "new account person"),
    Act("Issue an API token", "key", "tokens", "access.issue_tokens", "new key program"),
)


@dataclass(frozen=True)
class Hit:
    """One answer of a search, ready to be shown."""

    label: str
    note: str
    icon: str
    href: str
    exact: bool = False


@dataclass(frozen=True)
class HitGroup:
    """Answers of one sort."""

    label: str
    hits: tuple[Hit, ...]


def records(who: Staff, words: str) -> list[HitGroup]:
    """Records that these words name, exact finds first; at most one statement a room, as permissions allow."""
    best = read(words, today=clock.now().date()).best
    asked = Asked(who, " ".join(words.split()), best.facts if best else Facts())
    found: list[Found] = []
    if len(asked.words) >= LETTERS_MIN:
        found = unique([one for finder in FINDERS if who.may(finder.needs) for one in finder.find(asked)])
    groups = [
        HitGroup(
            sort.label,
            tuple(Hit(f.name, f.note, sort.icon, sort.href(f.key), f.exact) for f in found if f.kind == kind),
        )
        for kind, sort in SORTS.items()
    ]
    return sorted((group for group in groups if group.hits), key=lambda group: not group.hits[0].exact)


def told(words: str) -> str:
    """What a code that is nowhere reads as, or which rule it breaks and how to mend it; empty for plain words."""
    scan = read(words, today=clock.now().date())
    if scan.best is not None:
        return f"It reads as {scan.best.scheme}: {scan.best.value}. The books hold no such thing that you may see."
    return scan.refusal if scan.objections else ""


def places(who: Staff, words: str) -> list[HitGroup]:
    """Acts and pages whose words begin as typed; with nothing typed, all of them."""
    asked = words.lower().split()
    acts = tuple(Hit(a.label, "", a.icon, reverse(a.url)) for a in _acts(who) if _fits(asked, f"{a.label} {a.also}"))
    pages = tuple(
        Hit(link.label, link.text, link.icon, reverse(link.url))
        for group in navigation.allowed(who.permissions)
        for link in group.links
        if _fits(asked, f"{link.label} {link.text} {group.label}")
    )
    most = PAGES_MAX if asked else len(pages)
    return [group for group in (HitGroup("Do", acts), HitGroup("Go to", pages[:most])) if group.hits]


def _acts(who: Staff) -> Iterator[Act]:
    return (act for act in ACTS if who.may(act.needs))


def _fits(asked: list[str], text: str) -> bool:
    known = text.lower().replace("-", " ").split()
    return all(any(word.startswith(part) for word in known) for part in asked)


def search(who: Staff, words: str) -> list[HitGroup]:
    """Everything that fits: records named exactly, then places, then records that begin so."""
    told, near = records(who, words), places(who, words)
    exact = [group for group in told if group.hits[0].exact]
    return [*exact, *near, *(group for group in told if not group.hits[0].exact)]


def only(groups: list[HitGroup]) -> Hit | None:
    """The one record that was named by its very name, where it is one."""
    exact = [hit for group in groups for hit in group.hits if hit.exact]
    return exact[0] if len(exact) == 1 else None

"""The table of questions that programs may ask, by address."""

from datetime import date, datetime

from counterflow.api.asks_approvals import APPROVALS
from counterflow.api.asks_cases import READS as CASES
from counterflow.api.asks_clocks import READS as CLOCKS
from counterflow.api.asks_evidence import READS as EVIDENCE
from counterflow.api.asks_governance import READS as GOVERNANCE
from counterflow.api.asks_inventory import READS as INVENTORY
from counterflow.api.backtests import READS as BACKTESTS
from counterflow.api.policies import READS as POLICIES
from counterflow.api.reading import Read
from counterflow.catalog import partners
from counterflow.catalog import queries as catalog
from counterflow.desk.labels import carrier_labels, label_content
from counterflow.desk.letter_rules import letter_rules
from counterflow.desk.messages import messages
from counterflow.desk.orders import OrderFile, Reached, order_file
from counterflow.desk.preview import PreviewLine, preview
from counterflow.desk.routes import route
from counterflow.desk.search import Hit, orders_meant
from counterflow.facilities import queries as facilities
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger
from counterflow.logistics import queries as logistics
from counterflow.orders import queries as orders
from counterflow.policies import queries as policies
from counterflow.receiving import labels, parked
from counterflow.receiving import queries as receiving
from counterflow.receiving import queries_inspection as inspection
from counterflow.receiving import queries_station as station
from counterflow.receiving.expected import Job, job
from counterflow.reconciliation import queries as reconciliation
from counterflow.recovery import queries as recovery
from counterflow.refunds import queries as refunds
from counterflow.registry import queries as registry
from counterflow.returns import queries as returns
from counterflow.returns import risk
from counterflow.returns.documents import AskedLine
from counterflow.returns.page import return_page


def stock(
    *,
    entity: str | None = None,
    booked: date | None = None,
    happened: datetime | None = None,
    known: datetime | None = None,
) -> list[ledger.StockRow]:
    """Stock by state: now, as booked up to a day, as happened or as known up to an instant."""
    return ledger.stock_by_state(entity=entity, as_of=ledger.AsOf(booked, happened, known))


def trial_balance(
    *,
    entity: str | None = None,
    booked: date | None = None,
    happened: datetime | None = None,
    known: datetime | None = None,
) -> list[ledger.TrialRow]:
    """The balance of each GL account, debit positive; as of a day or an instant where one is given."""
    return ledger.trial_balance(entity=entity, as_of=ledger.AsOf(booked, happened, known))


def available(*, sku: str) -> list[ledger.AtsRow]:
    """Available to sell of one SKU, by node: sellable stock less holds and reservations."""
    found = catalog.items_by_sku(skus=[sku])
    return ledger.ats(items=[row.id for row in found.values()]) if found else []


def tie_out(*, entity: str | None = None) -> list[ledger.TieRow]:
    """Stock value by state in three sums that must meet: positions, general ledger, and units."""
    return ledger.tie_out(entity=entity, units=receiving.units_value())


def changes(
    *,
    kind: str = "",
    search: str = "",
    field: str = "",
    by: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[registry.ChangeRow]:
    """Changes of master data but those of users, the newest first; `search` is how a record's code begins."""
    return registry.changes(
        kinds=registry.KINDS,
        kind=kind,
        search=search,
        field=field,
        by=by,
        since=since,
        until=until,
        before_id=before_id,
        limit=limit,
    )


_NAMED = ("search", "active", "sort")
_ITEM_FILTERS = (*_NAMED, "family", "brand", "supplier", "provisional")
_MAPPING_FILTERS = ("search", "source", "kind", "sort")
_CHANGE_FILTERS = ("kind", "search", "field", "by", "since", "until")


def find_orders(*, search: str = "") -> list[Hit]:
    """Orders that a search may mean: an order, return, tracking, unit or customer number, or a SKU with a day."""
    return orders_meant(search=search)


def find_people(*, search: str = "") -> list[Hit]:
    """The same, and by email address, telephone number, or a postcode with a name; with the customers' names."""
    return orders_meant(search=search, person=True)


def desk_order(*, channel: str, number: str) -> OrderFile:
    """An order as the service desk sees it, without how its customer is reached."""
    return order_file(channel=channel, number=number)


def desk_person(*, channel: str, number: str) -> Reached | None:
    """How the customer of an order is reached; null where nothing is known."""
    return order_file(channel=channel, number=number, person=True).contact


def return_preview(
    *,
    channel: str,
    order: str,
    order_line: int,
    quantity: int,
    reason: str,
    resolution: str = "refund",
    opened: bool | None = None,
) -> list[PreviewLine]:
    """What opening a return of pieces of one line would be answered now, in words and in money.

    `opened` says whether a seal is broken; where the answer depends on it, `seal_matters` is true.
    """
    line = AskedLine(quantity, reason, order_line=order_line, resolution=resolution, opened=opened)
    return preview(channel=channel, order=order, lines=[line], at=clock.now())


def suggested(*, lpn: str) -> list[parked.Suggestion]:
    """Lines of returns that a unit may answer for, the best first, each with its reasons."""
    return parked.suggestions(lpn=lpn, at=clock.now())


def expected(*, parcel_id: int | None = None, rma: str = "") -> list[Job]:
    """What a parcel (by its id) or a return should bring, what of it has come, and the units received from it."""
    found = job(parcel_id=parcel_id, rma=rma)
    return [] if found is None else [found]


_AS_OF = ("entity", "booked", "happened", "known")


def judged() -> list[risk.Judged]:
    """Reasons of scores, the most frequent first, with what reviews of the last year found."""
    return risk.judged_reasons(at=clock.now())


READS: list[Read] = [
    *CLOCKS,
    *INVENTORY,
    Read("/rmas", returns.returns, "returns.view", "returns", ("search", "state", "channel"), ("before_id", "id")),
    Read("/rmas/{number}", return_page, "returns.view", "returns"),
    Read("/rmas/{number}/risk", risk.risk_of_return, "risk.view", "returns"),
    Read("/customers/{channel}/{customer_ref}/risk", risk.risk_of_customer, "risk.view", "returns"),
    Read("/scores", risk.scores, "risk.view", "returns", ("least", "code", "outcome"), ("before_id", "id")),
    Read("/score-reasons", judged, "risk.view", "returns"),
    Read("/credits", refunds.credits, "refunds.view", "refunds", ("rma", "unsettled"), ("before_id", "id")),
    Read("/credits/{credit_id}", refunds.credit, "refunds.view", "refunds"),
    Read("/replacements", refunds.replacements, "refunds.view", "refunds", ("rma",), ("before_id", "id")),
    Read("/payouts", refunds.payouts, "refunds.view", "refunds", ("state",), ("after_id", "id")),
    Read("/money-facts", refunds.money_facts, "refunds.view", "refunds", ("rma",), ("before_id", "id")),
    Read("/orders/{channel}/{number}", orders.order, "orders.view", "orders"),
    Read(
        "/channels",
        orders.channels_found,
        "orders.view",
        "orders",
        (*_NAMED, "kind", "entity"),
        ("after", "code"),
        name="channels",
    ),
    Read("/desk/orders", find_orders, "orders.view", "desk", ("search",)),
    Read("/returns/{rma}/messages", messages, "desk.write", "desk"),
    Read("/returns/{rma}/route", route, "returns.view", "desk"),
    Read("/returns/{rma}/labels", carrier_labels, "returns.view", "desk"),
    Read("/returns/{rma}/label", label_content, "orders.contact", "desk"),
    Read("/letter-rules", letter_rules, "desk.rules", "desk"),
    Read("/desk/people", find_people, "orders.contact", "desk", ("search",)),
    Read("/desk/orders/{channel}/{number}", desk_order, "orders.view", "desk"),
    Read("/desk/orders/{channel}/{number}/contact", desk_person, "orders.contact", "desk"),
    Read(
        "/desk/return-preview",
        return_preview,
        "returns.open",
        "desk",
        ("channel", "order", "order_line", "quantity", "reason", "resolution", "opened"),
    ),
    Read("/parcels", logistics.recent_parcels, "logistics.view", "logistics", ("state",), ("before_id", "id")),
    Read("/parcels/{carrier}/{tracking}", logistics.parcel, "logistics.view", "logistics"),
    Read("/units", receiving.bench, "receiving.view", "receiving", ("node", "state"), ("after_id", "id")),
    Read("/units/{lpn}", receiving.unit, "receiving.view", "receiving"),
    *EVIDENCE,
    Read(
        "/refurbishments",
        recovery.refurbishments,
        "recovery.view",
        "recovery",
        ("node", "state", "search"),
        ("before_id", "id"),
    ),
    Read("/refurbishments/{number}", recovery.refurbishment, "recovery.view", "recovery"),
    Read("/lots", recovery.lots, "recovery.view", "recovery", ("node", "state"), ("before_id", "id")),
    Read("/pallets", recovery.pallets, "recovery.view", "recovery", ("node", "state"), ("before_id", "id")),
    Read("/loads/{number}", recovery.load, "recovery.view", "recovery"),
    Read("/set-apart", station.set_apart, "receiving.view", "receiving", ("node", "search"), ("after_id", "id")),
    Read("/second-looks", inspection.second_looks, "receiving.view", "receiving", ("node", "person")),
    Read("/totes", facilities.totes, "facilities.view", "facilities", ("node", "purpose", "active"), ("after", "code")),
    Read("/units/{lpn}/label", labels.label, "receiving.view", "receiving"),
    Read("/units/{lpn}/clues", parked.clues, "receiving.view", "receiving", name="unit_clues"),
    Read("/units/{lpn}/suggestions", suggested, "returns.view", "receiving", name="unit_suggestions"),
    Read("/parked-units", parked.parked, "receiving.view", "receiving", ("node", "found"), ("before_id", "id")),
    Read("/loose-parcels", parked.loose_parcels, "logistics.view", "logistics", (), ("before_id", "id")),
    Read("/expected", expected, "receiving.view", "receiving", ("parcel_id", "rma")),
    Read("/items", catalog.items, "catalog.view", "catalog", _ITEM_FILTERS, ("after", "sku")),
    Read("/suppliers", partners.suppliers, "catalog.view", "catalog", _NAMED, ("after", "code")),
    Read("/brands", partners.brands, "catalog.view", "catalog", _NAMED, ("after", "code")),
    Read("/reasons", catalog.reason_codes, "catalog.view", "catalog", (*_NAMED, "kind"), ("after", "key")),
    Read("/reason-mappings", partners.mappings, "catalog.view", "catalog", _MAPPING_FILTERS, ("after", "key")),
    Read("/nodes", facilities.nodes, "facilities.view", "facilities", (*_NAMED, "kind", "entity"), ("after", "code")),
    Read(
        "/authorities",
        facilities.stated_authorities,
        "facilities.view",
        "facilities",
        ("search", "holder"),
        ("after", "key"),
    ),
    Read("/changes", changes, "registry.view", "registry", _CHANGE_FILTERS, ("before_id", "id")),
    Read("/stock", stock, "ledger.view", "ledger", _AS_OF),
    Read("/stock/available", available, "catalog.view", "ledger", ("sku",)),
    Read("/trial-balance", trial_balance, "ledger.view", "ledger", _AS_OF),
    Read("/tie-out", tie_out, "ledger.view", "ledger", ("entity",)),
    Read(
        "/statements", reconciliation.statements, "reconciliation.view", "reconciliation", ("node",), ("before", "id")
    ),
    Read(
        "/breaks",
        reconciliation.breaks,
        "reconciliation.view",
        "reconciliation",
        ("statement", "kind", "state"),
        ("after", "id"),
    ),
    Read("/policies", policies.versions, "policies.view", "policies", ("kind",)),
    *POLICIES,
    *BACKTESTS,
    *GOVERNANCE,
    Read("/decisions", policies.decisions, "policies.view", "policies", ("kind", "overridden"), ("before_id", "id")),
    *CASES,
    *APPROVALS,
]

"""Every page of the console with real objects to show on it: what walks over all pages go by.

A page names its objects in its address. How to find some of a kind is a row of `SAMPLES`, by the page's name
and the argument or by the argument alone; a page whose argument has no row cannot be walked, and a test says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from counterflow.kernel import db

OF_PROGRAMS = "api/v1/"
SAMPLES: dict[str, str] = {
    # One of each state, the newest: pages differ by state.
    "number": "SELECT number AS it FROM (SELECT DISTINCT ON (state) id, number FROM returns_rma"
    " ORDER BY state, id DESC) s ORDER BY id DESC",
    "lpn": "SELECT lpn AS it FROM (SELECT DISTINCT ON (state) id, lpn FROM receiving_unit"
    " ORDER BY state, id DESC) s ORDER BY id DESC",
    "case_id": "SELECT id AS it FROM (SELECT DISTINCT ON (kind, state) id FROM workqueue_case"
    " ORDER BY kind, state, id DESC) s ORDER BY id DESC",
    "entry_id": "SELECT id AS it FROM (SELECT DISTINCT ON (kind) id FROM ledger_entry"
    " ORDER BY kind, id DESC) s ORDER BY id DESC",
    "credit_id": "SELECT id AS it FROM refunds_credit ORDER BY id DESC",
    "statement_id": "SELECT id AS it FROM reconciliation_statement ORDER BY id DESC",
    "sku": "SELECT i.sku AS it FROM catalog_item i WHERE EXISTS (SELECT FROM ledger_account a WHERE a.item_id = i.id)"
    " ORDER BY i.id DESC",
    "email": "SELECT email AS it FROM access_user ORDER BY id DESC",
    "prefix": "SELECT prefix AS it FROM access_apitoken ORDER BY id DESC",
    "unit_label": "SELECT lpn AS it, 'pdf' AS other FROM receiving_unit ORDER BY id DESC",
    # A credit and its own return.
    "return_pay": "SELECT r.number AS it, c.id AS other FROM refunds_credit c JOIN returns_rma r ON r.id = c.rma_id"
    " ORDER BY c.id DESC",
}


@dataclass(frozen=True)
class Place:
    """An address that the console answers: its name, and the arguments in it."""

    name: str
    arguments: tuple[str, ...]

    @property
    def sample(self) -> str | None:
        """The question that finds its objects; empty where it needs none, None where nobody wrote one."""
        if not self.arguments:
            return ""
        return SAMPLES.get(self.name) or (SAMPLES.get(self.arguments[0]) if len(self.arguments) == 1 else None)

    def addresses(self, most: int = 1) -> list[str]:
        """Up to so many addresses of this page, each with another object; none where there is no object."""
        query = self.sample
        if not query:
            return [] if query is None else [reverse(self.name)]
        return [reverse(self.name, args=list(row)) for row in db.rows(f"{query} LIMIT %s", [most])]


def places() -> list[Place]:
    """Every named address of people, in the order of the address tables; programs have addresses of their own."""
    return list(_inside(get_resolver()))


def _inside(resolver: URLResolver) -> Iterator[Place]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if str(entry.pattern) != OF_PROGRAMS:
                yield from _inside(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            yield Place(entry.name, tuple(entry.pattern.converters))

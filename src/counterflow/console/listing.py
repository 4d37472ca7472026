"""Lists: a table of columns gives the screen, its filters and sorting, and the CSV file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Generic, TypeVar

from django.http import HttpRequest, QueryDict, StreamingHttpResponse

from counterflow.console.cells import Cell
from counterflow.kernel.found import id_of
from counterflow.kernel.sheets import csv_text

Row = TypeVar("Row")
PAGE_SIZE = 50
CSV_ROWS_MAX = 100_000


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: heading, and how to get a cell from a row. `sort` is the query's word for it, if it can sort.

    What only a machine needs, such as a currency beside written amounts, is `file_only`.
    """

    label: str
    cell: Callable[[Row], Cell]
    sort: str = ""
    end: bool = False
    file_only: bool = False


@dataclass(frozen=True)
class Filter:
    """A question above the list: query parameter, label, and (value, words) pairs to choose from.

    `kind` is choice, date (an ISO day), datetime-local (in the reader's zone) or text; only a choice has pairs.
    `every` words the choice of none; an empty one says that something is always chosen. `first` is chosen where the
    address says nothing. What is `folded` is seldom asked, and stands behind "More filters".
    """

    name: str
    label: str
    options: Sequence[tuple[str, str]] = ()
    kind: str = "choice"
    every: str = "All"
    first: str = ""
    folded: bool = False

    def accepts(self, value: str) -> bool:
        """Whether the address asks for something that this filter offers."""
        if self.kind == "choice":
            return value in {offered for offered, _ in self.options}
        if self.kind == "datetime-local":
            return _is_moment(value)
        return bool(value) and (self.kind == "text" or _is_day(value))


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_moment(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is None
    except ValueError:
        return False


@dataclass(frozen=True)
class Asked:
    """What the address asks of a list: text, filters, order, place in it."""

    search: str
    chosen: Mapping[str, str]
    sort: str
    place: str
    csv: bool
    query: QueryDict = field(repr=False)

    @property
    def after_id(self) -> str | None:
        """The place, where it is the id of a row, as in lists that go by id."""
        return None if id_of(self.place) is None else self.place

    @classmethod
    def nothing(cls) -> "Asked":
        """A list of which nothing was asked, such as a short one on another page."""
        return cls("", {}, "", "", csv=False, query=QueryDict(mutable=True))

    def link(self, **changes: str) -> str:
        """The same list with something else asked; an empty value drops a parameter, and so does paging."""
        query = self.query.copy()
        query.pop("place", None)
        query.pop("format", None)
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"


def asked(request: HttpRequest, filters: Sequence[Filter] = (), *, sort: str = "") -> Asked:
    """Read the address; values that no filter offers are dropped."""
    query = request.GET
    given = {f.name: query.get(f.name, f.first).strip()[:200] for f in filters}
    return Asked(
        search=query.get("q", "").strip()[:200],
        chosen={f.name: given[f.name] for f in filters if f.accepts(given[f.name])},
        sort=query.get("sort", sort),
        place=query.get("place", "")[:100],
        csv=query.get("format") == "csv",
        query=query.copy(),
    )


@dataclass(frozen=True)
class Heading:
    """A column's heading as drawn: label, link that sorts by it, present order."""

    label: str
    end: bool
    link: str = ""
    order: str = ""


@dataclass(frozen=True)
class Listing:
    """A list ready for the template `parts/listing.html`."""

    headings: list[Heading]
    rows: list[list[tuple[Heading, Cell]]]
    asked: Asked
    filters: Sequence[Filter]
    search_label: str
    next_link: str
    first_link: str
    csv_link: str
    searched: bool

    @property
    def filters_open(self) -> list[Filter]:
        """The filters that everybody sees."""
        return [one for one in self.filters if not one.folded]

    @property
    def filters_folded(self) -> list[Filter]:
        """Those that stand behind "More filters"."""
        return [one for one in self.filters if one.folded]

    @property
    def unfolded(self) -> bool:
        """Whether one of those says something, so that it has to be seen."""
        return any(self.asked.chosen.get(f.name, "") != f.first for f in self.filters_folded)

    @property
    def said(self) -> str:
        """How many rows are here, in words, and whether there are more."""
        count = len(self.rows)
        rows = f"{count:,} row{'s' if count != 1 else ''}"
        if self.next_link:
            return f"{'Next' if self.first_link else 'First'} {rows}; there are more"
        return f"Last {rows}" if self.first_link else rows


def listing(
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    wanted: Asked,
    *,
    filters: Sequence[Filter] = (),
    search_label: str = "",
    next_place: str = "",
) -> Listing:
    """Draw rows by columns. `next_place` is the query's own word for where the next page begins."""
    shown = [column for column in columns if not column.file_only]
    headings = [_heading(column, wanted) for column in shown]
    drawn = [list(zip(headings, (column.cell(row) for column in shown), strict=True)) for row in rows]
    return Listing(
        headings=headings,
        rows=drawn,
        asked=wanted,
        filters=filters,
        search_label=search_label,
        next_link=wanted.link(place=next_place) if next_place else "",
        first_link=wanted.link() if wanted.place else "",
        csv_link=wanted.link(format="csv"),
        searched=bool(wanted.search or any(wanted.chosen.get(f.name, "") != f.first for f in filters)),
    )


def _heading(column: Column[Row], wanted: Asked) -> Heading:
    if not column.sort:
        return Heading(column.label, column.end)
    order = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(wanted.sort, "")
    turned = f"-{column.sort}" if order == "ascending" else column.sort
    return Heading(column.label, column.end, wanted.link(sort=turned), order)


def pages(
    found: Callable[[str | None, int], Sequence[Row]], place_of: Callable[[Row], str], *, most: int, step: int = 500
) -> Iterator[Row]:
    """All rows of a query that goes on after a place, read in steps, at most so many."""
    place: str | None = None
    while most > 0:
        rows = found(place, min(step, most))
        yield from rows
        if len(rows) < step:
            return
        most, place = most - len(rows), place_of(rows[-1])


def csv_answer(name: str, columns: Sequence[Column[Row]], rows: Iterable[Row]) -> StreamingHttpResponse:
    """The list as a file, streamed; at most `CSV_ROWS_MAX` rows."""
    answer = StreamingHttpResponse(csv_text(_told(columns, rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _told(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> Iterator[list[str | int]]:
    yield [column.label for column in columns]
    for row in islice(rows, CSV_ROWS_MAX):
        yield [column.cell(row).plain for column in columns]

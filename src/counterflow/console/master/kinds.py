"""What a kind of master data is: its fields, its questions, its commands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse

from counterflow.console.listing import Filter
from counterflow.console.master.fields import CellWrong, Field
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.money import to_decimal, to_minor

Texts = dict[str, str]
"""A record's fields as texts in normal form."""
Key = tuple[str, ...]
Act = Callable[..., Batch]
ACTIVE = Filter("active", "Use", [("yes", "In use"), ("no", "Switched off")])


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    `name` is its word in addresses, files and the command line; `told` its word in the history. `find` takes
    search, chosen filters, sort, after and limit; `read` takes keys. `record` takes `new` items, `change` takes
    `changed` ones; a kind without them records again what changed. `place` is the cursor of a row.
    `deep` kinds have fields that lists leave out; kinds that are not `of_books` have
    nothing simulated to tell. `pages` are addresses of pages of its own; `photos` is the
    subject under which photos of its records are kept.
    """

    name: str
    told: str
    one: str
    many: str
    about: str
    icon: str
    view: str
    edit: str
    key: Key
    fields: tuple[Field, ...]
    find: Callable[..., Sequence[Any]]
    read: Callable[[Sequence[Key]], Mapping[Key, Any]]
    record: Act
    new: type
    change: Act | None = None
    changed: type | None = None
    place: Callable[[Any], str] = field(default=lambda row: str(row.code))
    filters: Callable[[], Sequence[Filter]] = tuple
    search_label: str = "Code or name"
    called: Callable[[Any], str] = field(default=lambda row: str(getattr(row, "name", "")))
    deep: bool = False
    of_books: bool = True
    rejected: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    photos: str = ""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by name."""
        return {f.name: f for f in self.fields}

    @property
    def changeable(self) -> list[Field]:
        """The fields that an existing record may change."""
        return [f for f in self.fields if not f.fixed and f.name not in self.key]

    @property
    def sayable(self) -> list[Field]:
        """The fields that a new record may say."""
        return [f for f in self.fields if not f.late]

    @property
    def versioned(self) -> bool:
        """Whether records carry a version that a change is based on."""
        return self.changed is not None

    @property
    def switchable(self) -> bool:
        """Whether records are switched off rather than deleted."""
        return "active" in self.by_name

    def url(self, page: str = "list", code: str = "") -> str:
        """The address of a page: list, one, new, import."""
        name = self.pages.get(page, f"master_{self.name}" + ("" if page == "list" else f"_{page}"))
        return reverse(name, args=[code] if code else [])

    def key_of(self, row: Any) -> Key:
        """A record's key."""
        return tuple(str(getattr(row, name)) for name in self.key)

    def code_of(self, row: Any) -> str:
        """A record's key as one word."""
        return ":".join(self.key_of(row))

    def key_from(self, code: str) -> Key:
        """A key from its one word."""
        return tuple(code.rsplit(":", len(self.key) - 1)) if len(self.key) > 1 else (code,)

    def one_row(self, code: str) -> Any:
        """One record; None where there is none."""
        key = self.key_from(code)
        return self.read([key]).get(key) if len(key) == len(self.key) else None

    def shown(self, row: Any) -> Texts:
        """A record as files and forms write it."""
        return {f.name: self._plain(f, row) for f in self.fields}

    def texts(self, row: Any) -> Texts:
        """A record in normal form, to compare."""
        return {name: _normal(self.by_name[name], text) for name, text in self.shown(row).items()}

    def _plain(self, f: Field, row: Any) -> str:
        value = getattr(row, f.name, None)
        if f.kind == "money" and value is not None:
            return str(to_decimal(value, row.currency))
        return f.plain(value)

    def new_item(self, texts: Texts) -> dict[str, Any]:
        """What a command that records takes, as plain values. Raises what `to_minor` raises."""
        said = {f.name: texts.get(f.name, "") or f.default for f in self.sayable}
        return {f.name: self._typed(f, said[f.name], said) for f in self.sayable if said[f.name] or f.required}

    def changed_item(self, key: Key, before: Texts, changes: Texts, version: int | None) -> dict[str, Any]:
        """What a command that changes takes, as plain values; a field that becomes empty is named in `clear`."""
        now = {**before, **changes}
        given = {name: self._typed(self.by_name[name], text, now) for name, text in changes.items() if text}
        return {
            **dict(zip(self.key, key, strict=True)),
            "version": version,
            **given,
            "clear": [name for name, text in changes.items() if not text],
        }

    def _typed(self, f: Field, text: str, texts: Texts) -> Any:
        value = f.typed(text)
        return to_minor(value, texts.get("currency", "")) if isinstance(value, Decimal) else value


def _normal(f: Field, text: str) -> str:
    """The normal form of what a record holds; what was never checked stays as it is."""
    try:
        return f.read(text) if text else ""
    except CellWrong:
        return text


def run_new(ctx: Context, kind: Kind, items: Sequence[Mapping[str, Any]]) -> Batch:
    """Record new records from plain values."""
    return kind.record(ctx, items=[kind.new(**_tuples(item)) for item in items])


def run_changed(ctx: Context, kind: Kind, items: Sequence[Mapping[str, Any]]) -> Batch:
    """Change records from plain values."""
    if kind.change is None or kind.changed is None:
        return run_new(ctx, kind, [{k: v for k, v in i.items() if k not in ("version", "clear")} for i in items])
    make = kind.changed
    return kind.change(ctx, items=[make(**_tuples(item)) for item in items])


def _tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in item.items()}


def flag(chosen: Mapping[str, str], name: str = "active") -> bool | None:
    """A filter of yes and no as a query takes it."""
    return {"yes": True, "no": False}.get(chosen.get(name, ""))

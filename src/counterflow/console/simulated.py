"""What of the books never happened: the notice above every page that shows them, and the column in their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from counterflow.console import cells
from counterflow.console.listing import Column


class OfEntity(Protocol):
    """A row that says whose books it is from."""

    @property
    def entity(self) -> str: ...


Row = TypeVar("Row", bound=OfEntity)


@dataclass(frozen=True)
class Notice:
    """Entities of whose books the same is simulated, and what, in words. Without entities: records that say so."""

    words: str
    entities: tuple[str, ...] = ()


BY_RECORDS = Notice("records that are marked as simulated")


def notices(told: Mapping[str, str], *, marked: bool = False) -> list[Notice]:
    """What a page has to say of entities and their words; `marked`: it shows records that say so themselves."""
    by_words: dict[str, list[str]] = {}
    for entity, words in sorted(told.items()):
        by_words.setdefault(words, []).append(entity)
    found = [Notice(words, tuple(entities)) for words, entities in by_words.items()]
    return found or ([BY_RECORDS] if marked else [])


def of(told: Mapping[str, str], entity: str) -> dict[str, str]:
    """The same for the books of one entity."""
    return {entity: told[entity]} if entity in told else {}


def with_words(columns: Sequence[Column[Row]], told: Mapping[str, str]) -> tuple[Column[Row], ...]:
    """The columns of a file, with what of each row's books is simulated behind them."""
    said: Column[Row] = Column("Simulated", lambda row: cells.text(told.get(row.entity, "")), file_only=True)
    return (*columns, said)

"""A channel to import into, and a way to import texts as files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"


def line(number="500001", sku="10001", text="LAMP", quantity=5, at="2010-05-01 10:00:00", price="2.50", who="12345"):
    """One line of an online-retail book."""
    return f"{number},{sku},{text},{quantity},{at},{price},{who},United Kingdom"


@dataclass
class Imports:
    """Imports into one channel; `report` is where its refusals are written."""

    ctx: Callable[..., object]
    folder: Path
    channel: str
    number: int = 0

    @property
    def report(self) -> Path:
        return self.folder / "report.csv"

    def file(self, *lines: str, header: str = HEADER, name: str = "") -> Path:
        """A file with these lines."""
        self.number += 1
        path = self.folder / (name or f"book-{self.number}.csv")
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    def run(self, *paths: Path, **options: object) -> list:
        """Import files; what became of each."""
        from counterflow.orders.importing.run import Options, import_files

        self.report.unlink(missing_ok=True)
        wishes = Options(self.channel, self.report, **options)
        return list(import_files(self.ctx(), paths, wishes))

    def refusals(self) -> list[tuple[int, str]]:
        """Line and code of what the last run refused."""
        import csv

        if not self.report.exists():
            return []
        with self.report.open(encoding="utf-8", newline="") as file:
            return [(int(row["line"]), row["code"]) for row in csv.DictReader(file)]


@pytest.fixture
def make_channel(ctx, owner):
    """Makes a channel of its own for a test."""
    from counterflow.catalog.commands import NewBrand, record_brands
    from counterflow.orders.commands import NewChannel, record_channels

    def make(code: str, zone: str = "Europe/London") -> str:
        owner.execute(
            "INSERT INTO ledger_entity (code, name, currency, zone, closed_through, go_live) "
            "VALUES ('uk', 'UK', 'GBP', 'Europe/London', '1900-01-01', '2011-06-01') ON CONFLICT (code) DO NOTHING"
        )
        record_brands(ctx(), items=[NewBrand("house", "House")])
        batch = record_channels(ctx(), items=[NewChannel(code, code, "own_shop", "house", "uk", "GBP", zone)])
        assert not batch.refused
        return code

    return make


@pytest.fixture
def imports(ctx, make_channel, tmp_path, request) -> Imports:
    """An empty channel to import into."""
    return Imports(ctx, tmp_path, make_channel(f"ch-{request.node.name}"))


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)

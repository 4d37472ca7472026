"""Order books as tests write them, and a way to import them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from counterflow.orders.importing.run import Options, import_files

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
        self.report.unlink(missing_ok=True)
        wishes = Options(self.channel, self.report, **options)
        return list(import_files(self.ctx(), paths, wishes))

    def refusals(self) -> list[tuple[int, str]]:
        """Line and code of what the last run refused."""
        if not self.report.exists():
            return []
        with self.report.open(encoding="utf-8", newline="") as file:
            return [(int(row["line"]), row["code"]) for row in csv.DictReader(file)]

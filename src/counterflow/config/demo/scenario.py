"""The two things a demo can be: the simulated company, or the replay of order books. Each is made once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from counterflow.config import embedded_layout
from counterflow.config.demo import books, books_summary, own_policies
from counterflow.config.demo.agreeing import leave_waiting
from counterflow.config.demo.assortment import assortment
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.company import make_company
from counterflow.config.demo.counting import count_shelves
from counterflow.config.demo.desk import STAFF, Desk
from counterflow.config.demo.dice import dice
from counterflow.config.demo.drafts import replay_them
from counterflow.config.demo.narrator import Narrator
from counterflow.config.demo.network import EU, UK
from counterflow.config.demo.recovery import recover
from counterflow.config.demo.replay import replay
from counterflow.config.demo.sales import ORDERS, opening_stock, sales
from counterflow.config.demo.year import DAYS, play_year
from counterflow.kernel import db
from counterflow.kernel.errors import Refusal
from counterflow.ledger.commands.seal_months import seal_months
from counterflow.policies.tables import Table

OURS = (UK, EU, books.ENTITY)


class NotOurs(Refusal):
    """This database holds the books of {entities} already, and the demo wants one of its own; name another folder
    in COUNTERFLOW_HOME or another database in DATABASE_URL."""


class ClockBehind(Refusal):
    """The clock of this machine says {now}, and the simulated year is to end on {end}; name an earlier day in --until,
    or set the clock first."""


class TimeHasPassed(Refusal):
    """The journal of this database is sealed already, so no simulated year can be written before that; name another
    folder in COUNTERFLOW_HOME or another database in DATABASE_URL."""


@dataclass(frozen=True)
class Wish:
    """Which company is to be made: the same wish makes the same one."""

    seed: int
    size: str
    year: Year

    @property
    def scenario(self) -> str:
        """The name under which its steps are known."""
        return f"demo:{self.seed}:{self.size}:{self.year.until}"

    @property
    def words(self) -> str:
        """In words."""
        return f"seed {self.seed}, {self.size}, up to {self.year.until}"


def check_database() -> None:
    """Whether the database is empty or the demo's. Raises `NotOurs`."""
    others = [
        row.code for row in db.rows("SELECT code FROM ledger_entity WHERE code <> ALL(%s) ORDER BY code", [list(OURS)])
    ]
    if others:
        raise NotOurs(entities=", ".join(others[:5]))


def simulate(narrator: Narrator, wish: Wish, *, at: datetime) -> None:
    """Make the simulated company and play its year; an interrupted one goes on as it was begun.

    Raises `TimeHasPassed`, `ClockBehind`, `StepRefused`.
    """
    begun = _begun()
    if begun is not None and _sealed(begun.year.months_over - timedelta(days=1)):
        narrator.say(f"The demo company is here already ({begun.words}).")
        return
    if begun is not None and begun != wish:
        narrator.say(f"A demo company was begun with {begun.words}; it is finished as that.")
    wish = begun or wish
    year = wish.year
    if begun is None and _sealed(year.begin.date()):
        raise TimeHasPassed()
    if at < year.end:
        raise ClockBehind(now=at.date(), end=year.until)
    rng = dice(wish.seed)
    products = assortment(rng, size=wish.size)
    made = sales(rng, products, size=wish.size, year=year)
    desk = Desk(wish.scenario)
    with narrator.step("Company: items, partners, opening stock", 1):
        make_company(desk, year, products, opening_stock(rng, made))
    with narrator.step(f"A year of {ORDERS[wish.size]:,} orders and their returns", len(list(year.periods(DAYS)))):
        play_year(desk, rng, year, made, size=wish.size, progress=lambda period: narrator.at(period.number + 1))
    recover(desk, rng, at=year.end)
    count_shelves(desk, rng, at=year.end)
    replay_them(desk, at=year.end)
    leave_waiting(at=at)
    # The last step: by it one knows that the year was played to its end.
    seal_months(desk.context(year.end, "seal"), before=year.months_over)


def _begun() -> Wish | None:
    """Which company was begun here, as the key of its first step tells."""
    found = db.rows(
        "SELECT key FROM kernel_commandrecord WHERE actor = %s AND key LIKE 'demo:%%:%%:%%:policies'"
        " ORDER BY id LIMIT 1",
        [STAFF],
    )
    if not found:
        return None
    _, seed, size, until, _ = found[0].key.split(":")
    return Wish(int(seed), size, Year(date.fromisoformat(until)))


def _sealed(day: date) -> bool:
    """Whether the month of a day, or a later one, is sealed."""
    return bool(db.rows("SELECT 1 AS one FROM ledger_seal WHERE month >= %s LIMIT 1", [day.replace(day=1)]))


@dataclass(frozen=True)
class HowToReplay:
    """Policies in force instead of the shipped ones, and whether their no stands (`enforce`) or staff overrides it."""

    policies: Sequence[Table] = ()
    enforce: bool = False


def replay_books(
    narrator: Narrator, places: Sequence[str], seed: int, *, at: datetime, how: HowToReplay = HowToReplay()
) -> bool:
    """Import order books and replay their returns; whether every file and every return came through."""
    paths = books.files_in(places)
    desk = Desk("books")
    report = embedded_layout.home() / "demo" / "refused-rows.csv"
    embedded_layout.make_folder(report.parent)
    with narrator.step("Go-live of the order book", 1):
        day = books.prepare(desk, paths, at=at)
        own_policies.install(desk, how.policies, at=at)
    size = sum(path.stat().st_size for path in paths if path.is_file())
    seen = 0

    def read(path: Path, count: int, rows: int) -> None:
        nonlocal seen
        seen += count
        narrator.at(seen)

    with narrator.step(f"Import of {len(paths)} files", size):
        found = list(books.load(desk, paths, at=at, report=report, progress=read))
    sound = books_summary.show_files(narrator.console, found)
    if any(getattr(row, "refused", 0) for row in found):
        narrator.say(f"Refused rows, with reasons and how to mend them:\n  {report}\n")
    with narrator.step("Simulated costs and opening stock", 1):
        live = books.go_live(desk, seed, day, at=at, progress=lambda _: None)
    narrator.say(f"  books from {live.day}; {live.items:,} items costed, {live.pieces:,} pieces opened, all simulated")
    with narrator.step("Replay of the returns", 1):
        replay(desk, seed, at=at, progress=narrator.at, enforce=how.enforce)
    for (command, code), count in sorted(desk.refused.items()):
        narrator.say(f"  refused by {command}: {count:,} x {code}: {desk.said[command, code]}")
    return books_summary.show_returns(narrator.console) and sound

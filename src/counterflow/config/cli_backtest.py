"""`counterflow backtest VERSION --from DAY --to DAY`: what a version would have done to the returns of a period."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table as Sheet

from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.queries import CHANGES, Result, backtest
from counterflow.backtests.states import Overrides
from counterflow.backtests.tasks import finish
from counterflow.config.demo import own_policies
from counterflow.config.demo.narrator import Narrator
from counterflow.kernel import clock, db
from counterflow.kernel.commands import Done
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, NotFound
from counterflow.kernel.found import id_of
from counterflow.kernel.money import to_decimal
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.install_default_policies import OWNER_ROLES
from counterflow.policies.facts import Kind


class DayMalformed(Invalid):
    """{text!r} is no day; write it like 2026-03-31."""


class VersionNotFound(NotFound):
    """There is no version {name}; name a file with a decision table, an id, or kind/number like eligibility/2."""


class WordsMissing(Invalid):
    """A back-test needs a version and a period, such as `eligibility/2 --from 2026-01-01 --to 2026-04-01`."""


class NotStarted(DomainError):
    """{what}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `counterflow backtest` takes."""
    parser.add_argument(
        "version", nargs="?", metavar="VERSION", help="kind/number, an id, or a file with a decision table"
    )
    parser.add_argument("--from", dest="since", metavar="DAY", help="asked for on this day or later, UTC")
    parser.add_argument("--to", dest="until", metavar="DAY", help="asked for before this day, UTC")
    parser.add_argument("--channel", default="", metavar="CODE", help="returns of this channel only")
    parser.add_argument("--brand", default="", metavar="CODE", help="lines of this brand only")
    parser.add_argument("--family", default="", metavar="CODE", help="lines of this family only")
    parser.add_argument(
        "--overrides",
        choices=[str(one) for one in Overrides],
        default="kept",
        help="decisions that staff took against policy: as recorded (default), none of them, or for every request",
    )
    parser.add_argument("--processes", type=int, default=2, help="how many work on it at once (default 2)")
    parser.add_argument("--go-on", type=int, metavar="ID", help="work on a back-test that was started already")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when it ended well, 1 when it failed or was cancelled."""
    backtest_id = options.go_on or _started(options)
    narrator = Narrator(Console(stderr=True, highlight=False))
    with narrator.step("Back-test", 1):
        together(backtest_id, options.processes, narrator.at)
    found = backtest(backtest_id)
    if options.json:
        print(json.dumps(asdict(found), default=str, indent=2))
    else:
        show(Console(highlight=False), found)
    return 0 if found.backtest.state == "done" else 1


def together(backtest_id: int, processes: int, progress: Callable[[int, int], None]) -> None:
    """Do what is left of a run in this process and in others beside it; they end when it does."""
    words = [sys.executable, "-m", "counterflow.config.cli", "backtest", "--go-on", str(backtest_id)]
    others = [
        subprocess.Popen(  # noqa: S603 - our own program and a number
            [*words, "--processes", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(processes - 1)
    ]
    try:
        finish(backtest_id, now=clock.now, progress=progress)
    finally:
        for other in others:
            other.terminate()
            other.wait()


def _started(options: argparse.Namespace) -> int:
    """The id of the run that is asked for. Raises `NotStarted` and what is wrong with the words."""
    for name in ("version", "since", "until"):
        if not getattr(options, name):
            raise WordsMissing()
    ctx = Context.make("cli:backtest", {"policies.test", "policies.edit"}, clock.now(), source="cli")
    item = StartBacktest(
        request_ref=f"cli-{uuid4().hex}",
        version_id=_version(options.version, ctx),
        since=_day(options.since),
        until=_day(options.until),
        channel=options.channel,
        brand=options.brand,
        family=options.family,
        overrides=options.overrides,
    )
    started = start_backtests(Context.make(ctx.actor, ctx.permissions, ctx.at, source="cli"), items=[item]).results[0]
    if not isinstance(started, Done):
        raise NotStarted(what=started.message)
    return int(started.facts["backtest_id"])


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise DayMalformed(text=text[:40]) from None


def _version(name: str, ctx: Context) -> int:
    """The id of a version; a file's table becomes a draft, once. Raises `VersionNotFound`, `PolicyUnreadable`."""
    kind, _, number = name.partition("/")
    found: list[Any]
    if (given := id_of(name)) is not None:
        found = db.rows("SELECT id FROM policies_policyversion WHERE id = %s", [given])
    elif kind in list(Kind) and number.isdigit() and len(number) < 10:
        sql = "SELECT id FROM policies_policyversion WHERE kind = %s AND version = %s"
        found = db.rows(sql, [kind, int(number)])
    elif Path(name).is_file():
        table = own_policies.read(name)
        item = DraftPolicy(f"file-{table.digest()}", table.kind, table.as_json(), OWNER_ROLES[Kind(table.kind)])
        (result,) = draft_policies(ctx, items=[item])
        if not isinstance(result, Done):
            raise NotStarted(what=result.message)
        return int(result.facts["version_id"])
    else:
        found = []
    if not found:
        raise VersionNotFound(name=name[:80])
    return int(found[0].id)


def show(console: Console, found: Result) -> None:
    """Both sides as a table, what changes, and how to read it."""
    run, before, after = found.backtest, found.before, found.after
    console.print(f"{run.kind}/{run.version} on {found.returns:,} returns ({found.lines:,} lines): {run.state}")
    if run.fault:
        console.print(run.fault, markup=False)
    sheet = Sheet("", "what happened", "with this version", box=None)
    for word in ("accepted", "refused", "waiting"):
        sheet.add_row(word, f"{before.returns.get(word, 0):,}", f"{after.returns.get(word, 0):,}")
    for word in ("yes", "no", "ask"):
        sheet.add_row(f"policy said {word}", f"{before.answers.get(word, 0):,}", f"{after.answers.get(word, 0):,}")
    for currency in sorted({*before.refunded, *after.refunded, *after.possible}):
        for label, one, other in (
            ("refunded", before.refunded, after.refunded),
            ("of it shipping", before.shipping, after.shipping),
            ("fees", before.fees, after.fees),
            ("possible on top", before.possible, after.possible),
        ):
            sheet.add_row(label, _money(one.get(currency, 0), currency), _money(other.get(currency, 0), currency))
    sheet.add_row("days to money, median", str(before.days_median), str(after.days_median))
    sheet.add_row("days to money, 9 of 10", str(before.days_p90), str(after.days_p90))
    for word in sorted({*before.disposed, *after.disposed}):
        pieces = [side.disposed.get(word, {}).get("pieces", 0) for side in (before, after)]
        sheet.add_row(f"{word}, pieces", *(f"{count:,}" for count in pieces))
    console.print(sheet)
    console.print(f"{found.differ['returns']:,} returns ({found.differ['lines']:,} lines) end otherwise")
    for change, count in sorted(found.changes.items(), key=lambda one: -one[1]):
        console.print(f"  {count:>9,} {CHANGES[change]}", markup=False)
    for line in (found.says, *found.bounds):
        console.print(line, markup=False)


def _money(minor: int, currency: str) -> str:
    return f"{to_decimal(minor, currency):,} {currency}"

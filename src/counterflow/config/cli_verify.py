"""`counterflow verify`: ask every law of every room on one snapshot, and say what breaks."""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import transaction

from counterflow.kernel import db
from counterflow.kernel.laws import Law

SHOWN_MAX = 10


@dataclass(frozen=True)
class Verdict:
    """What a law found: `counted` things looked at, `breaches` of them wrong, the first few in `shown`."""

    law: str
    meaning: str
    counted: int
    breaches: int
    shown: list[str]
    seconds: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `counterflow verify` takes."""
    parser.add_argument("--full", action="store_true", help="prove sealed months again too, however large")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Exit code 1 where anything breaks a law, 0 where all hold."""
    verdicts = verify(laws(), full=options.full)
    broken = sum(verdict.breaches for verdict in verdicts)
    if options.json:
        rows = [asdict(verdict) for verdict in verdicts]
        print(json.dumps({"laws": len(rows), "breaches": broken, "verdicts": rows}, indent=2))
    else:
        print(report(verdicts))
    return 1 if broken else 0


def laws() -> list[Law]:
    """The laws of every room that has some."""
    found: list[Law] = []
    for app in apps.get_app_configs():
        # The kernel says what a law is, and has none.
        if app.name.startswith("counterflow.") and app.label != "kernel" and find_spec(f"{app.name}.laws"):
            found += import_module(f"{app.name}.laws").LAWS
    return found


def verify(asked: Sequence[Law], *, full: bool = False) -> list[Verdict]:
    """Ask every law, all on the same snapshot, so what is posted or rolled meanwhile disturbs nothing."""
    with snapshot(full=full):
        return [judge(law) for law in asked]


@contextmanager
def snapshot(*, full: bool) -> Iterator[None]:
    """A read-only transaction that sees one state of the database throughout."""
    with transaction.atomic():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Each law reads whole tables once: hashing in memory is worth more than plans for few rows.
        db.execute("SET LOCAL work_mem = '96MB'")
        db.execute("SET LOCAL jit = off")
        db.execute("SET LOCAL max_parallel_workers_per_gather = 2")
        db.execute("SELECT set_config('counterflow.verify_full', %s, true)", ["on" if full else "off"])
        yield


def judge(law: Law) -> Verdict:
    """Ask one law. Its SQL is plain: it has no parameters, and a % in it is just that."""
    began = time.perf_counter()
    asked = (
        f"WITH breach AS MATERIALIZED ({law.sql}) SELECT (SELECT count(*) FROM breach) AS breaches,"
        f" ARRAY(SELECT what FROM breach ORDER BY what LIMIT {SHOWN_MAX}) AS shown, ({law.counted}) AS counted"
    )
    found = db.rows(asked.replace("%", "%%"))[0]
    spent = round(time.perf_counter() - began, 3)
    return Verdict(law.name, law.meaning, int(found.counted or 0), found.breaches, found.shown, spent)


def report(verdicts: Sequence[Verdict]) -> str:
    """One line a law, the breaches below it, and a last line that sums up."""
    wide = max((len(verdict.law) for verdict in verdicts), default=0)
    lines: list[str] = []
    for verdict in verdicts:
        lines.append(f"{verdict.law:<{wide}}  {verdict.counted:>11,} looked at  {verdict.breaches:>7,} breaches")
        lines += [f"    {what}" for what in verdict.shown]
        if verdict.breaches > len(verdict.shown):
            lines.append(f"    and {verdict.breaches - len(verdict.shown):,} more")
        if verdict.breaches:
            lines.append(f"    law: {verdict.meaning}")
    broken = [verdict for verdict in verdicts if verdict.breaches]
    seconds = sum(verdict.seconds for verdict in verdicts)
    if broken:
        lines.append(f"{sum(v.breaches for v in broken):,} breaches of {len(broken)} laws, in {seconds:.1f} s")
    else:
        lines.append(f"{len(verdicts)} laws hold, 0 breaches, in {seconds:.1f} s")
    return "\n".join(lines)

"""A shop whose returns are asked for after 5, 20, 35 and 50 days, and drafts to test on them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from company import SOLD, Company, make_company
from counterflow import flows
from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.tasks import finish
from counterflow.kernel import clock
from counterflow.kernel.commands import Done
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.start_shadows import StartShadow, start_shadows
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.tables import Table
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from replays import changed, row

SINCE, UNTIL = SOLD - timedelta(days=10), SOLD + timedelta(days=100)


@dataclass
class Shop:
    """A company, its returns by the days after which they were asked for, and ways to draft and to test."""

    company: Company
    rmas: dict[str, str] = field(default_factory=dict)

    def ask(self, name: str, days: int, *, order: str = "", pieces: int = 2, **more: Any) -> str:
        """Ask for pieces so many days after they were shipped."""
        company = self.company
        order = order or company.sell([("mug", pieces, 2000, 400)])
        lines = [AskedLine(pieces, more.pop("reason", "no_longer_wanted"), sku=company.sku("mug"))]
        item = OpenRma(company.channel(), f"{company.tag}-{name}", lines, order, SOLD + timedelta(days=days), **more)
        (done,) = open_rmas(company.ctx(actor="user:7"), items=[item])
        self.rmas[name] = done.facts["rma"]
        return self.rmas[name]

    def take_back(self, name: str, days: int, *, pieces: int = 2, grade: str = "A") -> None:
        """Receive, inspect and dispose of a return's pieces, and let the credit follow."""
        company, lpn = self.company, self.company.lpn()
        at = SOLD + timedelta(days=days)
        unit = ReceiveUnit(lpn=lpn, node=company.node(), sku=company.sku("mug"), quantity=pieces, rma=self.rmas[name])
        for command, item in (
            (receive_units, _at(unit, at)),
            (inspect_units, InspectUnit(lpn, grade, damage_code="none", happened_at=at + timedelta(days=2))),
            (dispose_units, DisposeUnit(lpn, happened_at=at + timedelta(days=3))),
        ):
            assert command(company.ctx(), items=[item]).done
        flows.run_pending()

    def draft(self, table: Table, **more: Any) -> int:
        """The id of a draft."""
        item = DraftPolicy(self.company.lpn(), table.kind, table.as_json(), "executive", **more)
        (done,) = draft_policies(self.company.ctx(), items=[item])
        return int(done.facts["version_id"])

    def shadow(self, table: Table) -> int:
        """The id of a shadow: a draft that is proposed and decides silently from now on."""
        version = self.draft(table)
        assert submit_drafts(self.company.ctx(), items=[SubmitDraft(version, 1)]).done
        (done,) = start_shadows(self.company.ctx(), items=[StartShadow(version, 1)])
        assert isinstance(done, Done), done
        return int(done.facts["shadow_id"])

    def start(self, version_id: int, **more: Any) -> int:
        """The id of a back-test of a version over this shop's returns."""
        wish = {"since": SINCE, "until": UNTIL, "channel": self.company.channel(), **more}
        item = StartBacktest(self.company.lpn(), version_id, **wish)
        (done,) = start_backtests(self.company.ctx(), items=[item])
        assert isinstance(done, Done), done
        return int(done.facts["backtest_id"])

    def test(self, table: Table, **more: Any) -> int:
        """The id of a finished back-test of a draft."""
        found = self.start(self.draft(table), **more)
        finish(found, now=clock.now, progress=lambda done, total: None)
        return found


def _at(unit: ReceiveUnit, at: datetime) -> ReceiveUnit:
    return replace(unit, happened_at=at)


def make_shop(ctx: Callable[..., Any]) -> Shop:
    """Accepted after 5 and 20 days, asked about after 35 and approved, refused after 50; all but the last came back."""
    made = Shop(make_company(ctx))
    made.ask("early", 5)
    made.take_back("early", 8)
    made.ask("late", 20)
    made.take_back("late", 26, grade="C")
    made.ask("asked", 35)
    decided = DecideRma(made.rmas["asked"], approve=True, reason="goodwill", happened_at=SOLD + timedelta(days=36))
    assert decide_rmas(made.company.ctx(actor="user:8"), items=[decided]).done
    made.take_back("asked", 40)
    made.ask("refused", 50)
    return made


def fourteen_days() -> Table:
    """The shipped eligibility with 14 days in place of 30, and nobody asked afterwards."""
    return changed(
        "eligibility",
        lambda rows: [
            replace(r, when={"order_age_days": "<= 14"}) if r.id == "standard" else r
            for r in rows
            if r.id != "just-over"
        ],
    )


def ninety_days() -> Table:
    """Everything that was sold may come back within 90 days."""
    long = row("eligibility", "standard", {"order_age_days": "<= 90"}, answer="yes", window_days=90)
    gone = ("just-over", "window-over", "standard")
    return changed("eligibility", lambda rows: [*(r for r in rows if r.id not in gone), long, rows[-1]])

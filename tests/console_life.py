"""Lives for console tests: a company, and a return brought as far as a test wants it."""

from company import ASKED, Company
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas


def asked(company: Company, reason: str = "no_longer_wanted", quantity: int = 2) -> str:
    """A return of tees; its number."""
    order = company.sell()
    lines = [AskedLine(quantity, reason, sku=company.sku())]
    batch = open_rmas(company.ctx(), items=[OpenRma(company.channel(), f"ask-{order}", lines, order, ASKED)])
    assert batch.done, batch
    return str(batch.done[0].facts["rma"])


def blind(company: Company) -> str:
    """A request without an order, which the shipped policy asks a person about; its number."""
    wish = OpenRma(company.channel(), f"blind-{company.lpn()}", [AskedLine(1, "no_longer_wanted", sku=company.sku())])
    batch = open_rmas(company.ctx(), items=[wish])
    assert batch.done, batch
    return str(batch.done[0].facts["rma"])


def received(company: Company, rma: str, quantity: int = 2) -> str:
    """A unit of that return on the dock; its plate."""
    unit = ReceiveUnit(company.lpn(), company.node(), sku=company.sku(), quantity=quantity, rma=rma)
    assert receive_units(company.ctx(), items=[unit]).done
    return unit.lpn


def disposed(company: Company, lpn: str, grade: str = "A") -> None:
    """That unit inspected, and sent where policy says."""
    assert inspect_units(company.ctx(), items=[InspectUnit(lpn, grade)]).done
    assert dispose_units(company.ctx(), items=[DisposeUnit(lpn)]).done


def credited(company: Company, rma: str) -> int:
    """The credit of that return; its id."""
    batch = release_credits(company.ctx(), items=[ReleaseCredit(f"credit-{rma}", rma)])
    assert batch.done, batch
    return int(batch.done[0].facts["credit_id"])


def whole(company: Company) -> tuple[str, str]:
    """A return as far as its credit; its number and its plate."""
    rma = asked(company)
    lpn = received(company, rma)
    disposed(company, lpn)
    credited(company, rma)
    return rma, lpn

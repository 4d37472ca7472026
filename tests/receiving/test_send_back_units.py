"""What was rejected goes back to the customer, and out of our books, once."""

import dock
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.send_back_units import SendBackUnit, send_back_units
from counterflow.receiving.queries import unit
from quality import dispose, gl, graded
from together import together


def rejected(company):
    lpn = graded(company, "D")
    assert dispose(company, DisposeUnit(lpn, disposition="return_to_customer", override_reason="refused")).done
    return lpn


def test_a_rejected_unit_leaves_with_its_value(company):
    lpn = rejected(company)
    assert unit(lpn=lpn).unit.actions == ["send_back"]
    returned = gl(company, "cost_of_sales_returns")
    assert send_back_units(company.ctx(), items=[SendBackUnit(lpn)]).done
    file = unit(lpn=lpn)
    assert (file.unit.state, file.unit.stock_state, file.unit.cost_minor) == ("sent_back", "customer", 0)
    assert dock.stock(company, "return_to_customer") == (0, 0)
    assert gl(company, "cost_of_sales_returns") == returned + 800
    assert dock.breaches() == []


def test_only_what_was_rejected_is_sent_back_and_only_once(company):
    sold = graded(company)
    dispose(company, DisposeUnit(sold))
    bench = graded(company)
    batch = send_back_units(company.ctx(), items=[SendBackUnit(sold), SendBackUnit(bench), SendBackUnit("nowhere")])
    assert [r.code for r in batch.refused] == ["not_for_the_customer", "move_not_allowed", "unit_not_found"]
    lpn = rejected(company)
    batches = together([lambda: send_back_units(company.ctx(), items=[SendBackUnit(lpn)])] * 8)
    assert sum(not b.done[0].replayed for b in batches) == 1
    assert dock.breaches() == []

"""A command sends the same number of SQL statements for one item and for a thousand."""

import pytest

from company import ASKED
from counterflow.access.commands import NewUser, SetPassword, create_users, set_passwords
from counterflow.catalog.commands.map_reasons import MapReason, map_reasons
from counterflow.kernel import db
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.facts import Kind
from counterflow.policies.tables import shipped
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.receiving.commands.send_back_units import SendBackUnit, send_back_units
from counterflow.refunds.commands.number_credits import number_credits
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

MANY = 1_000
LIFE_STATEMENTS_MAX = 60


def counted(ctx, command, items):
    """Run a command that must not refuse; (statements with BEGIN and COMMIT, facts of each item)."""
    with db.counting() as seen:
        batch = command(ctx(), items=items)
    assert not batch.refused, batch.refused[0]
    return len(seen) + 2, [done.facts for done in batch.done]


def life(ctx, company, number, tag):
    """Lives of `number` pieces, each command once; the statements of each command."""
    order = company.sell([("tee", number, 2000, 400)])
    asked = [
        OpenRma(company.channel(), f"{tag}{n}", (AskedLine(1, "too_small", sku=company.sku()),), order, ASKED)
        for n in range(number)
    ]
    counts = {}
    counts["open"], opened = counted(ctx, open_rmas, asked)
    rmas = [facts["rma"] for facts in opened]
    lpns = [f"{company.tag}-{tag}{n}" for n in range(number)]
    units = [
        ReceiveUnit(lpn=lpn, node=company.node(), sku=company.sku(), rma=rma)
        for lpn, rma in zip(lpns, rmas, strict=True)
    ]
    counts["receive"], _ = counted(ctx, receive_units, units)
    counts["inspect"], _ = counted(ctx, inspect_units, [InspectUnit(lpn=lpn, grade="A") for lpn in lpns])
    ends = [DisposeUnit(lpn=lpn, disposition="restock") for lpn in lpns]
    counts["dispose"], _ = counted(ctx, dispose_units, ends)
    counts["release"], credits = counted(ctx, release_credits, [ReleaseCredit(f"c{rma}", rma) for rma in rmas])
    life_only = sum(counts.values())
    with db.counting() as seen:
        number_credits(ctx())
    counts["number"] = len(seen) + 2
    payouts = [RequestPayout(f"p{facts['credit_id']}", facts["credit_id"]) for facts in credits]
    counts["pay"], _ = counted(ctx, request_payouts, payouts)
    return counts, life_only


def test_a_life_takes_the_same_statements_for_one_piece_and_for_a_thousand(ctx, company):
    life(ctx, company, 2, "warm")
    one, statements = life(ctx, company, 1, "one")
    many, _ = life(ctx, company, MANY, "many")
    assert many == one
    assert statements <= LIFE_STATEMENTS_MAX


def test_goods_are_sent_back_by_the_same_statements(ctx, company):
    def rejected(number, tag):
        order = company.sell([("tee", number, 2000, 400)])
        asked = OpenRma(company.channel(), tag, (AskedLine(number, "too_small", sku=company.sku()),), order, ASKED)
        rma = open_rmas(ctx(), items=[asked]).done[0].facts["rma"]
        lpns = [f"{company.tag}-{tag}-{n}" for n in range(number)]
        for command, items in (
            (receive_units, [ReceiveUnit(lpn=i, node=company.node(), sku=company.sku(), rma=rma) for i in lpns]),
            (inspect_units, [InspectUnit(lpn=i, grade="D", passed=False) for i in lpns]),
            (dispose_units, [DisposeUnit(lpn=i, disposition="return_to_customer", override_reason="x") for i in lpns]),
        ):
            counted(ctx, command, items)
        return [SendBackUnit(lpn) for lpn in lpns]

    one, many = rejected(1, "sb1"), rejected(60, "sb60")
    assert counted(ctx, send_back_units, one)[0] == counted(ctx, send_back_units, many)[0]


@pytest.mark.parametrize("number", [1, 60])
def test_words_and_passwords_take_a_fixed_number_of_statements(ctx, company, number):
    words = [MapReason(company.channel(), f"word {number} {n}", "return", "too_small") for n in range(number)]
    assert counted(ctx, map_reasons, words)[0] == 7
    users = [NewUser(f"p{number}-{n}-{company.tag}@demo.example", "P", ("clerk",)) for n in range(number)]
    create_users(ctx(), items=users)
    assert counted(ctx, set_passwords, [SetPassword(user.email, "!") for user in users])[0] == 7


def test_policies_are_published_by_the_same_statements(ctx, company):
    versions = [PublishPolicy(kind.value, 2, shipped(kind).as_json(), "finance") for kind in Kind]
    one = counted(ctx, publish_policies, versions[:1])[0]
    assert counted(ctx, publish_policies, versions[1:])[0] == one

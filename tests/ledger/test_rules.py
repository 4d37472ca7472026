"""Pools: the average never loses a cent, whatever the cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.kernel.errors import InvariantBroken
from counterflow.ledger.rules import Pool, take

pieces = st.integers(1, 1_000)
value = st.integers(0, 10**9)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("in"), pieces, value, st.integers(0, 100)),
            st.tuples(st.just("out"), pieces, st.just(0), st.just(0)),
        ),
        max_size=60,
    )
)
def test_a_pool_is_never_negative_and_empties_to_nothing(steps):
    pool, into, out = Pool(), [0, 0], [0, 0]
    for way, quantity, cost, percent in steps:
        if way == "in":
            allowance = -(cost * percent // 100)
            pool = pool.plus(quantity, cost, allowance)
            into = [into[0] + cost, into[1] + allowance]
        elif pool.quantity:
            cost, allowance, pool = take(pool, min(quantity, pool.quantity))
            out = [out[0] + cost, out[1] + allowance]
        assert pool.quantity >= 0
        assert pool.cost >= -pool.allowance >= 0
        if pool.quantity == 0:
            assert (pool.cost, pool.allowance) == (0, 0)
        assert [into[0] - out[0], into[1] - out[1]] == [pool.cost, pool.allowance]
    if pool.quantity:
        cost, allowance, left = take(pool, pool.quantity)
        assert (cost, allowance, left) == (pool.cost, pool.allowance, Pool())


@given(pieces, value, st.data())
def test_pieces_taken_one_by_one_cost_what_they_cost_together(quantity, cost, data):
    pool, taken = Pool(quantity, cost), 0
    while pool.quantity:
        value, _, pool = take(pool, data.draw(st.integers(1, pool.quantity)))
        assert 0 <= value <= cost
        taken += value
    assert taken == cost


@pytest.mark.parametrize("quantity", [0, -1, 4])
def test_nobody_takes_what_is_not_there(quantity):
    with pytest.raises(InvariantBroken):
        take(Pool(3, 300), quantity)

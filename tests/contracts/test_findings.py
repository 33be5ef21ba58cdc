"""What rounding does that no real number shows: each in the spec and in the contract, to the unit."""

from collections.abc import Mapping
from typing import Any

import pytest

from verifier.analyses.conformance import library, opened
from verifier.engines.states import Spec
from verifier.language.load import select

lacking = library().lacking()
pytestmark = pytest.mark.skipif(lacking is not None, reason=str(lacking))

RAY, VALUE = 10**27, 10**8
POSITION = {
    "collateral_token": 10**6, "debt_token": 10**6, "collateral_price": 10**6, "debt_price": 10**6,
    "liquidation_threshold": 10**4, "liquidation_bonus": 10500, "protocol_fee": 1000, "liquidity_index": RAY,
    "borrow_index": RAY, "collateral_enabled": True, "borrowing": True, "scaled_collateral": 10000 * VALUE,
    "scaled_debt": 10001 * VALUE,
}  # fmt: skip
"""A position of Aave whose balances are values, just below a health factor of 1."""


def both(design: str, rule: str, given: Mapping[str, int], **inputs: int) -> dict[str, int] | str:
    """What the spec and the contract say the step ends in; it has to be the same."""
    (chosen,) = select((design,)).values()
    contract = library().implementation(design)()
    spec = Spec(opened(chosen, contract.settings), words=contract.words, wider=contract.wider)
    state: dict[Any, int] = {var: given.get(var.name, 0) for var in spec.order}
    taken = {var: inputs[var.name.rpartition(".")[2]] for var in spec.system.rule(rule).inputs}
    found = spec.actions[rule].step({**state, **taken})
    contract.put({var.name: number for var, number in state.items()})
    if isinstance(found, str):
        with pytest.raises(Exception, match=str(contract.reasons[found])):
            contract.act(rule, inputs)
        return found
    contract.act(rule, inputs)
    after = {var.name: found[var] for var in state}
    assert contract.read().items() <= after.items()
    return after


@pytest.mark.parametrize("design", ["aave-v3.0", "aave-v3.6"])
@pytest.mark.parametrize(("offer", "seized"), [(10, 11), (11, 12), (9, 9)])
def test_a_liquidator_chooses_the_rounding_of_its_bonus(design: str, offer: int, seized: int) -> None:
    after = both(design, "liquidate", POSITION, offer=offer, receive_shares=False)
    assert after["liquidator_collateral"] == seized  # 10.5, 11.55 and 9.45 before rounding
    assert after["liquidator_cash"] == -offer


@pytest.mark.parametrize("design", ["aave-v3.0", "aave-v3.6"])
def test_a_health_factor_of_exactly_one_is_healthy(design: str) -> None:
    exactly = POSITION | {"scaled_debt": POSITION["scaled_collateral"]}
    assert str(both(design, "liquidate", exactly, offer=1, receive_shares=False)).startswith("health")
    below = exactly | {"scaled_debt": exactly["scaled_debt"] + 1}
    assert isinstance(both(design, "liquidate", below, offer=VALUE, receive_shares=False), dict)


def test_collateral_that_is_worth_no_unit_goes_for_nothing_and_the_debt_is_written_off() -> None:
    speck = {"collateral_token": 10**18, "scaled_collateral": 1, "scaled_debt": 500}
    after = both("aave-v3.6", "liquidate", POSITION | speck, offer=1, receive_shares=False)
    assert (after["liquidator_collateral"], after["liquidator_cash"], after["deficit"]) == (1, 0, 500)


def test_one_unit_of_collateral_blocks_the_write_off() -> None:
    market = {"liquidation_threshold": 86 * 10**16, "price": 10**36, "collateral": 1000, "borrow_assets": 10**6,
              "borrow_shares": 10**12, "owed_shares": 10**12, "supply_assets": 10**7, "supply_shares": 10**13}  # fmt: skip
    after = both("morpho-blue", "liquidate", market, seized=999)
    assert (after["collateral"], after["deficit"]) == (1, 0)
    assert after["owed_shares"] > 0
    after = both("morpho-blue", "liquidate", market, seized=1000)
    assert (after["collateral"], after["owed_shares"]) == (0, 0)
    assert after["deficit"] > 0


def test_a_debt_is_rounded_down_where_health_is_checked() -> None:
    whole = 10**18
    market = {"liquidation_threshold": whole // 2, "liquidation_incentive": whole, "close_factor": whole,
              "debt_price": whole + whole // 2, "price": whole, "peak": whole, "tokens": 2, "principal": 1,
              "own_index": whole, "borrow_index": whole, "borrows": 10, "token_supply": 10, "held_cash": 10}  # fmt: skip
    assert both("compound-v2", "liquidate_borrow", market, repaid=1) == "insufficient_shortfall"  # 1.5 on 1


def test_who_repays_the_shares_that_roundings_left_pays_a_unit_more_than_is_borrowed() -> None:
    market = {"liquidation_threshold": 86 * 10**16, "price": 10**36, "collateral": 11, "borrow_assets": 11,
              "borrow_shares": 11 * 10**6, "owed_shares": 11 * 10**6, "supply_assets": 20, "supply_shares": 20 * 10**6}  # fmt: skip
    rest = both("morpho-blue", "liquidate_shares", market, repaid=10**6 - 5)
    assert (rest["borrow_assets"], rest["borrow_shares"], rest["cash_outside"]) == (10, 10**7 + 5, -1)
    last = both("morpho-blue", "liquidate_shares", market | {"borrow_assets": 10, "borrow_shares": 10**7 + 5,
                "owed_shares": 10**7 + 5, "collateral": 20, "price": 10**36 // 2}, repaid=10**7 + 5)  # fmt: skip
    assert (last["borrow_assets"], last["cash_outside"]) == (0, -11)

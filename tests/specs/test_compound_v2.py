"""Compound v2: the contract's truncations to the unit, what they cost whom, and faults that its claims find."""

import random
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from verifier.analyses.cases import cases
from verifier.engines.simulate import Simulator
from verifier.evidence.run import Values, advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.specialise import specialise
from verifier.language.load import select
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Act = Callable[..., dict[str, Fraction] | None]

WAD = 10**18
HELD = {"price": 1_999_123_456_789_012_345_678, "peak": 2000 * WAD, "tokens": 500 * 10**8 + 3,
        "principal": 15_000 * 10**6, "own_index": WAD + 77, "borrow_index": WAD + WAD // 50, "borrows": 40_000 * 10**6,
        "cash": 9_000 * 10**6, "reserves": 1_000, "token_supply": 90_000 * 10**8, "held_cash": 1_700 * WAD + 5,
        "held_borrows": 110 * WAD, "held_reserves": WAD}  # fmt: skip
INCENTIVE, FACTOR, DEBT_PRICE = 108 * WAD // 100, 75 * WAD // 100, 10**30


@pytest.fixture
def act(problem: Compose) -> Act:
    """The state in the contract's whole numbers after a rule acted, or None if it refuses."""

    def run(rule_name: str, inputs: Mapping[str, int], **changed: int) -> dict[str, Fraction] | None:
        system = problem("compound-v2", "what_is_seized_is_paid_for_at_the_truncated_price", "fixed").system
        rule = system.rule(rule_name)
        scale = {var: 10 ** (var.unit.decimals or 0) for var in (*system.state, *rule.inputs) if var.unit is not None}
        whole = HELD | changed
        state: Values = {var: Fraction(whole.get(var.name, 0)) / scale[var] for var in system.state}
        given = {var: Fraction(inputs[var.name.split(".")[-1]]) / scale[var] for var in rule.inputs}
        post = advance(system, rule, state, given, "fixed")
        return None if post is None else {var.name: Fraction(post[var]) * scale[var] for var in system.state}

    return run


def owed() -> int:
    return HELD["principal"] * HELD["borrow_index"] // HELD["own_index"]


def exchange_rate() -> int:
    return (HELD["held_cash"] + HELD["held_borrows"] - HELD["held_reserves"]) * WAD // HELD["token_supply"]


def seize_tokens(repaid: int) -> int:
    ratio = INCENTIVE * DEBT_PRICE // WAD * WAD // (HELD["price"] * exchange_rate() // WAD)
    return ratio * repaid // WAD


def test_a_liquidation_is_the_contracts_to_the_unit(act: Act) -> None:
    repaid = 6_543_210_987

    post = act("liquidate_borrow", {"repaid": repaid})

    assert post is not None
    assert post["principal"] == owed() - repaid
    assert post["own_index"] == HELD["borrow_index"]
    assert post["borrows"] == HELD["borrows"] - repaid
    assert post["cash"] == HELD["cash"] + repaid
    assert post["tokens"] == HELD["tokens"] - seize_tokens(repaid)


def test_half_of_the_debt_may_be_repaid_and_no_unit_more(act: Act) -> None:
    assert act("liquidate_borrow", {"repaid": owed() // 2}) is not None
    assert act("liquidate_borrow", {"repaid": owed() // 2 + 1}) is None


def test_the_price_at_which_a_position_becomes_unhealthy_is_the_contracts(act: Act) -> None:
    def shortfall(price: int) -> bool:
        per_token = FACTOR * exchange_rate() // WAD * price // WAD
        return per_token * HELD["tokens"] // WAD < DEBT_PRICE * owed() // WAD

    low, high = 1, 10**4 * WAD
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if shortfall(middle) else (low, middle)

    assert act("liquidate_borrow", {"repaid": 1}, price=low) is not None
    assert act("liquidate_borrow", {"repaid": 1}, price=high) is None


def test_a_liquidation_that_seizes_more_than_there_is_is_refused(act: Act) -> None:
    repaid, held = 10**6, seize_tokens(10**6)

    assert act("liquidate_borrow", {"repaid": repaid}, tokens=held) is not None
    assert act("liquidate_borrow", {"repaid": repaid}, tokens=held - 1) is None


def test_interest_is_simple_and_truncated(act: Act) -> None:
    rate, blocks = 23_782_343_987, 40_000
    interest = rate * blocks * HELD["borrows"] // WAD

    post = act("accrue_interest", {"rate": rate, "blocks": blocks})

    assert post is not None
    assert post["borrows"] == HELD["borrows"] + interest
    assert post["borrow_index"] == HELD["borrow_index"] + rate * blocks * HELD["borrow_index"] // WAD


def test_truncated_debt_lets_a_position_pass_that_is_not_healthy(settle: Settle) -> None:
    assert isinstance(settle("compound-v2", "health_is_never_overstated").verdict, Proved)
    assert isinstance(settle("compound-v2", "health_is_never_overstated", "fixed").verdict, Refuted)


def test_the_largest_solvent_drawdown_is_one_less_factor_times_incentive(settle: Settle) -> None:
    whole = {"close_factor": 1, "liquidation_threshold": "0.8"}

    assert isinstance(settle("compound-v2", "solvency", shock="0.136", **whole).verdict, Proved)
    assert isinstance(settle("compound-v2", "solvency", shock="0.1361", **whole).verdict, Refuted)


def test_the_deepest_wick_is_the_closed_form(tight: Callable[..., Fraction]) -> None:
    assert tight("compound-v2", "wick_survival", "bound", shock="wick", health="1.25") == Fraction("0.2")


FAULTS = [
    ("ctokens", "health read at the collateral's full value", "down(self.liquidation_threshold * self.exchange_rate(), EXCHANGE)",
     "self.exchange_rate()", "solvency"),
    ("ctoken_markets", "redeem without a check of health",
     "kept = self.debt_value() + down(self.per_token() * units, VALUE) <= self.health_value()",
     "kept = self.debt_value() <= self.health_value()", "solvency"),
    ("ctoken_markets", "borrow checks only the old debt", "self.debt_value() + self.debt_value(drawn) <= self.health_value()",
     "self.debt_value() <= self.health_value()", "solvency"),
    ("ctoken_markets", "healthy at equality is liquidated", "insufficient_shortfall=~self.healthy()",
     "insufficient_shortfall=self.debt_value() >= self.health_value()", "who_owes_just_what_it_may_is_safe"),
    ("ctoken_markets", "the healthy are liquidated", "insufficient_shortfall=~self.healthy()",
     "insufficient_shortfall=self.debt > 0", "healthy_is_safe"),
    ("ctoken_markets", "what is lost is not liquidated", "insufficient_shortfall=~self.healthy()",
     "insufficient_shortfall=~self.healthy() & (self.debt <= self.collateral * self.oracle.quote())",
     "unhealthy_can_be_liquidated"),
    ("ctoken_markets", "borrow checks only the old debt, too", "self.debt_value() + self.debt_value(drawn) <= self.health_value()",
     "self.debt_value() <= self.health_value()", "own_acts_keep_health"),
    ("ctoken_markets", "close factor of what is left", "too_much_repay=repaid <= down(self.close_factor * self.debt)",
     "too_much_repay=repaid <= self.debt", "close_factor_is_kept"),
    ("ctoken_markets", "the incentive is paid twice", "down(self.liquidation_incentive * self.debt_price, 30)",
     "down(self.liquidation_incentive * self.liquidation_incentive * self.debt_price, 30)",
     "what_is_seized_is_paid_for"),
    ("ctoken_markets", "the same", "down(self.liquidation_incentive * self.debt_price, 30)",
     "down(self.liquidation_incentive * self.liquidation_incentive * self.debt_price, 30)", "lender_loss_cap"),
    ("ctoken_markets", "half of what is repaid is lost", "cash=self.cash + repaid,", "cash=self.cash + repaid / 2,",
     "balance_sheet_is_kept"),
    ("ctoken_markets", "seized cTokens are burned", "tokens=self.tokens - seized,",
     "tokens=self.tokens - seized, token_supply=self.token_supply - seized,", "balance_sheet_is_kept"),
    ("ctoken_markets", "less is taken off the debt than is repaid", "principal=self.debt - repaid,",
     "principal=self.debt - repaid / 2,", "borrower_loss_cap"),
    ("ctoken_markets", "seized without an exchange rate", "self.oracle.quote() * self.exchange_rate(), EXCHANGE)\n        return down(down(",
     "self.oracle.quote(), EXCHANGE)\n        return down(down(", None),
]  # fmt: skip


@pytest.mark.parametrize(("module", "fault", "old", "new", "claim"), FAULTS, ids=[row[1] for row in FAULTS])
def test_a_planted_fault_is_found(
    module: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted(module, "compound-v2", fault, old, new, claim)


PRICE = "price = down(self.oracle.quote() * self.exchange_rate(), EXCHANGE"
ROUNDINGS = [
    ("ctoken_markets", "a price short of five digits", f"{PRICE})", f"{PRICE} - 5)", "solvency"),
    ("ctoken_markets", "the same", f"{PRICE})", f"{PRICE} - 5)", "nothing_is_owed_on_nothing"),
    ("ctokens", "a value short of five digits", "self.oracle.quote(), EXCHANGE)", "self.oracle.quote(), EXCHANGE - 5)",
     "wick_survival"),
    ("ctoken_markets", "the close factor's share rounded up", "down(self.close_factor * self.debt)",
     "-down(-self.close_factor * self.debt)", "close_factor_is_kept"),
    ("ctokens", "debt truncated to a hundred units", "down(self.principal * self.borrow_index / self.own_index)",
     "down(self.principal * self.borrow_index / self.own_index, 4)", "health_is_overstated_by_less_than_a_unit"),
    ("ctokens", "the same", "down(self.principal * self.borrow_index / self.own_index)",
     "down(self.principal * self.borrow_index / self.own_index, 4)", "balance_sheet_is_kept"),
    ("ctoken_markets", "cTokens for a unit rounded up", "down(worth / price, PER_REPAID)",
     "-down(-worth / price, PER_REPAID)", "what_is_seized_is_paid_for_at_the_truncated_price"),
    ("ctoken_markets", "cTokens rounded up", "down(down(worth / price, PER_REPAID) * repaid)",
     "-down(-down(worth / price, PER_REPAID) * repaid)", "portions_seize_as_much_to_a_unit"),
    ("ctokens", "healthy below what may be owed", "self.debt_value() <= self.health_value()",
     "self.debt_value() < self.health_value()", "who_owes_just_what_it_may_is_safe"),
    ("ctokens", "a factor not truncated before the price",
     "down(down(self.liquidation_threshold * self.exchange_rate(), EXCHANGE) *",
     "down(self.liquidation_threshold * self.exchange_rate() *", "numbers_fit"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "fault", "old", "new", "claim"), ROUNDINGS, ids=[row[-1] for row in ROUNDINGS])
def test_another_truncation_breaks_what_is_proved_in_units(
    module: str, fault: str, old: str, new: str, claim: str, planted_in_units: Callable[..., None]
) -> None:
    planted_in_units(module, "compound-v2", fault, old, new, claim)


def test_what_is_remembered_may_be_undefined_at_the_start() -> None:
    """An own index of nothing divides by zero, in what no_cascade remembers of a position's health."""
    settings = {"market": "constant-product", "depth": "50", "shock": "0.3"}
    (case,) = cases(select(("compound-v2",)).values(), only=("no_cascade",), settings=settings)
    system, chance = specialise(case.problem().system, "real"), random.Random(0)
    simulator = Simulator(system, "real")

    starts = [start for _ in range(200) if (start := simulator.start(chance.choice)) is not None]
    assert all(start.keys() >= system.histories.keys() for start in starts)

"""Morpho Blue: the published incentive, the contract's arithmetic to the unit, and faults that its claims find."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from verifier.analyses.cases import cases
from verifier.analyses.prove import Prover
from verifier.evidence.run import Values, advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.interpretations.fixed import FIXED
from verifier.language.lower import Problem

from .conftest import mutant

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Act = Callable[..., dict[str, Fraction] | None]

WAD = 10**18
UNITS = {"price": 24, "peak": 24, "collateral": 18, "borrow_assets": 6, "supply_assets": 6, "owed_shares": 12,
         "borrow_shares": 12, "supply_shares": 12, "seized": 18, "rate": 18, "assets": 6}  # fmt: skip
HELD = {"price": 2000 * 10**24, "peak": 2000 * 10**24, "collateral": 10 * WAD, "owed_shares": 18_000 * 10**12,
        "borrow_assets": 40_000_000_007, "borrow_shares": 39_000 * 10**12, "supply_assets": 50_000 * 10**6,
        "supply_shares": 48_000 * 10**12}  # fmt: skip


@pytest.fixture
def act(problem: Compose) -> Act:
    """The state in the contract's whole numbers after a rule acted, or None if it refuses."""

    def run(rule_name: str, inputs: Mapping[str, int], **changed: int) -> dict[str, Fraction] | None:
        system = problem("morpho-blue", "no_share_gets_dearer", "fixed").system
        rule = system.rule(rule_name)
        scale = {var: 10 ** (var.unit.decimals or 0) for var in (*system.state, *rule.inputs) if var.unit is not None}
        whole = HELD | changed
        state: Values = {var: Fraction(whole.get(var.name, 0)) / scale.get(var, 1) for var in system.state}
        given = {var: Fraction(inputs[var.name.split(".")[-1]]) / scale[var] for var in rule.inputs}
        post = advance(system, rule, state, given, "fixed")
        return None if post is None else {var.name: Fraction(post[var]) * scale.get(var, 1) for var in system.state}

    return run


def up(over: int, under: int) -> int:
    return -(-over // under)


def incentive(lltv: int) -> int:
    return min(115 * WAD // 100, WAD * WAD // (WAD - 3 * WAD // 10 * (WAD - lltv) // WAD))


def test_the_published_incentive_and_where_it_leaves_bad_debt(problem: Compose) -> None:
    pool = problem("morpho-blue", "solvency").pieces["pool"]
    factor = value(pool.incentive(), {})

    assert isinstance(factor, Fraction)
    assert round(factor, 7) == Fraction("1.0438413")
    assert 1 / factor == Fraction("0.958")
    assert value(pool.incentive(), {}, FIXED) == Fraction(incentive(86 * WAD // 100), WAD)


def test_a_liquidation_by_collateral_is_the_contracts_to_the_unit(act: Act) -> None:
    seized, price = 3 * WAD + 1, 2000 * 10**24
    assets, shares = HELD["borrow_assets"] + 1, HELD["borrow_shares"] + 10**6
    asked = up(up(up(seized * price, 10**36) * WAD, incentive(86 * WAD // 100)) * shares, assets)
    paid = up(asked * assets, shares)

    post = act("liquidate", {"seized": seized})

    assert post is not None
    assert post["collateral"] == HELD["collateral"] - seized
    assert post["owed_shares"] == HELD["owed_shares"] - asked
    assert post["borrow_assets"] == HELD["borrow_assets"] - paid
    assert post["cash_outside"] == -paid


def test_a_liquidation_by_shares_is_the_contracts_to_the_unit(act: Act) -> None:
    repaid, price = 7_000 * 10**12 + 11, 2000 * 10**24
    assets, shares = HELD["borrow_assets"] + 1, HELD["borrow_shares"] + 10**6
    seized = repaid * assets // shares * incentive(86 * WAD // 100) // WAD * 10**36 // price

    post = act("liquidate_shares", {"repaid": repaid})

    assert post is not None
    assert post["collateral"] == HELD["collateral"] - seized
    assert post["borrow_assets"] == HELD["borrow_assets"] - up(repaid * assets, shares)


def test_interest_is_compounded_by_three_terms_and_the_fee_is_paid_in_shares(problem: Compose) -> None:
    rate, elapsed, fee = 10**10 + 7, 31_536_000, WAD // 10
    first = rate * elapsed
    second = first * first // (2 * WAD)
    interest = HELD["borrow_assets"] * (first + second + second * first // (3 * WAD)) // WAD
    cut = interest * fee // WAD
    supplied = HELD["supply_assets"] + interest
    made = cut * (HELD["supply_shares"] + 10**6) // (supplied - cut + 1)

    system = problem("morpho-blue", "no_share_gets_dearer", "fixed", fee="0.1").system
    rule = system.rule("accrue_interest")
    scale = {var: 10 ** (var.unit.decimals or 0) for var in system.state if var.unit is not None}
    env: Values = {var: Fraction(HELD.get(var.name, 0)) / scale[var] for var in system.state}
    env |= dict(zip(rule.inputs, (Fraction(rate, WAD), Fraction(elapsed)), strict=True))
    post = {var.name: Fraction(str(value(term, env, FIXED))) * scale[var] for var, term in rule.updates.items()}

    assert post["borrow_assets"] == HELD["borrow_assets"] + interest
    assert post["supply_assets"] == supplied
    assert post["supply_shares"] == HELD["supply_shares"] + made


def test_who_owes_exactly_what_it_may_is_healthy_and_one_unit_more_is_not(act: Act) -> None:
    """Where a share is a token, 17 200 may be owed on 10 at 2000 and 86 %."""
    even = {"borrow_assets": 40_000 * 10**6, "borrow_shares": 40_000 * 10**12}

    assert act("liquidate", {"seized": WAD}, owed_shares=17_200 * 10**12, **even) is None
    assert act("liquidate", {"seized": WAD}, owed_shares=17_200 * 10**12 + 1, **even) is not None


def test_one_unit_of_collateral_left_blocks_the_write_off(act: Act, settle: Settle) -> None:
    owes = {"owed_shares": 39_000 * 10**12}
    all_of_it, all_but_one = (act("liquidate", {"seized": 10 * WAD - left}, **owes) for left in (0, 1))

    assert all_of_it is not None
    assert all_but_one is not None
    assert all_of_it["owed_shares"] == 0
    assert all_of_it["deficit"] > 20_000 * 10**6
    assert all_but_one["deficit"] == 0
    assert all_but_one["owed_shares"] > 20_000 * 10**12
    assert isinstance(settle("morpho-blue", "nothing_is_owed_on_nothing", shock="0.5").verdict, Proved)


@pytest.mark.parametrize(
    ("lltv", "published", "product"),
    [("0.385", "1.15", ".44275"), ("0.625", "1.12676", ".70423"), ("0.77", "1.07411", ".82707"),
     ("0.86", "1.04384", ".89770"), ("0.915", "1.02617", ".93894"), ("0.945", "1.01678", ".96085"),
     ("0.965", "1.01061", ".97524"), ("0.98", "1.00604", ".98592")],
)  # fmt: skip
def test_the_incentives_table_and_the_largest_solvent_drawdowns(
    lltv: str, published: str, product: str, problem: Compose, tight: Callable[..., Fraction]
) -> None:
    factor = value(problem("morpho-blue", "solvency", liquidation_threshold=lltv).pieces["pool"].incentive(), {})
    assert isinstance(factor, Fraction)
    edge = tight("morpho-blue", "solvency", "bound", liquidation_threshold=lltv)

    assert round(factor, 5) == Fraction(published)
    assert edge == 1 - Fraction(lltv) * factor
    assert round(1 - edge, 5) == Fraction(product)


def test_the_deepest_wick_is_the_closed_form(tight: Callable[..., Fraction]) -> None:
    assert tight("morpho-blue", "wick_survival", "bound", shock="wick", health="1.25") == Fraction("0.2")


FAULTS = [
    ("debt_shares", "debt rounded down where health is checked", "return self.assets_up(self.owed_shares)",
     "return self.assets_down(self.owed_shares)", "health_is_never_overstated"),
    ("debt_shares", "value rounded up where health is checked", "down(down(self.collateral * self.oracle.quote())",
     "up(down(self.collateral * self.oracle.quote())", "health_is_never_overstated"),
    ("isolated_market", "healthy at equality is liquidated", "healthy_position=~self.healthy()",
     "healthy_position=self.debt >= self.health_value()", "who_owes_just_what_it_may_is_safe"),
    ("isolated_market", "the healthy are liquidated", "healthy_position=~self.healthy()", "healthy_position=self.debt > 0",
     "healthy_is_safe"),
    ("isolated_market", "what is lost is not liquidated", "healthy_position=~self.healthy()",
     "healthy_position=~self.healthy() & (self.owed() <= self.worth(self.oracle.quote()))", "unhealthy_can_be_liquidated"),
    ("isolated_market", "withdrawal reads the health before it", "insufficient_collateral=post.healthy()\n        ).then(post)",
     "insufficient_collateral=self.healthy()\n        ).then(post)", "own_acts_keep_health"),
    ("isolated_market", "no write-off", "emptied = post.collateral == 0", "emptied = post.collateral < 0", "nothing_is_owed_on_nothing"),
    ("isolated_market", "the same", "emptied = post.collateral == 0", "emptied = post.collateral < 0", "always_collateralized"),
    ("isolated_market", "suppliers do not bear the write-off", "supply_assets=self.supply_assets - bad", "supply_assets=self.supply_assets",
     "conservation"),
    ("isolated_market", "the incentive is paid twice", "up(up(seized * self.oracle.quote()) / self",
     "up(up(seized * self.oracle.quote()) / self.incentive() / self", "what_is_seized_is_paid_for"),
    ("isolated_market", "the same by shares", "self.assets_down(repaid) * self.incentive()",
     "self.assets_down(repaid) * self.incentive() * self.incentive()", "lender_loss_cap"),
    ("isolated_market", "the same", "self.assets_down(repaid) * self.incentive()",
     "self.assets_down(repaid) * self.incentive() * self.incentive()", "borrower_loss_cap"),
    ("isolated_market", "the same", "up(up(seized * self.oracle.quote()) / self",
     "up(up(seized * self.oracle.quote()) / self.incentive() / self", "covered_positions_improve"),
    ("isolated_market", "withdrawal without a check of health", "insufficient_collateral=post.healthy()\n        ).then(post)",
     "insufficient_collateral=self.healthy()\n        ).then(post)", "solvency"),
    ("suppliers", "more is taken back than is there", "insufficient_liquidity=self.borrow_assets <= post.supply_assets,", "",
     "no_more_is_borrowed_than_supplied"),
    ("isolated_market", "others borrow more than is there", ", assets <= self.supply_assets)", ")",
     "no_more_is_borrowed_than_supplied"),
    ("suppliers", "a share of the supply stands for the whole", "shares = down(assets * (self", "shares = down(2 * assets * (self",
     "suppliers_lose_by_write_offs_only"),
    ("isolated_market", "a liquidation is paid for by suppliers", "supply_assets=self.supply_assets - bad",
     "supply_assets=self.supply_assets - bad - paid / 100", "suppliers_lose_by_write_offs_only"),
    ("isolated_market", "the healthy only are liquidated", "healthy_position=~self.healthy()",
     "healthy_position=self.healthy()", "unhealthy_can_be_liquidated"),
    ("isolated_market", "a share of debt must be left", "underflow=(shares <= self.owed_shares)",
     "underflow=(shares < self.owed_shares)", "all_debt_can_be_repaid"),
    ("isolated_market", "others leave less than this one owes", "            shares >= self.owed_shares,\n", "",
     "all_debt_can_be_repaid"),
    ("isolated_market", "assets taken for what is owed", "underflow=shares <= self.owed_shares).then(",
     "underflow=shares < self.owed_shares).then(", "all_debt_can_be_repaid_by_its_worth"),
    ("isolated_market", "some collateral must be left", "underflow=assets <= self.collateral,",
     "underflow=assets < self.collateral,", "who_owes_nothing_can_leave"),
    ("isolated_market", "shares taken for assets", "return self.shares_up(up(up(seized * self.oracle.quote()) / self.incentive()))",
     "return up(up(seized * self.oracle.quote()) / self.incentive())", None),
]  # fmt: skip


@pytest.mark.parametrize(("module", "fault", "old", "new", "claim"), FAULTS, ids=[row[1] for row in FAULTS])
def test_a_planted_fault_is_found(
    module: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted(module, "morpho-blue", fault, old, new, claim)


ROUNDINGS = [
    ("isolated_market", "more is seized than is paid for", "return down(down(self.assets", "return up(down(self.assets", "solvency"),
    ("isolated_market", "the same", "return down(down(self.assets", "return up(down(self.assets", "covered_debt_is_not_written_off"),
    ("isolated_market", "the same", "return down(down(self.assets", "return up(down(self.assets", "covered_debt_stays_covered"),
    ("isolated_market", "the same", "return down(down(self.assets", "return up(down(self.assets", "covered_positions_improve"),
    ("isolated_market", "less is paid than collateral costs", "up(up(seized * self.oracle.quote()) / self.incentive())",
     "down(up(seized * self.oracle.quote()) / self.incentive())", "what_is_seized_is_paid_for"),
    ("isolated_market", "less is paid than shares are worth", "paid = self.assets_up(repaid)",
     "paid = self.assets_down(repaid)", "no_share_gets_dearer"),
    ("isolated_market", "less is paid than borrowed assets fall by", "cash_outside=self.cash_outside - paid,\n        )\n        emptied",
     "cash_outside=self.cash_outside - self.assets_down(repaid),\n        )\n        emptied", "conservation"),
    ("debt_shares", "debt rounded down", "return self.assets_up(self.owed_shares)",
     "return self.assets_down(self.owed_shares)", "health_is_never_overstated"),
    ("debt_shares", "healthy below what may be owed", "return self.debt <= self.health_value()",
     "return self.debt < self.health_value()", "who_owes_just_what_it_may_is_safe"),
    ("suppliers", "shares of the supply rounded up", "shares = down(assets * (self", "shares = up(assets * (self",
     "suppliers_lose_by_write_offs_only"),
    ("debt_shares", "value not rounded before the threshold", "down(down(self.collateral * self.oracle.quote()) * self",
     "down(self.collateral * self.oracle.quote() * self", "numbers_fit"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "fault", "old", "new", "claim"), ROUNDINGS, ids=[row[-1] for row in ROUNDINGS])
def test_a_rounding_the_other_way_breaks_what_is_proved_in_units(
    module: str, fault: str, old: str, new: str, claim: str, planted_in_units: Callable[..., None]
) -> None:
    planted_in_units(module, "morpho-blue", fault, old, new, claim)


def test_shares_that_bring_no_incentive_are_found(planted: Callable[..., None]) -> None:
    old = "self.assets_down(repaid) * self.incentive()"
    planted(
        "isolated_market", "morpho-blue-any", "none", old, "self.assets_down(repaid)", "shares_bring_what_they_cost"
    )


ANYWHERE = [
    row
    for row in ROUNDINGS
    if row[-1] in {"covered_debt_is_not_written_off", "covered_debt_stays_covered", "what_is_seized_is_paid_for"}
]


@pytest.mark.parametrize(("module", "fault", "old", "new", "claim"), ANYWHERE, ids=[row[-1] for row in ANYWHERE])
def test_so_it_does_under_any_curve(
    module: str, fault: str, old: str, new: str, claim: str, planted_in_units: Callable[..., None]
) -> None:
    planted_in_units(module, "morpho-blue-any", fault, old, new, claim)


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [("isolated_market", "healthy_position=~self.healthy(),", "healthy_position=self.owed_shares > 0,"),
     ("debt_shares", "return self.debt <= self.health_value()", "return self.debt * 2 <= self.health_value()")],
    ids=["healthy positions are liquidated", "half of what it may"],
)  # fmt: skip
def test_a_wick_takes_collateral_where_health_is_misread(
    module: str, old: str, new: str, tmp_path: Path, prover: Prover
) -> None:
    """By a run: nothing else would tell a claim in whole units that is false from one that is hard."""
    faulty = mutant(module, "morpho-blue", old, new, tmp_path)
    (case,) = (c for c in cases([faulty], only=("wick_survival",), arithmetic="fixed") if not c.declared)

    assert isinstance(prover.finding(case, effort="runs").verdict, Refuted)


def test_an_incentive_rounded_up_to_hundredths_may_take_more_than_all(planted_in_units: Callable[..., None]) -> None:
    margin = "(self.cursor * (1 - self.liquidation_threshold), "
    claim = "threshold_leaves_room_for_the_incentive"
    planted_in_units("debt_shares", "morpho-blue-any", "hundredths", f"down{margin}18)", f"up{margin}2)", claim)


def test_an_incentive_paid_twice_harms_what_the_highest_would_not(planted: Callable[..., None]) -> None:
    paid = "/ self.incentive()))\n\n"
    claim = "improves_what_the_highest_incentive_would"
    planted("isolated_market", "morpho-blue-any", "twice", paid, f"/ self.incentive() {paid}", claim)

"""Positions that the protocol takes whole: published vectors, closed forms, and faults that the claims find."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.run import Values, advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Act = Callable[..., dict[str, Fraction] | None]
Q = Fraction

DROP = {"shock": "drop", "keepers": "prompt", "book__health": "1.25"}
SLIDE = {"shock": "slide", "shock__step": "0.02", "keepers": "prompt", "book__health": "1.25"}


@pytest.fixture
def act(problem: Compose) -> Act:
    """What a rule makes of one position, or None if it refuses; what is not named is zero."""

    def run(design: str, rule_name: str, inputs: dict[str, str] | None = None, **held: str) -> Any:
        system = problem(design, "conservation").system
        rule = system.rule(rule_name)
        state: dict[Any, Any] = {
            var: var.name in held if var.name in ("moved_once", "shut") else Q(held.get(var.name, "0"))
            for var in system.state
        }
        given = {var: Q((inputs or {})[var.name.split(".")[-1]]) for var in rule.inputs}
        post = advance(system, rule, state, given, "real")
        return None if post is None else {var.name: Q(amount) for var, amount in post.items()}

    return run


def test_comet_credits_95_and_sells_at_97_and_a_half_percent(act: Act) -> None:
    absorbed = act("compound-v3", "absorb", price="2000", collateral="10", debt="18000")
    sold = act("compound-v3", "buy", {"paid": "1950"}, price="2000", stock="10")

    assert absorbed is not None
    assert (absorbed["owner_cash"], absorbed["reserves"], absorbed["stock"]) == (1000, -19000, 10)
    assert sold is not None
    assert sold["stock"] == 9
    assert act("compound-v3", "buy", {"paid": "1950"}, price="2000", stock="10", reserves="5000000") is None


@pytest.mark.parametrize(("factor", "share"), [("0.5", ".975"), ("0.6", ".97")])
def test_comet_sells_at_its_published_shares_of_the_price(problem: Compose, factor: str, share: str) -> None:
    composed = problem("compound-v3", "conservation", storefront_factor=factor, liquidation_factor="0.95")
    prices: Values = {var: Q(2000) for var in composed.system.state if var.name == "price"}

    assert value(composed.pieces["pool"].storefront_price(), prices) == 2000 * Q(share)


def test_at_the_line_nobody_is_absorbed(act: Act) -> None:
    assert act("compound-v3", "absorb", price="2000", collateral="10", debt="17900") is None
    assert act("compound-v3", "absorb", price="2000", collateral="10", debt="17901") is not None


def test_recovery_mode_takes_110_percent_of_a_healthy_trove_and_leaves_the_rest(act: Act) -> None:
    held = {"collateral": "10", "debt": "15000", "others_collateral": "90", "deposits": "20000"}
    closed = act("liquity-v1", "liquidate", price="2000", others_debt="120000", **held)

    assert closed is not None
    assert closed["surplus"] == 10 - Q("1.1") * 15000 / 2000
    assert closed["liquidator_collateral"] == Q("0.005") * Q("8.25")
    assert closed["deposits"] == 5000
    assert act("liquity-v1", "liquidate", price="2000", others_debt="110000", **held) is None


def test_liquity_v2_leaves_what_the_penalties_do_not_take(act: Act) -> None:
    held = {"price": "1080", "collateral": "10", "debt": "10000", "others_collateral": "90"}
    by_savers = act("liquity-v2", "liquidate", deposits="20000", **held)
    by_others = act("liquity-v2", "liquidate", deposits="1", **held)

    assert by_savers is not None
    assert by_savers["saver_collateral"] * 1080 == 10500
    assert by_savers["surplus"] == 10 - Q("0.05") - Q(10500, 1080)
    assert by_others is not None
    assert (by_others["others_collateral"], by_others["others_debt"], by_others["surplus"]) == (100, 10000, 0)


@pytest.mark.parametrize("design", ["compound-v3", "liquity-v1", "liquity-v2"])
@pytest.mark.parametrize("shock", [DROP, SLIDE], ids=["drop", "slide"])
def test_lenders_lose_what_the_last_price_does_not_pay(tight: Callable[..., Fraction], design: str, shock: Any) -> None:
    counted = Q("0.95") / Q("0.895") if design == "compound-v3" else Q("1.1") * Q("0.995")
    left = Q("0.98") if shock is SLIDE else Q("0.5") * Q("1.25")

    assert tight(design, "lender_loss_cap", "cap", shock__bound="0.5", **shock) == max(0, 1 - left * counted)


@pytest.mark.parametrize("design", ["compound-v3", "liquity-v1", "liquity-v2"])
def test_solvency_ends_where_the_first_price_left_does_not_pay(tight: Callable[..., Fraction], design: str) -> None:
    counted = Q("0.95") / Q("0.895") if design == "compound-v3" else Q("1.1") * Q("0.995")

    assert tight(design, "solvency", "bound", **DROP) == 1 - 1 / (counted * Q("1.25"))


@pytest.mark.parametrize(
    ("design", "cap"), [("compound-v3", Q("0.05")), ("liquity-v1", Q(1, 11)), ("liquity-v2", Q(1, 11))]
)
def test_what_a_borrower_loses_at_most(tight: Callable[..., Fraction], design: str, cap: Fraction) -> None:
    assert tight(design, "borrower_loss_cap", "cap", shock__bound="0.3", **DROP) == cap


def test_who_pays_debt_down_in_recovery_mode_becomes_liquidatable_only_there(settle: Settle) -> None:
    any_time = settle("liquity-v1", "own_acts_open_nobody", first_ratio=1, book="any-position").verdict
    normal = settle("liquity-v1", "no_way_into_recovery", first_ratio=1, book="any-position").verdict

    assert isinstance(any_time, Refuted)
    assert any_time.run.steps[-1].rule in ("repay", "save")
    assert isinstance(normal, Proved)


FAULTS = [
    ("comet", "compound-v3", "an absorption takes who is healthy", "require(self.liquidatable()).then(",
     "require(self.debt > 0).then(", "healthy_is_safe"),
    ("comet", "compound-v3", "a balance below zero is kept as debt", "                debt=0,\n",
     "                debt=maximum(0, self.debt - self.credit()),\n", "absorbed_leaves_no_debt"),
    ("comet", "compound-v3", "reserves do not pay the credit", "self.reserves - (self.debt + left)",
     "self.reserves - self.debt", "conservation"),
    ("comet", "compound-v3", "the storefront is always open",
     ", not_for_sale=self.reserves < self.target_reserves", "", "sold_below_target_only"),
    ("comet", "compound-v3", "the storefront factor is of the whole price",
     "down(self.storefront_factor * (1 - self.liquidation_factor), 18)", "self.storefront_factor",
     "never_sold_below_credit"),
    ("comet", "compound-v3", "borrowing is checked at twice the factor", "self.debt <= down(self.borrow_factor",
     "self.debt <= down(2 * self.borrow_factor", "own_acts_keep_health"),
    ("comet", "compound-v3", "who has no collateral cannot be absorbed", "require(self.liquidatable()).then(",
     "require(self.liquidatable(), self.credit() >= self.debt).then(", "unhealthy_can_be_absorbed"),
    ("comet", "compound-v3", "half of the debt stays", "                debt=0,\n",
     "                debt=self.debt / 2,\n", "liquidation_improves_health"),
    ("stability_pool", "liquity-v1", "liquidators pay as savers do", "pool_cash=self.pool_cash + offset,",
     "pool_cash=self.pool_cash + offset, liquidator_cash=self.liquidator_cash - offset,", "liquidators_need_no_cash"),
    ("stability_pool", "liquity-v2", "a part of the debt stays", "                debt=0,\n",
     "                debt=self.debt / 2,\n", "liquidation_improves_health"),
    ("stability_pool", "liquity-v1", "savers sell what they get", "pool_cash=self.pool_cash + offset,\n            )\n",
     "pool_cash=self.pool_cash + offset,\n            ),\n            self.market.sell(to_savers),\n",
     "nothing_is_sold"),
    ("recovery_mode", "liquity-v1", "recovery mode ignores the average", "worse = self.below_all() &", "worse =",
     "better_than_all_is_safe"),
    ("recovery_mode", "liquity-v1", "a healthy trove is taken whole", "where(self.healthy(), minimum(self.collateral, most)",
     "where(self.healthy(), self.collateral", "healthy_keeps_the_rest"),
    ("recovery_mode", "liquity-v1", "savers pay for lost troves", "where(lost, 0, minimum(self.debt, self.deposits))",
     "minimum(self.debt, self.deposits)", "savers_never_pay_for_a_lost_trove_in_recovery"),
    ("recovery_mode", "liquity-v1", "savers may leave at any time", "return self.healthy()\n", "return self.debt >= 0\n",
     "savers_bear_what_they_agreed_to"),
    ("recovery_mode", "liquity-v1", "a healthy trove pays twice",
     "most = down(self.debt / self.liquidation_threshold / price)",
     "most = down(2 * self.debt / self.liquidation_threshold / price)", "healthy_keeps_the_rest"),
    ("recovery_mode", "liquity-v1", "savers' part is of the debt, not of the offset",
     "(seized - reward) * offset / self.debt", "(seized - reward) * offset / self.debt / 2",
     "savers_are_paid_where_it_is_covered"),
    ("recovery_mode", "liquity-v1", "liquidation needs a full pool", "~self.healthy() | (self.recovery() & worse)",
     "(self.debt <= self.deposits) & (~self.healthy() | (self.recovery() & worse))", "unhealthy_can_be_liquidated"),
    ("branches", "liquity-v2", "savers take no more than the debt", "self.worth(offset, self.pool_penalty)",
     "self.worth(offset, -self.pool_penalty)", "savers_are_paid_where_it_is_covered"),
    ("branches", "liquity-v2", "redistribution is not capped", "minimum(rest, self.worth(owed, self.redistribution_penalty))",
     "rest", "no_more_than_the_penalty_is_taken"),
    ("branches", "liquity-v2", "a shut branch lends", "super().may_borrow() & ~self.shut", "super().may_borrow()",
     "shutdown_is_final"),
    ("branches", "liquity-v2", "anyone shuts down a sound branch", "~self.shut, self.all_below(self.shutdown_ratio)",
     "~self.shut", "shutdown_is_final"),
    ("branches", "liquity-v2", "a redemption skips no lost trove", "open_ & covered &", "open_ &",
     "redemption_costs_nothing"),
    ("branches", "liquity-v2", "an urgent redemption pays its bonus twice", "self.worth(paid, self.urgent_bonus), self.shut",
     "self.worth(paid, 2 * self.urgent_bonus), self.shut", "urgent_redemption_costs_the_bonus"),
    ("branches", "liquity-v2", "what is redeemed is not burnt", "self.reduced(paid, got)",
     "self.reduced(paid, got).after(debt=self.debt)", "conservation"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=[f"{row[1]}: {row[2]}" for row in FAULTS]
)
def test_a_planted_fault_is_found(
    planted: Callable[..., None], module: str, design: str, fault: str, old: str, new: str, claim: str
) -> None:
    planted(module, design, fault, old, new, claim)

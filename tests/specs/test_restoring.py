"""Liquidations that restore a target, or health: the published vectors, closed forms, and faults that the claims find."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.run import advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Act = Callable[..., dict[str, Fraction] | None]
Q = Fraction


@pytest.fixture
def act(problem: Compose) -> Act:
    """What a rule makes of one collateral worth ``worth`` that secures ``debt``, or None if it refuses."""

    def run(design: str, rule_name: str, worth: str, debt: str, **inputs: str) -> dict[str, Fraction] | None:
        system = problem(design, "conservation").system
        rule = system.rule(rule_name)
        held = {"price": Q(worth), "collateral": Q(1), "debt": Q(debt)}
        state: dict[Any, Any] = {
            var: held.get(var.name, False if var.name == "moved_once" else Q(0)) for var in system.state
        }
        given = {var: Q(inputs[var.name.split(".")[-1]]) for var in rule.inputs}
        post = advance(system, rule, state, given, "real")
        return None if post is None else {var.name: Q(amount) for var, amount in post.items()}

    return run


def test_aave_v4_is_sized_to_the_published_repayment(act: Act) -> None:
    health = Q("0.83") * 20_000 / 17_000
    bonus = Q("0.04995") + (Q("0.0555") - Q("0.04995")) * (1 - health) / Q("0.1")
    sized = 17_000 * (Q("1.24") - health) / (Q("1.24") - (1 + bonus) * Q("0.83"))

    assert round(1 + bonus, 6) == Q("1.051256")
    assert round(sized, 2) == Q("12191.88")
    post = act("aave-v4", "liquidate", "20000", "17000", repaid=str(sized))
    assert post is not None
    assert Q("0.83") * 20_000 * post["collateral"] == Q("1.24") * post["debt"]
    assert act("aave-v4", "liquidate", "20000", "17000", repaid=str(sized + Q("0.000001"))) is None


def test_silo_repays_to_its_published_target(act: Act) -> None:
    post = act("silo", "liquidate", "100", "90", offer="90")

    assert post is not None
    assert round(90 - post["debt"], 4) == Q("70.5882")
    assert post["debt"] == Q("0.75") * 100 * post["collateral"]


def test_a_partial_liquidation_of_gearbox_that_does_not_restore_health_is_refused(act: Act) -> None:
    """At 100 against 90, each unit repaid brings 0.985 - 0.83/0.96 of the 7 that health lacks."""
    enough = 7 / (Q("0.985") - Q("0.83") / Q("0.96"))

    assert act("gearbox", "liquidate_part", "100", "90", offer=str(enough)) is not None
    assert act("gearbox", "liquidate_part", "100", "90", offer=str(enough - Q("0.000001"))) is None


@pytest.mark.parametrize(("worth", "bonus"), [("1.2", "0.024"), ("1.05", "0.05"), ("1.01", "0.01"), ("0.9", "0")])
def test_the_bonus_of_mars_is_the_slope_the_surplus_or_the_least(act: Act, worth: str, bonus: str) -> None:
    """With debt 1 and a bonus of 2 % and what health lacks of 1."""
    post = act("mars", "liquidate", worth, "1", offer="0.1")

    assert post is not None
    assert (1 - post["collateral"]) * Q(worth) == Q("0.1") * (1 + Q(bonus))


def test_without_room_for_the_bonus_the_repayment_is_negative(problem: Compose) -> None:
    """The configuration that Aave v4 and Silo exclude: T·s is 1.5."""
    pool = problem("silo", "conservation").pieces["pool"]

    assert (1 - Q("0.5") * 1) / (1 - Q("0.5") * 3) < 0
    assert value(pool.target_leaves_room_for_the_bonus(), {}) is True


@pytest.mark.parametrize(
    ("design", "claim", "vary", "settings"),
    [
        ("aave-v4", "solvency", "bound", {}),
        ("aave-v4", "lender_loss_cap", "cap", {"shock": "0.3"}),
        ("aave-v4", "borrower_loss_cap", "cap", {"shock": "0.3", "health": "1.25"}),
        ("silo", "solvency", "bound", {}),
        ("silo", "lender_loss_cap", "cap", {"shock": "0.3"}),
        ("silo", "borrower_loss_cap", "cap", {"shock": "0.05"}),
        ("silo", "borrower_loss_cap", "cap", {"shock": "0.12"}),
        ("gearbox", "solvency", "bound", {}),
        ("gearbox", "lender_loss_cap", "cap", {"shock": "0.3"}),
        ("gearbox", "borrower_loss_cap", "cap", {"shock": "0.3"}),
        ("mars", "solvency", "bound", {}),
        ("mars", "borrower_loss_cap", "cap", {"shock": "0.3"}),
        ("pre-liquidation", "wick_survival", "bound", {"shock": "wick", "health": "1.25"}),
        ("term", "solvency", "bound", {}),
        ("term", "lender_loss_cap", "cap", {"shock": "0.3"}),
        ("term", "borrower_loss_cap", "cap", {"shock": "0.05"}),
    ],
)
def test_closed_forms_are_tight(
    tight: Callable[..., Fraction], design: str, claim: str, vary: str, settings: dict[str, str]
) -> None:
    tight(design, claim, vary, **settings)


def test_splitting_pays_where_the_largest_bonus_begins_too_low(settle: Settle) -> None:
    edge = Q("0.83") * Q("1.0555")

    for begins, expected in ((edge, Proved), (edge - Q("0.01"), Refuted)):
        verdict = settle("aave-v4", "splitting_never_pays", full_bonus_health=begins, shock="0.5").verdict
        assert isinstance(verdict, expected), begins


V4, SILO, GEARBOX, MARS, ZONE, TERM = (
    ("target_health", "aave-v4"), ("silo", "silo"), ("credit_account", "gearbox"), ("mars", "mars"),
    ("zone", "pre-liquidation"), ("repurchase", "term"),
)  # fmt: skip

TARGET = "        return self.target_loan_to_value\n"
SPREAD = "\n    def spread(self) -> Real:\n        return "
OPEN = "\n    def liquidatable(self) -> Bool:\n        return "

FAULTS = [
    (TERM, "the window does not matter", "| self.ended | small)", "| ~self.ended | small)",
     "healthy_is_safe"),
    (TERM, "liquidations end at the initial ratio of nothing", "return 1 / (self.initial_ratio * (1 + self.net_exposure_cap))",
     "return 1 / (2 * self.initial_ratio * (1 + self.net_exposure_cap))", "excess_is_capped"),
    (TERM, "all may be closed at once", "require(step.guard, in_part)", "require(step.guard)",
     "covered_debt_is_not_all_repaid"),
    (TERM, "the protocol's share is the liquidator's, too", "self.liquidator_collateral + (seized - kept)",
     "self.liquidator_collateral + seized", "conservation"),
    (TERM, "the protocol takes twice its share", "kept = down(repaid * self.protocol_share",
     "kept = down(2 * repaid * self.protocol_share", "protocol_gets_its_share_of_damages"),
    (TERM, "withdrawals need no maintenance ratio", "return ~self.ended & super().may_withdraw()", "return ~self.ended",
     "own_acts_keep_health"),
    (TERM, "all of what is due must be covered", "| (repaid < self.debt)\n", "| (repaid == self.debt)\n",
     "liquidation_not_stuck"),
    (V4, "health is not read", "self.liquidatable(), ", "", "healthy_is_safe"),
    (V4, "dust of debt is left", "self.debt - repaid >= self.least_leftover", "self.debt - repaid >= 0",
     "no_dust_is_left"),
    (V4, "the slope is not cut", "minimum(1, fallen)", "fallen", "bonus_is_within_its_bounds"),
    (V4, "the slope is not cut", "minimum(1, fallen)", "fallen", "bonus_is_the_largest_at_low_health"),
    (V4, "the slope goes the other way", "(1 - health) / ", "(health - 1) / ", "bonus_never_rises_with_health"),
    (V4, "the factor does not count", "return self.liquidation_bonus * self.bonus_factor",
     "return self.liquidation_bonus", "bonus_at_the_threshold_is_its_share"),
    (V4, "what is left unpaid is owed", "debt=where(emptied, 0, owed)", "debt=owed", "no_collateral_no_debt"),
    (V4, "all collateral costs what it is worth", "up(value / self.spread())", "value", "repays_no_more_than_is_owed"),
    (V4, "the fee is of what the bonus lacks", "(self.spread() - 1) / self", "(1 - self.spread()) / self",
     "liquidators_get_no_more_than_is_seized"),
    (V4, "the fee is paid twice", "liquidator_collateral + (seized - fee)", "liquidator_collateral + seized",
     "conservation"),
    (V4, "the target does not end a liquidation", "<= self.beyond_target()", "<= self.debt", "never_past_the_target"),
    (V4, "all collateral is taken only of the lost", "self.collateral, value < self.debt * self.spread())",
     "self.collateral, value < self.debt)", "unhealthy_can_be_liquidated"),
    (V4, "all collateral is taken of the covered", "self.collateral, value < self.debt * self.spread())",
     "self.collateral, value > 0)", "solvency"),
    (SILO, "all debt is always due", "self.restoring() > self.whole_share * self.debt, self.debt",
     "self.restoring() > 0, self.debt", "never_past_the_target_unless_nearly_all_is_due"),
    (SILO, "twice what restores may be repaid", "self.debt, self.restoring())", "self.debt, 2 * self.restoring())",
     "never_past_the_target_unless_nearly_all_is_due"),
    (SILO, "the fee is taken from the liquidator", TARGET, TARGET + SPREAD + "1 - self.liquidation_bonus\n",
     "liquidators_do_not_lose"),
    (SILO, "the fee is paid twice", TARGET, TARGET + SPREAD + "1 + 2 * self.liquidation_bonus\n", "solvency"),
    (SILO, "just healthy is liquidated", TARGET, TARGET + OPEN + "self.debt >= self.health_value()\n", "healthy_is_safe"),
    (SILO, "half of what restores may be repaid", "self.debt, self.restoring())", "self.debt, self.restoring() / 2)",
     "one_liquidation_can_restore_health"),
    (GEARBOX, "a part need not restore health", "whole, post.healthy())", "whole)", "liquidation_restores_health"),
    (GEARBOX, "the fee comes before the debt", "paid = minimum(funds, self.debt)",
     "paid = minimum(down(funds * (1 - self.liquidation_fee)), self.debt)", "solvency"),
    (GEARBOX, "the fee is not kept from the debt repaid", "debt=self.debt - (offer - fee)", "debt=self.debt - offer",
     "conservation"),
    (GEARBOX, "the loss is not booked", "self.deficit + (self.debt - paid)", "self.deficit", "conservation"),
    (GEARBOX, "a part of a healthy account is taken", "require(self.liquidatable(), whole", "require(whole",
     "healthy_is_safe"),
    (("seizure", "mars"), "what collateral does not pay stays", "where(left == 0, 0, owed)", "owed",
     "one_liquidation_can_restore_health"),
    (("seizure", "pre-liquidation"), "what is lost is not liquidated", "require(offer > 0, self.liquidatable(),",
     "require(offer > 0, self.debt <= self.collateral * self.oracle.quote(), self.liquidatable(),",
     "one_liquidation_can_restore_health"),
    (GEARBOX, "the rest is not the owner's", "self.owner_cash + (funds - paid - fee)", "self.owner_cash",
     "borrower_loss_cap"),
    (MARS, "the surplus does not bound the bonus", "minimum(self.surplus(), self.liquidation_bonus)",
     "self.liquidation_bonus", "liquidation_improves_health"),
    (MARS, "the bonus is not bounded at all", "1 + minimum(sloped, ", "1 + maximum(sloped, ",
     "bonus_is_within_its_bounds"),
    (MARS, "the surplus counts from nothing", "self.debt - 1, 18)", "self.debt, 18)", "liquidation_improves_health"),
    (MARS, "the slope has the wrong sign", "+ down(self.slope", "- down(self.slope", "bonus_is_within_its_bounds"),
    (MARS, "the least bonus comes on top", "+ minimum(sloped, ", "+ self.least_bonus + minimum(sloped, ",
     "only_the_least_bonus_is_toxic"),
    (MARS, "the largest bonus is not read", "minimum(self.surplus(), self.liquidation_bonus)", "self.surplus()",
     "borrower_loss_cap"),
    (MARS, "the least bonus is a tenth", "self.liquidation_bonus), self.least_bonus)", "self.liquidation_bonus), 0.1)",
     "lender_loss_cap"),
    (ZONE, "the zone has no beginning", "self.debt > self.pre_threshold * self.value()", "self.debt > 0",
     "wick_survival"),
    (ZONE, "the zone has no end", "self.healthy() & (self.debt", "(self.debt", "zone_bonus_is_within_its_bounds"),
    (ZONE, "the spread grows twice as fast", "self.depth() * (self.last_bonus", "2 * self.depth() * (self.last_bonus",
     "zone_bonus_is_within_its_bounds"),
    (ZONE, "the bonus falls through the zone", "1 + self.first_bonus + down(", "1 + self.last_bonus - down(",
     "waiting_for_the_next_pays_no_more"),
    (ZONE, "nothing is repaid", "self.reduced(repaid, seized)", "self.reduced(repaid, seized).after(debt=self.debt)",
     "conservation"),
    (ZONE, "the same", "self.reduced(repaid, seized)", "self.reduced(repaid, seized).after(debt=self.debt)",
     "borrower_loss_cap"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "fault", "old", "new", "claim"), FAULTS, ids=[f"{r[0][1]}: {r[1]}" for r in FAULTS])
def test_a_planted_fault_is_found(
    where: tuple[str, str], fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted(*where, fault, old, new, claim)


@pytest.mark.parametrize(
    ("module", "design", "old", "new", "claim"),
    [
        ("seizure", "silo", "down(repaid * self.spread() / price)", "up(repaid * self.spread() / price)",
         "what_is_seized_is_paid_for"),
        ("seizure", "pre-liquidation", "most = up(", "most = down(", "what_is_seized_is_paid_for"),
        ("seizure", "mars", "self.liquidatable(), ", "", "healthy_is_safe"),
    ],
    ids=["seized rounded up", "repaid rounded down", "health is not read"],
)  # fmt: skip
def test_another_rounding_breaks_what_is_proved_in_units(
    module: str, design: str, old: str, new: str, claim: str, planted_in_units: Callable[..., None]
) -> None:
    planted_in_units(module, design, f"{claim}: {new}", old, new, claim)

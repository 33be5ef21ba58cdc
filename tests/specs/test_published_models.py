"""Models of published results: a table of numbers, and faults, each of which a claim finds."""

from collections.abc import Callable
from fractions import Fraction as Q

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted


@pytest.mark.parametrize(
    ("design", "health", "published"),
    [("split-on-compound", "0.999", ".00526"), ("split-on-compound", "0.99", ".05263"),
     ("split-on-compound", "0.95", ".2632"), ("split-on-aave", "0.999", ".00625"),
     ("split-on-aave", "0.99", ".0625"), ("split-on-aave", "0.95", ".3125")],
)  # fmt: skip
def test_what_a_second_liquidation_gains_is_the_published_table(
    settle: Callable[..., Finding], design: str, health: str, published: str
) -> None:
    room = {"split-on-compound": 1 - Q("0.75") * Q("1.08"), "split-on-aave": 1 - Q("0.8") * Q("1.05")}
    gain = (1 - Q(health)) / room[design]

    assert round(gain, len(published) - 1) == Q(published)
    for most, expected in ((gain, Proved), (gain - Q("0.00001"), Refuted)):
        verdict = settle(design, "two_gain_at_most", health=health, gain=most).verdict
        assert isinstance(verdict, expected), (most, verdict)


FAULTS = [
    ("toxicity", "several-collaterals", [
        ("a liquidation pays no bonus", "seized = repaid * (1 + self.liquidation_bonus)", "seized = repaid",
         "health_rises_exactly_above_what_is_spent"),
        ("the seized collateral counts in full", "return self.liquidation_threshold * self.collateral + self.others_count",
         "return self.collateral + self.others_count", "half_the_debt_doubles_the_distance"),
        ("more collateral leaves than is paid for", "collateral=self.collateral - seized,", "collateral=self.collateral - 2 * seized,",
         "shortfall_stays"),
        ("a liquidation takes half of what is left", "seized = repaid * (1 + self.liquidation_bonus)",
         "seized = repaid * (1 + self.liquidation_bonus) + self.collateral / 2", "bad_debt_is_the_shortfall_of_the_start"),
        ("what a bonus spends is left out", "return self.liquidation_threshold * (1 + self.liquidation_bonus)",
         "return self.liquidation_threshold", "half_the_debt_doubles_the_distance"),
        ("collateral is not taken at all", "self.after(collateral=self.collateral - seized, debt", "self.after(collateral=self.collateral, debt",
         "rest_is_covered_while_the_bonus_is"),
    ]),
    ("repayments", "restoring-sizes", [
        ("Aave's size leaves the bonus out", "(target - self.spread * self.liquidation_threshold)",
         "(target - self.liquidation_threshold)", "target_is_reached"),
        ("the target leaves no room", "self.spread * self.liquidation_threshold < self.target",
         "self.liquidation_threshold < self.target", "size_is_no_less_than_nothing"),
        ("Silo's fee counts twice", "ratio * (self.spread - 1))", "2 * ratio * (self.spread - 1))", "silo_repays_the_same"),
        ("healthy positions are liquidated", "require(self.counted() < self.debt, there)", "require(there)",
         "size_is_no_less_than_nothing"),
        ("debt is compared with collateral", "(target * self.debt - self.counted())", "(target * self.debt - self.collateral)",
         "feasible_exactly_while_covered"),
        ("the same", "(target * self.debt - self.counted())", "(target * self.debt - self.collateral)",
         "nothing_to_repay_exactly_at_the_target_or_above"),
        ("what is missing has the wrong sign", "(target * self.debt - self.counted())", "(self.counted() - target * self.debt)",
         "more_health_asks_for_no_more"),
        ("the target plays no part in what is missing", "(target * self.debt - self.counted())", "(self.debt - self.counted())",
         "higher_target_asks_the_covered_for_no_less"),
    ]),
    ("repayments", "split-in-two", [
        ("a healthy rest is liquidated, too", "sane, between.counted() < between.debt)", "sane)", "first_keeps_it_unhealthy"),
        ("the close factor bounds no first repayment", "(first <= self.close_factor * self.debt) &", "(first <= self.debt) &",
         "two_gain_what_is_published"),
        ("the second repays all", "second = self.close_factor * between.debt", "second = between.debt",
         "two_gain_what_is_published"),
        ("what is gained is counted twice", "(self.spread - 1) * (first + second)", "2 * (self.spread - 1) * (first + second)",
         "one_is_as_good"),
        ("twice as much is seized", "self.collateral - repaid * self.spread", "self.collateral - 2 * repaid * self.spread",
         "first_keeps_it_unhealthy"),
    ]),
    ("buyback", "stablecoin-buyback", [
        ("a price that stays", "return self.pool_cash * bought / (self.pool_coins - bought)",
         "return self.pool_cash * bought / self.pool_coins", "more_costs_more"),
        ("what is paid leaves the pool", "pool_cash=self.pool_cash + paid,", "pool_cash=self.pool_cash - paid,",
         "buying_raises_the_price"),
        ("what is bought is not burnt", "issued=self.issued - bought,", "issued=self.issued,", "buying_helps_while_cheap"),
        ("nothing is paid", "collateral=self.collateral - paid / self.shock.price,", "collateral=self.collateral,",
         "buying_hurts_once_dear"),
        ("slack is not asked for", "return self.margin(self.slack) >= 0", "return self.margin() >= 0",
         "stays_covered"),
    ]),
    ("governance", "threshold-ramp", [
        ("a lower threshold counts at once", "remaining=where(to < self.threshold(), self.duration, 0)", "remaining=0",
         "nobody_is_liquidatable_at_once"),
        ("a ramp begins at the target", "self.after(before=self.threshold(), target=to, remaining", "self.after(before=to, target=to, remaining",
         "nobody_is_liquidatable_at_once"),
        ("a ramp takes two steps a tick", "maximum(0, self.remaining - amount(1, TICKS))",
         "maximum(0, self.remaining - amount(2, TICKS))", "a_tick_takes_its_share_at_most"),
        ("a ramp overshoots", "return self.target + maximum(0, self.before - self.target)",
         "return self.target - maximum(0, self.before - self.target)", "stays_above_its_target"),
        ("thresholds start anywhere", "return self.setting.threshold() <= self.liquidation_threshold",
         "return self.setting.threshold() <= 1", "solvency"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new", "claim"),
    [(module, design, *fault) for module, design, faults in FAULTS for fault in faults],
    ids=lambda item: str(item)[:40],
)
def test_a_planted_fault_is_refuted(
    module: str, design: str, fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted(module, design, fault, old, new, claim)

"""Fluid: closed forms, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest


@pytest.mark.parametrize(
    ("claim", "vary", "settings", "edge"),
    [
        ("solvency", "bound", {}, "0.17"),
        ("lender_loss_cap", "cap", {"shock": "0.5"}, "41/166"),
        ("borrower_loss_cap", "cap", {"shock": "0.05"}, "83/4883"),
        ("borrower_loss_cap", "cap", {"shock": "0.3"}, "0.1"),
        ("borrower_loss_cap", "cap", {"shock": "wick", "shock.bound": "0.3", "health": "1.25"}, "0.37"),
        ("wick_survival", "bound", {"shock": "wick", "health": "1.25"}, "0.2"),
    ],
)
def test_closed_forms_are_tight(
    tight: Callable[..., Fraction], claim: str, vary: str, settings: dict[str, str], edge: str
) -> None:
    assert tight("fluid", claim, vary, **settings) == Fraction(edge)


FAULTS = [
    ("the healthy are absorbed", "~self.absorbed & ~self.within_limit()", "~self.absorbed", "healthy_is_safe"),
    ("beyond the limit liquidators are served too", "& ~self.absorbed & self.within_limit()", "& ~self.absorbed",
     "nothing_is_written_off"),
    ("who absorbs is paid", "self.after(absorbed=True)",
     "self.after(absorbed=True, liquidator_cash=self.liquidator_cash + self.debt / 100)", "absorbing_moves_nothing"),
    ("absorbed collateral is given away", "self.reduced(repaid, seized)",
     "self.reduced(repaid, seized).after(debt=self.debt)", "conservation"),
    ("all absorbed collateral for any offer", "down(self.collateral * repaid / self.debt)", "self.collateral", "solvency"),
    ("withdrawals are not checked", "        return self.may_borrow()", "        return self.debt >= 0",
     "own_acts_keep_health"),
    ("nothing is absorbed", "require(self.absorbable())", "require(self.absorbable(), self.healthy())", "liquidation_not_stuck"),
]  # fmt: skip


TICKS = [
    ("half goes to both at once", "minimum(offer, (self.level", "minimum(offer / 2, (self.level", "safer_ticks_wait"),
    ("the riskier tick does not stop", "maximum(self.safer_level, self.threshold)", "self.threshold",
     "ticks_keep_their_order"),
    ("nothing stops at the threshold", "both - self.threshold * held", "both", "nobody_goes_below_the_threshold"),
    ("an offer is spent twice", "minimum(offer - first,", "minimum(offer,", "portions_add_up"),
    ("a position misses the first part", "self.own_debt * left / self.debt() * kept", "self.own_debt * kept",
     "one_tick_loses_alike"),
    ("a position pays for the other tick", "self.safer_own_debt * kept", "self.safer_own_debt * kept * left / self.debt()",
     "one_tick_loses_alike"),
    ("a ratio counts no collateral for debt", "level / (1 + self.seizes * level)", "level",
     "repays_what_the_contract_asks_for"),
]  # fmt: skip

GRID = [
    ("the threshold's tick is liquidated", "self.tick > self.", "self.tick >= self.", "healthy_by_a_step_is_safe"),
    ("the first tick above it is not", "self.tick > self.threshold_tick", "self.tick > self.spacing * self.threshold_tick",
     "unhealthy_can_be_liquidated"),
    ("ratios are rounded down", "(self.ratio < self.tick) & (self.tick <= self.spacing * self.ratio)",
     "(self.ratio > self.tick) & (self.ratio <= self.spacing * self.tick)", "unhealthy_can_be_liquidated"),
    ("the threshold is rounded up", "(tick <= threshold) & (threshold < self.spacing * tick)",
     "(tick > threshold) & (tick <= self.spacing * threshold)", "unhealthy_can_be_liquidated"),
    ("there are ticks in between", "self.tick >= self.spacing * tick", "self.tick > tick", "healthy_by_a_step_is_safe"),
]  # fmt: skip

PLACES = [("fluid_vault", "fluid", *row) for row in FAULTS]
PLACES += [("fluid_ticks", "fluid-ticks", *row) for row in TICKS]
PLACES += [("fluid_grid", "fluid-grid", *row) for row in GRID]


@pytest.mark.parametrize(("module", "design", "fault", "old", "new", "claim"), PLACES, ids=[row[2] for row in PLACES])
def test_a_planted_fault_is_refuted(
    module: str, design: str, fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted(module, design, fault, old, new, claim)

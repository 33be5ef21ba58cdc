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


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted(fault: str, old: str, new: str, claim: str, planted: Callable[..., None]) -> None:
    planted("fluid_vault", "fluid", fault, old, new, claim)

"""Twyne: who keeps what, closed forms, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.interpretations.exact import value
from verifier.language.lower import Problem


@pytest.mark.parametrize(("debt", "kept"), [("8330", "1.67"), ("9300", "0"), ("8815", "0.835"), ("9900", "0")])
def test_what_a_user_keeps(problem: Callable[..., Problem], debt: str, kept: str) -> None:
    """Of 10 worth 10 000: all equity at 83.3 %, nothing from 93 % on, and in a straight line between."""
    found = problem("twyne", "conservation")
    pool = found.pieces["pool"]
    state = {var: Fraction(0) for var in found.system.state}
    state |= {var: Fraction(1000) for var in found.system.state if var.name == "price"}
    state |= {var: Fraction(10) for var in found.system.state if var.name == "collateral"}
    state |= {var: Fraction(debt) for var in found.system.state if var.name == "debt"}

    assert value(pool.kept(), state) == Fraction(kept)


@pytest.mark.parametrize(
    ("claim", "vary", "settings", "edge"),
    [
        ("solvency", "bound", {}, "0.1"),
        ("lender_loss_cap", "cap", {"shock": "0.5"}, "11/36"),
        ("borrower_loss_cap", "cap", {"shock": "0.3"}, "0.07"),
        ("borrower_loss_cap", "cap", {"shock": "0.02"}, None),
        ("wick_survival", "bound", {"shock": "wick", "health": "1.25"}, "0.2"),
    ],
)
def test_closed_forms_are_tight(
    tight: Callable[..., Fraction], claim: str, vary: str, settings: dict[str, str], edge: str | None
) -> None:
    lost = (Fraction("0.9") / Fraction("0.98") - Fraction("0.833")) * Fraction("0.07") / Fraction("0.097")

    assert tight("twyne", claim, vary, **settings) == (lost if edge is None else Fraction(edge))


FAULTS = [
    ("the healthy are inherited", "require(self.liquidatable(), ~self.inherited", "require(~self.inherited", "healthy_is_safe"),
    ("what is inherited may be unhealthy", "paid <= self.debt, post.healthy())", "paid <= self.debt)",
     "inherited_is_healthy"),
    ("users keep half of it", "return down((1 - least) * self.collateral * share)", "return down((1 - least) * self.collateral * share / 2)",
     "heirs_gain_what_exceeds_the_usable"),
    ("users keep all", "return down((1 - least) * self.collateral * share)", "return self.collateral", "heirs_do_not_lose"),
    ("no share is cut off at the largest", "maximum(0, self.largest * value - self.debt)", "self.debt",
     "users_keep_nothing_from_the_largest_on"),
    ("the buffer is not kept", "minimum(self.usable() * (self.collateral + self.credit), chosen)", "chosen",
     "comes_before_the_external_liquidation"),
    ("credit is given back unchecked", "less <= self.credit, post.healthy())", "less <= self.credit)",
     "own_acts_keep_health"),
    ("what is kept is paid by nobody", "collateral=self.collateral - self.kept() + added,", "collateral=self.collateral + added,",
     "conservation"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_planted_fault_is_refuted(fault: str, old: str, new: str, claim: str, planted: Callable[..., None]) -> None:
    planted("twyne", "twyne", fault, old, new, claim)

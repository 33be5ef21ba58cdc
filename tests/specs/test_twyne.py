"""Twyne: who keeps what, closed forms, and planted faults."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.interpretations.exact import value
from verifier.language.lower import Problem

Q = Fraction

USABLE, CHOSEN, LARGEST = Q("0.8134"), Q("0.9"), Q("0.93")
SLIDE = {"shock": "slide", "shock__bound": "0.5", "keepers": "prompt"}
WICK = {"shock": "wick", "keepers": "nobody"}


@pytest.mark.parametrize(
    ("debt", "kept"), [("8000", "2"), ("8134", "1.866"), ("8717", "0.933"), ("9300", "0"), ("9900", "0")]
)
def test_what_a_user_keeps(problem: Callable[..., Problem], debt: str, kept: str) -> None:
    """Of 10 worth 10 000: all equity up to 81.34 %, nothing from 93 % on, and in a straight line between."""
    found = problem("twyne", "conservation")
    pool = found.pieces["pool"]
    held = {"price": Q(1000), "collateral": Q(10), "debt": Q(debt)}
    state = {var: held.get(var.name, Q(0)) for var in found.system.state}

    assert value(pool.kept(pool.collateral), state) == Q(kept)


def kept(owed: Fraction) -> Fraction:
    """The user's share of its collateral at this loan-to-value."""
    return (1 - USABLE) * (LARGEST - owed) / (LARGEST - USABLE)


@pytest.mark.parametrize(
    ("claim", "vary", "settings", "edge"),
    [
        ("solvency", "bound", {}, 1 - CHOSEN),
        ("solvency", "bound", {"book__health": "1.25"}, 1 - CHOSEN / Q("1.25")),
        ("solvency", "bound", {**SLIDE, "shock__step": "0.2", "book__health": "1.25"}, 1 - CHOSEN / Q("1.25")),
        ("lender_loss_cap", "cap", {"shock": "0.5", "book__health": "1.25"}, 1 - Q("0.625") / CHOSEN),
        ("lender_loss_cap", "cap", {**SLIDE, "shock__step": "0.1", "book__health": "1"}, Q(0)),
        ("lender_loss_cap", "cap", {**SLIDE, "shock__step": "0.2", "book__health": "1"}, 1 - Q("0.8") / CHOSEN),
        ("borrower_loss_cap", "cap", {"shock": "0.3"}, 1 - LARGEST),
        ("borrower_loss_cap", "cap", {"shock": "0.02"}, 1 - CHOSEN / Q("0.98") - kept(CHOSEN / Q("0.98"))),
        ("borrower_loss_cap", "cap", {**WICK, "shock__bound": "0.3"}, 1 - LARGEST * Q("0.7")),
        ("borrower_loss_cap", "cap", {**WICK, "shock__bound": "0.02"}, 1 - CHOSEN - kept(CHOSEN / Q("0.98"))),
        ("borrower_loss_cap", "cap", {**WICK, "shock__bound": "0.2", "book__health": "1.25"}, Q(0)),
        ("wick_survival", "bound", {**WICK, "book__health": "1.25"}, Q("0.2")),
    ],
)
def test_closed_forms_are_tight(
    tight: Callable[..., Fraction], claim: str, vary: str, settings: dict[str, Any], edge: Fraction
) -> None:
    assert tight("twyne", claim, vary, **settings) == edge


FAULTS = [
    ("the healthy are inherited", "require(self.liquidatable(), paid", "require(self.debt > 0, paid", "healthy_is_safe"),
    ("what is inherited may be unhealthy", "paid <= self.debt, post.healthy())", "paid <= self.debt)",
     "inherited_is_healthy"),
    ("the same", "paid <= self.debt, post.healthy())", "paid <= self.debt)", "liquidation_improves_health"),
    ("what is lost is not inherited", "require(self.liquidatable(), paid",
     "require(self.liquidatable(), self.debt <= self.collateral * self.oracle.quote(), paid", "unhealthy_can_be_inherited"),
    ("heirs sell the user's collateral", "post.healthy()).then(post)\n\n    def borrower",
     "post.healthy()).then(post, self.market.sell(kept))\n\n    def borrower", "nothing_is_sold"),
    ("users keep half of it", "return down(where(self.debt <= least * value, value - self.debt, sloped) / self.oracle.quote())",
     "return down(where(self.debt <= least * value, value - self.debt, sloped) / self.oracle.quote() / 2)",
     "heirs_gain_what_exceeds_the_usable"),
    ("users keep all", "return down(where(self.debt <= least * value, value - self.debt, sloped) / self.oracle.quote())",
     "return held", "heirs_do_not_lose"),
    ("the share is not cut off at the largest", "short = maximum(0, self.largest * value - self.debt)",
     "short = maximum(0, value - self.debt)", "users_keep_nothing_from_the_largest_on"),
    ("the buffer is not kept", "minimum(self.secured(), self.chosen())", "self.chosen()",
     "comes_before_the_external_liquidation"),
    ("credit that is needed is given back", "less <= self.credit, post.secured() >= self.chosen()", "less <= self.credit",
     "rebalancing_leaves_health"),
    ("one may borrow beyond what the credit secures", "class Twyne(Loan):",
     "class Twyne(Loan):\n    def may_borrow(self) -> Bool:\n        return self.debt <= self.chosen() * self.oracle.quote()\n",
     "own_acts_keep_health"),
    ("what is kept is paid by nobody", "collateral=self.collateral - kept + added,", "collateral=self.collateral + added,",
     "conservation"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_planted_fault_is_refuted(fault: str, old: str, new: str, claim: str, planted: Callable[..., None]) -> None:
    planted("inheritance", "twyne", fault, old, new, claim)


OUTSIDE = [
    ("settled while it is unhealthy outside", "require(self.taken > 0, self.healthy_outside())", "require(self.taken > 0)",
     "who_settles_does_not_lose"),
    ("credit comes last", "minimum(self.balance() - minimum(self.balance(), self.needed()), self.credit)",
     "minimum(where(self.balance() > self.collateral, self.balance() - self.collateral, 0), self.credit)", "user_pays_first"),
    ("the user is paid by credit", "rest = self.balance() - self.released()", "rest = self.balance()", "conservation"),
    ("the user has all that is left of the debt", "claim = where(self.debt > 0, self.kept(rest), rest)", "claim = rest",
     "credit_comes_before_the_user"),
    ("the settler is not paid", "self.liquidator_collateral + (rest - claim)", "self.liquidator_collateral + 0 * (rest - claim)",
     "who_settles_does_not_lose"),
    ("outside they take twice the bonus", "paid * (1 + self.external_bonus)", "paid * (1 + 2 * self.external_bonus)",
     "enough_stays_enough"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), OUTSIDE, ids=[row[0] for row in OUTSIDE])
def test_a_fault_in_the_settlement_is_refuted(
    fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted("external_liquidation", "twyne-external", fault, old, new, claim)


@pytest.mark.parametrize(
    ("settings", "edge"),
    [
        ({}, 1 - CHOSEN / LARGEST),
        ({"book__health": "1.25"}, 1 - CHOSEN / LARGEST / Q("1.25")),
        ({"external_bonus": "0.1"}, 1 - Q("0.98")),
        ({"external_bonus": "0.1", "liquidation_threshold": "0.85"}, 1 - Q("0.85") * Q("1.1")),
    ],
)
def test_credit_is_safe_while_the_users_part_is_enough(
    tight: Callable[..., Fraction], settings: dict[str, Any], edge: Fraction
) -> None:
    assert tight("twyne-external", "credit_loses_nothing", "bound", **settings) == edge

"""Liquidation by defaulting: closed forms on both sides, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest

Tight = Callable[..., Fraction]
Q = Fraction
DROP = {"shock": "drop"}
WICK = {"shock": "wick", "shock__duration": 3, "keepers": "nobody"}
LINE, KEPT, FEE = Q("0.855"), 1 - Q("0.2") * Q("0.05") / Q("1.05"), Q("0.05")


def slide(step: str) -> dict[str, str]:
    return {"shock": "slide", "shock__step": step}


@pytest.mark.parametrize(("step", "health"), [("0.15", "1"), ("0.2", "1.25"), ("0.1", "1")])
def test_prompt_keepers_leave_lenders_one_fall_past_the_line(tight: Tight, step: str, health: str) -> None:
    cap = tight("defaulting", "default_loss_cap", "cap", shock__bound="0.5", book__health=health, **slide(step))

    assert cap == max(0, 1 - KEPT * (1 - Q(step)) / LINE)


@pytest.mark.parametrize("name", ["lender_loss_cap", "default_loss_cap"])
@pytest.mark.parametrize(("bound", "health"), [("0.5", "1.25"), ("0.3", "1.25"), ("0.2", "1.25"), ("0.2", "1")])
def test_after_a_drop_lenders_have_the_collateral_less_the_keeper_s_share(
    tight: Tight, name: str, bound: str, health: str
) -> None:
    cap = tight("defaulting", name, "cap", shock__bound=bound, book__health=health, **DROP)

    assert cap == max(0, 1 - KEPT * (1 - Q(bound)) * Q(health) / Q("0.83"))


@pytest.mark.parametrize("shock", [DROP, slide("0.2")], ids=["drop", "slide"])
def test_solvent_up_to_the_fall_that_covers_the_debt_and_the_keeper(tight: Tight, shock: dict[str, str]) -> None:
    assert tight("defaulting", "solvency", "bound", **shock) == 1 - Q("0.83") / (Q("1.25") * KEPT)


@pytest.mark.parametrize("step", ["0.5", "0.1"])
def test_what_lenders_hold_falls_on(tight: Tight, step: str) -> None:
    cap = tight("defaulting", "lender_loss_cap", "cap", shock__bound="0.5", **slide(step))

    assert cap == 1 - Q("0.5") * Q("1.25") / Q("0.83") * LINE * (1 + FEE) * KEPT


@pytest.mark.parametrize(
    ("shock", "bound", "cap"),
    [
        (DROP, "0.5", FEE / (1 + FEE)),
        (DROP, "0.25", Q("0.83") / Q("1.25") / Q("0.75") * FEE),
        (DROP, "0.2", 0),
        (slide("0.3"), "0.25", Q("0.83") / Q("1.25") / Q("0.75") * (1 + FEE)),
        (slide("0.2"), "0.5", 1),
        (WICK, "0.5", 1 - Q("0.5") / (1 + FEE)),
        (WICK, "0.2", 0),
    ],
)
def test_borrowers_lose_the_fee_and_the_recovery(
    tight: Tight, shock: dict[str, str], bound: str, cap: Fraction
) -> None:
    assert tight("defaulting", "borrower_loss_cap", "cap", shock__bound=bound, **shock) == cap


@pytest.mark.parametrize("health", ["1", "1.25"])
def test_the_margin_lets_deeper_wicks_pass(tight: Tight, health: str) -> None:
    edge = tight("defaulting", "wick_survival", "bound", book__health=health, **WICK)

    assert edge == 1 - Q("0.83") / (Q(health) * LINE)


FAULTS = [
    ("the keeper takes its share of everything", "self.keeper_share * self.liquidation_fee / (1 + self.liquidation_fee))\n",
     "self.keeper_share)\n", "keeper_gets_its_share_of_the_fee"),
    ("the fee is on nothing", "down(self.debt * (1 + self.liquidation_fee) / price)", "down(self.debt / price)",
     "lenders_are_whole_if_covered"),
    ("the margin is forgotten", "return self.liquidation_threshold + self.margin", "return self.liquidation_threshold",
     "wick_survival"),
    ("lenders get the keeper's share, too", "self.lender_collateral + (seized - reward)", "self.lender_collateral + seized",
     "conservation"),
    ("the debt stays", "debt=0,", "debt=self.debt,", "conservation"),
    ("half of the debt stays", "debt=0,", "debt=self.debt / 2,", "liquidation_improves_health"),
    ("twice the margin must be passed", "unhealthy = self.debt > self.line() *", "unhealthy = self.debt > (self.line() + self.margin) *",
     "beyond_the_line_can_be_defaulted"),
    ("the keeper pays the debt", "cancelled=self.cancelled + self.debt,",
     "cancelled=self.cancelled + self.debt, liquidator_cash=self.liquidator_cash - self.debt,",
     "liquidators_need_no_cash"),
    ("holders sell", "    holders_keep = unsold(sell)\n", "", "nothing_is_sold"),
    ("what is missing counts twice", "deficit=self.deficit + missing", "deficit=self.deficit + missing * 2", "default_loss_cap"),
    ("what lenders are given up for is not counted", "cancelled=self.cancelled + self.debt", "cancelled=self.cancelled",
     "conservation"),
    ("what lenders hold counts for half", "held = self.lender_collateral * price", "held = self.lender_collateral * price / 2",
     "lender_loss_cap"),
    ("healthy positions are defaulted", "require(self.due()).then", "require(self.debt > 0).then", "wick_survival"),
    ("the price upside down", "(1 + self.liquidation_fee) / price)", "(1 + self.liquidation_fee) * price)", None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_is_found(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("defaulting", "defaulting", fault, old, new, claim)

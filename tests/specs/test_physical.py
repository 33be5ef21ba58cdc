"""Physical settlement: closed forms on both sides, planted faults, and how pools share what is forfeited."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted

Settle = Callable[..., Finding]
Tight = Callable[..., Fraction]
Q = Fraction
DROP = {"shock": "drop", "keepers": "prompt"}
SLIDE = {"shock": "slide", "shock__step": "0.2", "keepers": "prompt"}
WICK = {"shock": "wick", "shock__duration": 3}


@pytest.mark.parametrize("shock", [DROP, SLIDE], ids=["drop", "slide"])
@pytest.mark.parametrize("health", ["1", "1.25"])
def test_lenders_lose_what_the_fall_takes_beyond_the_room_at_the_start(
    tight: Tight, shock: dict[str, str], health: str
) -> None:
    room = 1 - Q("0.83") / Q(health)
    settings = shock | {"book__health": health}

    cap = tight("physical-settlement", "lender_loss_cap", "cap", shock__bound="0.5", **settings)
    assert cap == max(0, 1 - Q("0.5") / (1 - room))
    assert tight("physical-settlement", "solvency", "bound", **settings) == room


@pytest.mark.parametrize(
    ("shock", "bound", "cap"),
    [(DROP, "0.5", 0), (SLIDE, "0.3", 0), (SLIDE, "0.4", 1), (WICK, "0.3", 0), (WICK, "0.5", "0.5")],
)
def test_a_rational_borrower_misses_no_more_than_the_recovery_after_maturity(
    tight: Tight, shock: dict[str, str], bound: str, cap: str
) -> None:
    assert tight("physical-settlement", "borrower_loss_cap", "cap", shock__bound=bound, **shock) == Q(cap)


def test_a_borrower_that_may_forget_can_lose_everything(tight: Tight) -> None:
    assert tight("physical-any-borrower", "borrower_loss_cap", "cap", shock__bound="0.1", **DROP) == 1


@pytest.mark.parametrize("health", ["1", "1.25"])
def test_a_wick_takes_collateral_only_at_maturity_and_only_beyond_the_room(tight: Tight, health: str) -> None:
    edge = tight("physical-settlement", "wick_survival", "bound", book__health=health, **WICK)

    assert edge == 1 - Q("0.83") / Q(health)


def test_before_maturity_the_deepest_wick_is_survived(settle: Settle) -> None:
    found = settle("physical-until-maturity", "wick_survival", shock__bound="0.9999", shock__duration=100)

    assert isinstance(found.verdict, Proved)


def test_an_absent_borrower_s_collateral_leaves_at_maturity_whatever_the_price_did(settle: Settle) -> None:
    assert isinstance(settle("physical-any-borrower", "wick_survival", shock="wick", bound=0).verdict, Refuted)


FAULTS = [
    ("lenders take the collateral before maturity", "over = self.now >= self.maturity",
     "over = self.now >= self.maturity - amount(1, TICKS)", "wick_before_maturity_changes_nothing"),
    ("a loan may stay open for ever", "debt=where(over, 0, self.debt)", "debt=self.debt", "settled_after_maturity"),
    ("half of the collateral stays behind", "forfeited=self.forfeited + where(over, self.collateral, 0)",
     "forfeited=self.forfeited + where(over, self.collateral / 2, 0)", "lenders_get_the_lesser_at_least"),
    ("half is paid, all is returned", "lender_cash=self.lender_cash + self.debt", "lender_cash=self.lender_cash + self.debt / 2",
     "conservation"),
    ("what is returned is sold", "lender_cash=self.lender_cash + self.debt,\n            )\n",
     "lender_cash=self.lender_cash + self.debt,\n            ),\n            self.market.sell(self.collateral),\n",
     "nothing_is_sold"),
    ("repayment does not return the collateral", "returned=self.returned + self.collateral", "returned=self.returned + 0",
     "claims_add_up"),
    ("the guard reads the price", "require(self.now <= self.maturity, self.debt > 0)",
     "require(self.now <= self.maturity, self.debt > 0, self.healthy())", "oracle_noninterference"),
    ("debt for collateral", "forfeited=self.forfeited + where(over, self.collateral, 0)",
     "forfeited=self.forfeited + where(over, self.debt, 0)", None),
    ("who repays may keep its debt", "collateral=0,\n                debt=0", "collateral=0,\n                debt=self.debt",
     "conservation"),
]  # fmt: skip
POOL_FAULTS = [
    ("shares are rounded up", "down(self.forfeited * contributed / self.total)",
     "-down(-(self.forfeited * contributed / self.total))", "claims_are_covered"),
    ("a lender may come twice", "self.claimed + contributed <= self.total)", "contributed <= self.total)", "claims_are_covered"),
    ("a lender is paid for what came before, too", "down(self.forfeited * contributed / self.total)",
     "down(self.forfeited * (self.claimed + contributed) / self.total)", "each_gets_its_share"),
    ("the first lender takes all", "down(self.forfeited * contributed / self.total)", "self.forfeited - self.paid",
     "each_gets_its_share"),
    ("shares of what is left, as if of all", "down(self.forfeited * contributed / self.total)",
     "down((self.forfeited - self.paid) * contributed / self.total)", "dust_is_small"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_in_the_loan_is_found(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("physical", "physical-any-borrower", fault, old, new, claim)


@pytest.mark.parametrize("design", ["physical-claims", "defaulting-claims"])
@pytest.mark.parametrize(("fault", "old", "new", "claim"), POOL_FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_in_the_sharing_is_found(
    design: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("physical", design, fault, old, new, claim)

"""LLAMMA over several bands: what is said of four of them, and what a position loses beside its bands."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier_specs.bands import root_below
from verifier_specs.llamma_sum import LlammaBandOfFour, health_of

Settle = Callable[..., Finding]
BOTTOM, TOPS = Fraction(99, 100), [Fraction(99, 100) ** place for place in range(4)]
LEAST = Fraction(91, 100) * root_below(BOTTOM**3)


def loss(health: Fraction) -> Fraction:
    """What one band of the least debt, bought at the cube of half the price, lacks of it."""
    return 1 - Fraction(1, 8) * LEAST**2 * (health / Fraction("0.83")) ** 3 / BOTTOM


def test_the_bands_losses_weighted_by_their_debts_are_what_the_position_loses() -> None:
    """By hand: a position of four units of collateral, the price halved from where its health is 1.25."""
    debt = LEAST * sum(TOPS)
    price = debt * Fraction("1.25") / Fraction("0.83") / 4 / 2
    brought = sum(price**3 / (top**2 * BOTTOM) for top in TOPS)

    each = [loss(Fraction("1.25") * health_of(place, 4)) for place in (1, 2, 3, 4)]
    together = sum(share * top for share, top in zip(each, TOPS, strict=True)) / sum(TOPS)
    assert together == 1 - brought / debt
    assert float(together) == pytest.approx(0.653325, abs=1e-6)


def test_each_bands_cap_is_its_loss_rounded_up() -> None:
    caps = [dict(claim.arguments)["cap"] for claim in LlammaBandOfFour.proved]
    for place, cap in enumerate(caps, 1):
        assert cap - Fraction(1, 10000) < loss(Fraction("1.25") * health_of(place, 4)) <= cap


@pytest.mark.parametrize("bands", [4, 10, 50])
def test_the_bands_healths_come_to_the_positions(bands: int) -> None:
    """A band's health is its value over its debt, so their inverses, weighted by values, come to one."""
    assert sum(1 / health_of(place, bands) for place in range(1, bands + 1)) == bands


def test_a_step_of_the_buffer_of_the_largest_loan_costs_nothing_and_a_larger_one_does(settle: Settle) -> None:
    assert isinstance(settle("llamma-bands-keepers-first", "lender_loss_cap", cap=0).verdict, Proved)
    larger = settle("llamma-bands-keepers-first", "lender_loss_cap", cap=0, shock__step="0.11").verdict
    assert isinstance(larger, Refuted)


def test_a_dip_of_a_thousandth_into_the_highest_band_converts_collateral(settle: Settle) -> None:
    refuted = settle("llamma-bands", "wick_survival", shock="wick", shock__bound="0.001").verdict

    assert isinstance(refuted, Refuted)
    assert [step.rule for step in refuted.run.steps] == ["tick", "trade_1"]


FAULTS = [
    ("llamma_bands", "llamma-bands", "bought before the bands above are empty",
     "post.collateral >= 0, *(part.collateral == 0 for part in above)", "post.collateral >= 0",
     "one_token_outside_the_active_band"),
    ("llamma_bands", "llamma-bands", "what traders pay vanishes", "trader_cash=self.trader_cash - paid",
     "trader_cash=self.trader_cash", "conservation"),
    ("llamma_bands", "llamma-bands", "trades keep half the product", "post.product(level) >= own.product(level)",
     "post.product(level) >= own.product(level) / 2", "no_trade_lowers_a_level"),
    ("llamma_bands", "llamma-bands-keepers-first", "nobody has to trade before the next tick",
     "* brought, left)", "* brought, 0)", "lender_loss_cap"),
    ("llamma_bands", "llamma-bands-keepers-first", "a liquidation pays half", "minimum(self.debt, self.worth())\n        nothing",
     "minimum(self.debt, self.worth()) / 2\n        nothing", "lender_loss_cap"),
    ("llamma_bands", "llamma-bands", "collateral is priced in itself",
     "return self.converted + self.collateral * self.market.price()", "return self.converted + self.collateral", None),
    ("llamma_sum", "llamma-any-bands", "what a band holds counts twice", "lost = maximum(0, part - worth)",
     "lost = maximum(0, part - 2 * worth)", "position_loses_no_more_than_its_bands"),
    ("llamma_sum", "llamma-band-of-four", "the highest band has the best health", "/ bands / bottom", "/ bands * bottom",
     "lender_loss_cap"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    module: str, design: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted(module, design, fault, old, new, claim)

"""LLAMMA: the published figures, what a jump of the price costs whom, and its theorems with A left open."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.lower import Problem
from verifier_specs.parameters import deployed

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
BESIDE = Fraction(1, 10000)
DROP = {"shock": "drop", "book": "still", "book__health": "1.25", "keepers": "prompt", "patience": 0}


def test_bands_below_two_thousand_are_a_hundredth_narrower_each(problem: Compose) -> None:
    """The first band that a loan at 2,000 may use with a loan discount of 9 % begins at 1,820."""
    pool: Any = problem("llamma", "conservation").pieces["pool"]
    bottom, first = value(pool.bottom(), {}), 2000 * (1 - Fraction(deployed("llamma-default")["loan_discount"]))

    tops = [first * bottom**band for band in range(5)]
    assert tops == [Fraction(text) for text in ("1820", "1801.8", "1783.782", "1765.94418", "1748.2847382")]


@pytest.mark.parametrize(
    ("bands", "ratio", "expected"),
    [(4, "0.891948", Proved), (4, "0.891947", Refuted), (4, "0.89195", Proved), (50, "0.891947", Proved)],
)
def test_the_largest_loan_to_value(bands: int, ratio: str, expected: type, settle: Settle) -> None:
    finding = settle("llamma", "loan_to_value_at_most", bands=bands, ratio=ratio)

    assert isinstance(finding.verdict, expected)


@pytest.mark.parametrize("bound", ["0.1", "0.5"])
def test_the_lenders_loss_after_a_drop_is_the_formula_and_no_less(bound: str, settle: Settle, problem: Compose) -> None:
    given = {**DROP, "shock__bound": bound}
    form = value(problem("llamma", "lender_loss_cap", cap="0.5", **given).forms["cap"], {})
    left, ratio = 1 - Fraction(bound), Fraction("0.83") / Fraction("1.25")
    assert form == max(0, 1 - left**3 * Fraction("0.91") ** 2 * Fraction("0.99") ** 2 / ratio**3)

    assert isinstance(settle("llamma", "lender_loss_cap", cap=form, **given).verdict, Proved)
    if form > 0:
        assert isinstance(settle("llamma", "lender_loss_cap", cap=form - BESIDE, **given).verdict, Refuted)


def test_where_keepers_come_before_traders_a_drop_costs_what_it_costs_a_close_out(
    settle: Settle, problem: Compose
) -> None:
    given = {**DROP, "shock__bound": "0.4"}
    form = value(problem("llamma-keepers-first", "lender_loss_cap", cap="0.5", **given).forms["cap"], {})

    assert form == 1 - Fraction("0.6") * Fraction("1.25") / Fraction("0.83")
    assert isinstance(settle("llamma-keepers-first", "lender_loss_cap", cap=form, **given).verdict, Proved)
    assert isinstance(settle("llamma-keepers-first", "lender_loss_cap", cap=form - BESIDE, **given).verdict, Refuted)


@given(
    a=st.integers(2, 400),
    low=st.fractions(Fraction(1, 10), 2, max_denominator=97),
    above=st.fractions(1, 2, max_denominator=97),
)
def test_a_band_that_is_jumped_over_keeps_the_cube_exactly_and_any_other_no_less(
    a: int, low: Fraction, above: Fraction
) -> None:
    """By the band's equation itself, at the level that the theorem names; the band's top is 1."""
    bottom, low = 1 - Fraction(1, a), min(low, above)
    x, y = balances(low, low, a)
    back = (low / above) ** 3 * above
    residual = a * above**2 * back**2 - back * ((a - 1) * x + a * above**3 * y) - above * x * y

    assert residual <= 0
    assert (residual == 0) == (low <= bottom or low == above)


def balances(price: Fraction, level: Fraction, a: int) -> tuple[Fraction, Fraction]:
    """What a balanced band of this level holds."""
    bottom = 1 - Fraction(1, a)
    if price >= 1:
        return Fraction(0), level / price
    if price <= bottom:
        return level * price**2 / bottom, Fraction(0)
    return a * level * price * (1 - price), a * level * (price - bottom) / price


def test_every_theorem_about_a_band_holds_for_every_a(settle: Settle) -> None:
    for theorem in (
        "balance_is_unique",
        "level_is_the_largest_root",
        "no_trade_lowers_the_level",
        "jump_down_and_back_keeps_the_cube",
        "jump_fee_makes_a_fall_free",
    ):
        finding = settle("llamma-soft", theorem)

        assert isinstance(finding.verdict, Proved), theorem
        assert finding.parameters["amplification"] == "any"


def test_the_smallest_dip_into_a_band_converts_collateral(settle: Settle) -> None:
    refuted = settle("llamma-soft", "wick_survival", shock__bound="0.001").verdict

    assert isinstance(refuted, Refuted)
    assert [step.rule for step in refuted.run.steps] == ["tick", "arbitrage"]


FAULTS = [
    ("llamma-soft", "trades are paid for", "(1 - self.fee) * paid", "2 * paid", "no_trade_lowers_the_level"),
    ("llamma", "the band ends elsewhere", "return 1 - 1 / self.amplification", "return 1 - 2 / self.amplification",
     "balance_is_unique"),
    ("llamma", "the price enters squared", "a * q**3 * y) - q * x * y", "a * q**2 * y) - q * x * y", "balance_is_unique"),
    ("llamma", "converted tokens vanish", "trader_cash=self.trader_cash + (self.converted - post.converted)",
     "trader_cash=self.trader_cash", "conservation"),
    ("llamma", "the liquidator keeps what was converted", "(self.converted - paid)", "(2 * self.converted - paid)",
     "conservation"),
    ("llamma", "bad debt is forgotten", "deficit=self.deficit + (self.debt - paid)", "deficit=self.deficit", "conservation"),
    ("llamma", "trades at any level", "require(level > 0, self.solves(level), ~self.is_balanced())",
     "require(level > 0, ~self.is_balanced())", "lender_loss_cap"),
    ("llamma", "any band at all", "return allowed & (self.debt * self.debt > most * most * self.bottom() ** 3)",
     "return allowed", "lender_loss_cap"),
    ("llamma", "collateral is priced in itself", "return self.converted + self.collateral * self.market.price()",
     "return self.converted + self.collateral", None),
    ("llamma-integers", "what stays is rounded down", "kept = up(self.paid_side * self.taken_side / (self.paid_side + paid))",
     "kept = -up(-(self.paid_side * self.taken_side / (self.paid_side + paid)))", "rounding_keeps_the_invariant"),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    design: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("llamma", design, fault, old, new, claim)

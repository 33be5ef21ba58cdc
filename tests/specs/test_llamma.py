"""LLAMMA: the published figures, what a jump of the price costs whom, and its theorems with A left open."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.evidence.run import Taken, replay
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.lower import Problem
from verifier_specs.bands import third_root_below
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
    assert form == pytest.approx(
        max(0, 1 - left**3 * Fraction("0.91") ** 2 * Fraction("0.99") ** 2 / ratio**3), abs=1e-5
    )

    assert isinstance(settle("llamma", "lender_loss_cap", cap=form, **given).verdict, Proved)
    if form > 0:
        assert isinstance(settle("llamma", "lender_loss_cap", cap=form - BESIDE, **given).verdict, Refuted)


SLIDE = {**DROP, "shock": "slide", "shock__bound": "0.5", "shock__step": "0.05"}


def test_a_slide_that_may_rebound_without_limit_costs_all_that_reaches_the_band(
    settle: Settle, problem: Compose
) -> None:
    assert value(problem("llamma", "lender_loss_cap", cap="0.5", **SLIDE).forms["cap"], {}) == 1
    assert isinstance(settle("llamma", "lender_loss_cap", cap=1, **SLIDE).verdict, Proved)

    refuted = settle("llamma", "lender_loss_cap", cap=1 - BESIDE, effort="runs", **SLIDE).verdict
    assert isinstance(refuted, Refuted)
    assert [step.rule for step in refuted.run.steps if step.rule != "tick"] == ["arbitrage", "arbitrage"]


def violates(posed: Problem, debt: str, price: Fraction, *acts: tuple[str, list[Fraction]]) -> int:
    """The length of the run from ten units in a band from 1 that these acts are; it breaks the claim or raises."""
    start = dict.fromkeys((*posed.system.params, *posed.system.state), Fraction(0))
    given = {"price": price, "peak": price, "collateral": Fraction(10), "debt": Fraction(debt), "left": Fraction(1)}
    start |= {var: given[var.name] for var in start if var.name in given}
    start |= {var: given[var.name.removeprefix("initial ")] for var in posed.system.rigid}
    steps = [Taken(name, dict(zip(posed.system.rule(name).inputs, values, strict=True))) for name, values in acts]
    return len(replay(posed.system, posed.claim, start, steps, "real"))


def test_a_rebound_breaks_what_a_slide_asks_of_collateral_less_than_a_hundredth_below_what_is_proved(
    settle: Settle, problem: Compose
) -> None:
    """2.232 times the debt keeps the loss of a slide of 50 % at 1 %, and 2.218 times does not: that is one rebound."""
    given = {"cap": "0.01", **SLIDE}
    enough = Fraction("2.232") * Fraction("0.83")
    assert isinstance(settle("llamma", "lender_loss_cap", **given | {"book__health": enough}).verdict, Proved)

    posed = problem("llamma", "lender_loss_cap", **given | {"book__health": Fraction("2.218") * Fraction("0.83")})
    price = Fraction("8.96385") * Fraction("2.218") / 10
    fall = [price * Fraction("0.95") ** ticks for ticks in range(1, 14)] + [price / 2]
    rebound, level = Fraction("1.35"), level_above(price / 2, Fraction("1.35"))
    ticks = [("tick", [there]) for there in fall]
    back = [("arbitrage", [Fraction(10)]), ("tick", [rebound]), ("arbitrage", [level])]
    assert violates(posed, "8.96385", price, *ticks, *back) == 17


def test_a_wick_takes_all_but_what_a_band_at_its_edge_owes(problem: Compose) -> None:
    """Of a cap of 37.26 % it takes 37.2 %: traders empty a part of the band, sell back, and a keeper comes."""
    given = {"shock": "wick", "shock__bound": "0.3", "shock__duration": 5, "keepers": "nobody"}
    posed = problem("llamma", "borrower_loss_cap", cap="0.372", **given)
    low = Fraction("0.9993")
    level = level_above(low, low / Fraction("0.7"))
    acts = [
        ("tick", [low]),
        ("arbitrage", [Fraction(10)]),
        ("tick", [low / Fraction("0.7")]),
        ("arbitrage", [level]),
        ("liquidate", [level, Fraction("0.995")]),
    ]
    assert violates(posed, "8.96385", low / Fraction("0.7"), *acts) == 5


def level_above(low: Fraction, high: Fraction) -> Fraction:
    """No less than the level at ``high`` of a band from 1 that held ten units and was traded at ``low`` inside it."""
    x, y = balances(low, Fraction(10), 100)
    least, most = Fraction(0), Fraction(10)
    while most - least > Fraction(1, 10**6):
        middle = (least + most) / 2
        least, most = (least, middle) if residual(high, middle, x, y, 100) >= 0 else (middle, most)
    return most


@pytest.mark.parametrize(("health", "loss"), [("1.852", 0), ("1.851", 1)])
def test_a_slide_that_ends_above_the_band_costs_nothing(
    health: str, loss: int, settle: Settle, problem: Compose
) -> None:
    """It ends there from a health of 2·0.83/(0.91·√0.99³) on."""
    given = {**SLIDE, "book__health": health}
    assert value(problem("llamma", "lender_loss_cap", cap="0.5", **given).forms["cap"], {}) == loss
    assert isinstance(settle("llamma", "lender_loss_cap", cap=loss, **given).verdict, Proved)


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
    left = residual(above, (low / above) ** 3, *balances(low, Fraction(1), a), a)

    assert left <= 0
    assert (left == 0) == (low <= bottom or low == above)


@given(
    a=st.integers(2, 400),
    price=st.fractions(Fraction(1, 10), 2, max_denominator=97),
    level=st.fractions(Fraction(1, 10), 2, max_denominator=97),
)
def test_a_balanced_band_has_the_level_that_it_was_made_from(a: int, price: Fraction, level: Fraction) -> None:
    assert residual(price, level, *balances(price, level, a), a) == 0


def residual(price: Fraction, level: Fraction, x: Fraction, y: Fraction, a: int) -> Fraction:
    """The band's equation with y0 = level·price, as the source has it, times a positive number."""
    y0 = level * price
    return a * price**2 * y0**2 - y0 * ((a - 1) * x + a * price**3 * y) - price * x * y


def balances(price: Fraction, level: Fraction, a: int) -> tuple[Fraction, Fraction]:
    """What a balanced band of this level, y0 over price, holds."""
    bottom, y0 = 1 - Fraction(1, a), level * price
    if price >= 1:
        return Fraction(0), y0 / price
    if price <= bottom:
        return y0 * price**2 / bottom, Fraction(0)
    return a * y0 * price * (1 - price), a * y0 * (price - bottom) / price


@pytest.mark.parametrize(("fall", "sold_at"), [("0.003", "1809.09638"), ("0.001", "1816.36182")])
def test_what_a_fall_sells_brings_the_square_of_the_price(fall: str, sold_at: str) -> None:
    """The first trade in the band from 1,820 after a fall into it, without a fee: a share of the fall is lost."""
    price = 1 - Fraction(fall)
    brought, left = balances(price, Fraction(1), 100)

    assert 1820 * brought / (1 - left) == Fraction(sold_at)


def test_a_wick_of_one_tick_costs_a_cube(tight: Callable[..., Fraction]) -> None:
    assert tight("llamma-soft", "wick_loss_cap", "cap", shock__bound="0.1") == 1 - Fraction("0.9") ** 3


def test_a_wick_that_ends_above_every_band_that_may_be_chosen_is_survived(tight: Callable[..., Fraction]) -> None:
    settings = {"shock": "wick", "shock__duration": 20, "book__health": "1.25", "keepers": "nobody"}
    edge = tight("llamma", "wick_survival", "bound", **settings)

    root = float(1 - edge) * 1.25 * 0.91 / 0.83
    assert root**-2 == pytest.approx(0.99**3, abs=1e-5)


def test_what_a_drop_takes_from_a_borrower_is_a_third_root(tight: Callable[..., Fraction]) -> None:
    """A keeper takes what is left where health is just gone: the debt is 1 - l of q³/d and (1 - r)·√d³, the value q."""
    settings = {**DROP, "keepers": "nobody", "shock__bound": "0.3"}
    cap = tight("llamma", "borrower_loss_cap", "cap", **settings)

    assert float(1 - cap) ** 3 == pytest.approx(0.94 * 0.91**2 * 0.99**2, abs=1e-5)


def test_a_drop_that_ends_above_the_band_takes_nothing(settle: Settle, problem: Compose) -> None:
    given = {**DROP, "keepers": "nobody", "shock__bound": "0.25"}
    assert value(problem("llamma", "borrower_loss_cap", cap="0.5", **given).forms["cap"], {}) == 0
    assert isinstance(settle("llamma", "borrower_loss_cap", cap=0, **given).verdict, Proved)


@given(cube=st.fractions(0, 10, max_denominator=10**6))
def test_a_third_root_is_rounded_down_to_six_digits(cube: Fraction) -> None:
    root, step = third_root_below(cube), Fraction(1, 10**6)

    assert root**3 <= cube < (root + step) ** 3


def test_what_a_wick_takes_from_a_borrower_is_no_more_than_its_equity(settle: Settle, problem: Compose) -> None:
    given = {"shock": "wick", "shock__bound": "0.3", "shock__duration": 5, "keepers": "nobody"}
    form = value(problem("llamma", "borrower_loss_cap", cap="0.5", **given).forms["cap"], {})
    assert float(form) == pytest.approx(1 - 0.7 * 0.91 * 0.99**1.5, abs=1e-5)
    assert isinstance(settle("llamma", "borrower_loss_cap", cap=form, **given).verdict, Proved)

    low = {**given, "shock__bound": "0.25"}
    assert value(problem("llamma", "borrower_loss_cap", cap="0.5", **low).forms["cap"], {}) == 0


def test_of_every_rise_a_cube_is_kept_whatever_a(settle: Settle) -> None:
    kept = settle("llamma-path", "a_cube_is_kept_of_every_rise")

    assert isinstance(kept.verdict, Proved)
    assert kept.parameters["amplification"] == "any"


def test_every_theorem_about_a_band_holds_for_every_a(settle: Settle) -> None:
    for theorem in ("balance_is_unique", "jump_down_and_back_keeps_the_cube", "jump_fee_makes_a_fall_free"):
        finding = settle("llamma-theorems", theorem)

        assert isinstance(finding.verdict, Proved), theorem
        assert finding.parameters["amplification"] == "any"


def test_the_smallest_dip_into_a_band_converts_collateral(settle: Settle) -> None:
    refuted = settle("llamma-soft", "wick_survival", shock__bound="0.001").verdict

    assert isinstance(refuted, Refuted)
    assert [step.rule for step in refuted.run.steps] == ["tick", "arbitrage"]


FAULTS = [
    ("bands", "llamma-theorems", "trades are paid for", "(1 - self.fee) * paid", "2 * paid", "no_trade_lowers_the_level"),
    ("bands", "llamma-theorems", "the band ends elsewhere", "return 1 - 1 / self.amplification",
     "return 1 - 2 / self.amplification", "a_band_is_worth_what_it_brings"),
    ("bands", "llamma-theorems", "the price enters squared", "(a * q**3 * (level - y)", "(a * q**2 * (level - y)",
     "a_small_move_costs_its_square"),
    ("bands", "llamma-theorems", "the healthy are liquidated", "self.debt > (1 - self.liquidation_discount) * self.brings",
     "self.debt > (1 - self.liquidation_discount) / 2 * self.brings", "only_the_unhealthy_are_liquidated"),
    ("bands", "llamma-theorems", "any level counts against a borrower", "(self.residual(self.oracle.quote(), level) >= 0)",
     "(self.residual(self.oracle.quote(), level) <= 0)", "only_the_unhealthy_are_liquidated"),
    ("bands", "llamma-theorems", "collateral is priced in itself", "return self.converted + self.collateral * self.market.price()",
     "return self.converted + self.collateral", None),
    ("llamma", "llamma", "converted tokens vanish", "trader_cash=self.trader_cash + (self.converted - post.converted)",
     "trader_cash=self.trader_cash", "conservation"),
    ("llamma", "llamma", "trades at any level", "require(level > 0, no_lower, ~self.is_balanced())",
     "require(level > 0, ~self.is_balanced())", "lender_loss_cap"),
    ("llamma", "llamma", "a drop is traded at a lower level", "post = self.balanced(level)", "post = self.balanced(level / 2)",
     "borrower_loss_cap"),
    ("bands", "llamma", "liquidated a tenth too early", "self.debt > (1 - self.liquidation_discount) * self.brings",
     "self.debt > (1 - self.liquidation_discount) * 9 / 10 * self.brings", "borrower_loss_cap"),
    ("llamma", "llamma-keepers-first", "trades come before keepers", "return self.debt <= self.balanced(level).worth()",
     "return self.debt <= 2 * self.balanced(level).worth()", "lender_loss_cap"),
    ("llamma", "llamma-soft", "trades at half the level", "post = self.balanced(level)", "post = self.balanced(level / 2)",
     "wick_loss_cap"),
    ("llamma_fee", "llamma-fee", "the fee forgets the move", "return maximum(self.fee, 1 - self.cube())", "return self.fee",
     "wick_survival"),
    ("llamma_fee", "llamma-fee", "the fee is the share of the move", "maximum(self.before, now)) ** 3",
     "maximum(self.before, now))", "wick_survival"),
    ("bands", "llamma", "a debt taken over stays", "            debt=0,\n            deficit", "            deficit",
     "liquidation_improves_health"),
    ("bands", "llamma-integers", "what stays is rounded down", "kept = up(self.paid_side * self.taken_side / (self.paid_side + paid))",
     "kept = -up(-(self.paid_side * self.taken_side / (self.paid_side + paid)))", "rounding_keeps_the_invariant"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    module: str, design: str, fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted(module, design, fault, old, new, claim)

"""Each oracle's lag and what it shows of a wick, and where losses under it begin: in closed form, and beyond it."""

from collections.abc import Callable
from fractions import Fraction
from math import exp
from typing import Any, Self

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language import Bool, Design, Piece, Real, each_tick, maximum
from verifier.language.lower import Problem
from verifier_specs.means import Delayed, Ema, GeometricMean, Mean
from verifier_specs.patience import DelayedSale, EmaSale, GeometricSale, MeanSale

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Q = Fraction
LITTLE = Q(1, 10**4)

PROMPT = {"keepers": "prompt", "book__health": "1.25"}
DROP = {**PROMPT, "shock": "drop", "shock__bound": "0.5"}
SLIDE = {**PROMPT, "shock": "slide", "shock__bound": "0.7", "shock__step": "0.2"}
SLOW = {**PROMPT, "shock": "slide", "shock__bound": "0.5", "shock__step": "0.02"}
WICK = {"keepers": "nobody", "book__health": "1.25", "shock": "wick", "shock__bound": "0.5", "shock__duration": "2"}
CAP, BOUND = ("lender_loss_cap", "cap"), ("solvency", "bound")
BORROWER, DEPTH = ("borrower_loss_cap", "cap"), ("wick_survival", "bound")


def formula(problem: Compose, design: str, claim: str, vary: str, settings: dict[str, Any]) -> Q:
    quantity = "cap" if vary == "cap" else "shock__bound"
    return Q(value(problem(design, claim, **(settings | {quantity: Q(1, 2)})).forms[vary], {}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("design", "settings", "form", "expected"),
    [
        ("spot", DROP, CAP, 1 - Q("0.625") / Q("0.8715")),
        ("spot", SLIDE, CAP, 1 - Q("0.8") / Q("0.8715")),
        ("spot", SLIDE, BOUND, 1 - Q("0.8715") / Q("1.25")),
        ("spot", DROP, BORROWER, Q(1, 21)),
        ("spot", WICK, BORROWER, 1 - Q("0.5") / Q("1.05")),
        ("spot", WICK, DEPTH, Q(1, 5)),
        ("spot-sale", SLIDE, CAP, 1 - Q("0.8") / Q("0.83")),
        ("delayed", SLIDE, CAP, 1 - Q("0.64") / Q("0.83")),
        ("delayed", DROP, BORROWER, Q(0)),
        ("delayed", WICK, BORROWER, Q(1, 2)),
        ("delayed", WICK, DEPTH, Q(1, 5)),
        ("mean", DROP, CAP, 1 - Q("0.625") / Q("0.83")),
        ("mean", SLIDE, CAP, 1 - 4 * Q("0.2") * Q("0.8") ** 4 / (1 - Q("0.8") ** 4) / Q("0.83")),
        ("mean", SLIDE, BOUND, 1 - Q("0.83") / Q("1.25")),
        ("mean", WICK, BORROWER, 1 - Q("0.83") * Q("0.75")),
        ("mean", WICK, DEPTH, Q(2, 5)),
        ("ema", WICK | {"shock__duration": "3"}, DEPTH, Q(1, 5) / (1 - Q("0.9") ** 3)),
        ("ema", DROP, CAP, 1 - Q("0.625") / Q("0.83")),
        ("deviation", SLIDE, CAP, 1 - Q("0.8") * Q("0.95") / Q("0.83")),
        ("caller-chosen", SLIDE | {"book__health": "1"}, CAP, 1 - Q("0.8") ** 3 / Q("0.83")),
    ],
)
def test_a_claim_holds_up_to_its_closed_form_and_not_beyond(
    settle: Settle, problem: Compose, design: str, settings: dict[str, Any], form: tuple[str, str], expected: Q
) -> None:
    claim, vary = form
    quantity, beyond = ("cap", -LITTLE) if vary == "cap" else ("shock__bound", LITTLE)

    assert formula(problem, design, claim, vary, settings) == expected
    assert isinstance(settle(design, claim, **(settings | {quantity: expected})).verdict, Proved)
    assert isinstance(settle(design, claim, **(settings | {quantity: expected + beyond})).verdict, Refuted)


@pytest.mark.parametrize("design", ["spot", "spot-sale", "delayed", "mean", "deviation"])
def test_a_slow_fall_costs_nothing_if_keepers_are_prompt(settle: Settle, problem: Compose, design: str) -> None:
    assert formula(problem, design, *CAP, SLOW) == 0
    assert isinstance(settle(design, "lender_loss_cap", **SLOW, cap="0").verdict, Proved)
    assert formula(problem, design, *BOUND, SLOW) == 1


def test_of_an_exponential_mean_no_more_is_said_of_a_slide_than_of_a_drop(problem: Compose) -> None:
    drop = {name: given for name, given in SLIDE.items() if name != "shock__step"} | {"shock": "drop"}

    assert formula(problem, "ema", *CAP, SLIDE) == formula(problem, "ema", *CAP, drop)


@pytest.mark.parametrize(("seconds", "published"), [(12, ".01376"), (3600, ".9843")])
def test_an_exponential_mean_of_866_seconds_shows_the_published_share(
    problem: Compose, seconds: int, published: str
) -> None:
    """What it shows of a wick of so many blocks of 12 s: a health of h survives the depth of 1 - 1/h over that."""
    wick = WICK | {"book__health": "1.01", "shock__duration": str(seconds // 12)}
    settings = wick | {"weight": round(Q(1 - exp(-12 / 866)), 7)}
    shown = (1 - 1 / Q("1.01")) / formula(problem, "ema", *DEPTH, settings)

    assert round(shown, len(published) - 1) == Q(published)


@pytest.mark.parametrize(("oracle", "ticks"), [("mean", 4), ("mean-long", 8)])
def test_the_lag_of_a_mean_is_that_of_a_steady_fall(problem: Compose, oracle: str, ticks: int) -> None:
    step, threshold = Q("0.03"), Q("0.83")
    settings = PROMPT | {"shock": "slide", "shock__bound": "0.9", "shock__step": step, "oracle": oracle}
    prices = [(1 - step) ** tick for tick in range(ticks + 1)]
    kept = prices[-1] / (sum(prices[:-1]) / ticks)

    assert formula(problem, "mean", *CAP, settings) == max(Q(0), 1 - kept / threshold)


def test_the_capped_feed_of_march_2026_closes_those_below_1_228_over_1_1939(settle: Settle) -> None:
    threshold = Q("1.228") / Q("1.1939")

    assert round(threshold, 5) == Q("1.02856")
    assert isinstance(settle("capped-growth", "wick_survival", health=threshold).verdict, Proved)
    assert isinstance(settle("capped-growth", "wick_survival", health=threshold - Q(1, 10**6)).verdict, Refuted)


class DividesByTooFew(Mean):
    def quote(self) -> Real:
        return super().quote() * self.window() / (self.window() - 1)


class RemembersTheHighestPrice(Delayed):
    @each_tick
    def remember(self) -> Self:
        return self.after(before_1=maximum(self.before_1, self.market.price()))


class KeepsTheOldestSample(Mean):
    @each_tick
    def remember(self) -> Self:
        return self.after(before_1=self.market.price(), before_2=self.before_1, before_3=self.before_3)


class WeighsTheWrongWayRound(Ema):
    def quote(self) -> Real:
        return self.weight * self.average + (1 - self.weight) * self.market.price()


class MultipliesTwo(GeometricMean):
    def covers(self, collateral: Real, debt: Real) -> Bool:
        newest, before, _ = self.samples()
        return debt * debt <= collateral * collateral * (newest * before)


@pytest.mark.parametrize(
    ("design", "broken", "claim"),
    [
        (MeanSale, DividesByTooFew, "trails_by_no_more_than_its_lag"),
        (DelayedSale, RemembersTheHighestPrice, "trails_by_no_more_than_its_lag"),
        (MeanSale, KeepsTheOldestSample, "trails_by_no_more_than_its_lag"),
        (EmaSale, WeighsTheWrongWayRound, "wick_survival"),
        (GeometricSale, MultipliesTwo, "wick_survival"),
    ],
)
def test_a_faulty_memory_is_refuted(
    settle: Settle, design: type[Design], broken: Callable[..., Piece], claim: str
) -> None:
    oracle = broken(market=design.slots()["market"])
    wick = WICK | {"shock__duration": "1", "shock__bound": "0.45"} if claim == "wick_survival" else {}

    assert isinstance(settle(design.title, claim, **wick).verdict, Proved)
    assert isinstance(settle(design.title, claim, **wick, oracle=oracle).verdict, Refuted)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (", touched <= self.duration)", ")"),
        ("sample >= 1 - self.depth, ", ""),
        ("self.missing + (1 - sample) * ONE", "self.missing + 2 * (1 - sample) * ONE"),
        ("(lacked <= self.missing).then(self.after(missing=self.missing - lacked))", "(lacked <= self.missing).then("
         "self.after(missing=self.missing + lacked))"),
    ],
)  # fmt: skip
def test_a_faulty_sum_of_samples_is_refuted(planted: Callable[..., None], old: str, new: str) -> None:
    planted("patience", "mean-of-any", "a faulty sum", old, new, "mean_moves_by_its_share")


FAULTS = [
    ("deviation", "only a rise is reported", "off = maximum(self.market.price() - self.report, self.report - "
     "self.market.price())", "off = self.market.price() - self.report", "within_its_deviation"),
    ("deviation", "the deviation is ten times as large", "(off > self.deviation * self.report)",
     "(off > 10 * self.deviation * self.report)", "within_its_deviation"),
    ("capped-growth", "the cap is a floor", "return minimum(self.market.price(), self.cap)",
     "return maximum(self.market.price(), self.cap)", "errs_low_only"),
    ("capped-growth", "any snapshot is taken", "require(snapshot >= (1 - self.error) * self.market.price())",
     "require(snapshot > 0)", "wick_survival"),
    ("bounded-error", "the error is not bounded below", "require(factor >= 1 - self.error, ", "require(",
     "wick_survival"),
    ("caller-chosen", "twice the price is presented", "chosen = where(self.age == age, sample, chosen)",
     "chosen = where(self.age == age, 2 * sample, chosen)", "trails_by_no_more_than_its_lag"),
    ("capped-growth", "the cap grows by an amount", "self.cap * (1 + self.growth)", "self.cap + self.growth", None),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_faulty_feed_is_refuted(
    planted: Callable[..., None], design: str, fault: str, old: str, new: str, claim: str | None
) -> None:
    planted("feeds", design, fault, old, new, claim)

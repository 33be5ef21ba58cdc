"""Unwinding in slices: what it costs lenders and borrowers as formulas, each right up to it and wrong just beyond."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.engines.brink import over_the_brink
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.interpretations.specialise import specialise
from verifier.language.lower import Problem
from verifier_specs.sliced import COUNTED

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
BESIDE = Fraction(1, 10000)

STILL = {"book": "still", "book__health": "1.25"}
PROMPT = {**STILL, "keepers": "prompt", "patience": 0}
DROP = {"shock": "drop", "shock__bound": "0.5"}
SLIDE = {"shock": "slide", "shock__bound": "0.5", "shock__step": "0.02"}
FASTER = {**SLIDE, "shock__step": "0.05"}
SLICES = [
    Fraction("0.095") * Fraction("0.855") ** tick for tick in range(9)
]  # of the value at the last moment of health

FORMS = [
    ("lender_loss_cap", "cap", Fraction(41, 166), {**PROMPT, **DROP}),
    ("lender_loss_cap", "cap", Fraction(0), {**PROMPT, **SLIDE}),
    (
        "lender_loss_cap",
        "cap",
        1 - (Fraction("0.625") * Fraction("0.9") ** 9 + sum(SLICES)) / Fraction("0.83"),
        {**PROMPT, **FASTER},
    ),
    ("solvency", "shock__bound", Fraction("0.336"), {**PROMPT, "shock": "drop"}),
    (
        "solvency",
        "shock__bound",
        1 - (Fraction("0.83") - sum(SLICES[:4])) / (Fraction("1.25") * Fraction("0.9") ** 4),
        {**PROMPT, **FASTER},
    ),
    ("wick_survival", "shock__bound", Fraction("0.2"), {**STILL, "shock": "wick", "shock__duration": 3}),
    ("borrower_loss_cap", "cap", Fraction(0), {**STILL, **DROP}),
    ("borrower_loss_cap", "cap", Fraction("0.03"), {**STILL, "shock": "wick", "shock__bound": "0.3"}),
    ("borrower_loss_cap", "cap", Fraction(0), {**STILL, "shock": "wick", "shock__bound": "0.2"}),
]


@pytest.mark.parametrize(("claim", "vary", "expected", "given"), FORMS, ids=lambda item: str(item)[:24])
def test_a_closed_form_is_proved_at_its_value_and_refuted_just_beyond(
    claim: str, vary: str, expected: Fraction, given: dict[str, Any], settle: Settle, problem: Compose
) -> None:
    form = problem("sliced-unwind", claim, **{**given, vary: "0.5"}).forms[vary.rpartition("__")[2]]
    stated = value(form, {})
    assert stated == expected

    assert isinstance(settle("sliced-unwind", claim, **{**given, vary: stated}).verdict, Proved)
    beyond = stated - BESIDE if vary == "cap" else stated + BESIDE
    if beyond >= 0:
        assert isinstance(settle("sliced-unwind", claim, **{**given, vary: beyond}).verdict, Refuted)


def test_a_wick_of_five_ticks_costs_its_depth_times_what_five_slices_sell(settle: Settle, problem: Compose) -> None:
    given = {**STILL, "shock": "wick", "shock__bound": "0.3", "shock__duration": 5}
    cost = value(problem("sliced-unwind", "borrower_loss_cap", cap="0.5", **given).forms["cap"], {})

    assert cost == Fraction("0.3") * (1 - Fraction("0.9") ** 5)
    assert isinstance(settle("sliced-unwind", "borrower_loss_cap", cap=cost, **given).verdict, Proved)
    assert cost == paid_for_a_wick(Fraction("0.3"), 5)


def paid_for_a_wick(depth: Fraction, ticks: int) -> Fraction:
    """The same by a run: a position of health 1.25 at one price of 1, and at the wick's for so many ticks."""
    collateral, debt, low = Fraction(1), Fraction("0.83") / Fraction("1.25"), 1 - depth
    untouched = collateral - debt
    for _ in range(ticks):
        assert debt > Fraction("0.83") * collateral * low
        collateral, debt = collateral * Fraction("0.9"), debt - collateral / 10 * low
    return untouched - (collateral - debt)


def test_where_keepers_come_late_no_more_is_said_of_a_fast_slide_than_of_a_drop(problem: Compose) -> None:
    form = problem("sliced-unwind", "lender_loss_cap", cap=0, **{**PROMPT, **FASTER, "patience": 1}).forms["cap"]
    assert value(form, {}) == 1 - Fraction("0.5") * Fraction("1.25") / Fraction("0.83")


@pytest.mark.parametrize("fraction", ["0.09", "0.05", "0.01"])
def test_smaller_slices_save_less_of_a_slide(fraction: str, problem: Compose) -> None:
    def loss(**given: Any) -> Fraction:
        found = value(problem("sliced-unwind", "lender_loss_cap", cap=0, **PROMPT, **given).forms["cap"], {})
        assert isinstance(found, Fraction)
        return found

    assert loss(**FASTER) < loss(**FASTER, fraction=fraction) < loss(**DROP)
    assert loss(**FASTER, fraction=fraction) == fastest_fall(Fraction(fraction), Fraction("0.05"))


@pytest.mark.parametrize(
    ("bound", "step", "counted"), [("0.6", "0.05", 13), ("0.7", "0.05", 19), ("0.7", "0.03", COUNTED)]
)
def test_of_a_long_fall_so_many_slices_are_counted_and_the_rest_is_left_out(
    settle: Settle, problem: Compose, bound: str, step: str, counted: int
) -> None:
    given = {**PROMPT, **FASTER, "shock__bound": bound, "shock__step": step}
    stated = value(problem("sliced-unwind", "lender_loss_cap", cap=0, **given).forms["cap"], {})
    pace, rest = 1 - Fraction(step), (1 - Fraction(bound)) * Fraction("1.25") * Fraction("0.9") ** counted
    slices = sum(Fraction("0.1") * Fraction("0.9") ** n * pace ** (n + 1) for n in range(counted))

    assert stated == max(0, 1 - (rest + slices) / Fraction("0.83"))
    assert isinstance(settle("sliced-unwind", "lender_loss_cap", cap=stated, **given).verdict, Proved)


def test_the_dearest_fall_goes_on_from_the_last_healthy_price(problem: Compose) -> None:
    broken = problem("sliced-unwind", "lender_loss_cap", cap="0.1116", **PROMPT, **FASTER)
    run = over_the_brink(specialise(broken.system, "real"), broken.claim)
    assert run is not None

    first = run.states[0]
    price = next(var for var in first if var.name == "price")
    prices = [state[price] / first[price] for state in run.states]
    brink = prices.index(Fraction("0.8"))
    assert "liquidate" not in [step.rule for step in run.steps[:brink]]
    assert [step.rule for step in run.steps[brink:]] == ["tick", "liquidate"] * 9 + ["tick"]
    assert prices[brink + 1 :: 2] == [
        *(Fraction("0.8") * Fraction("0.95") ** tick for tick in range(1, 10)),
        Fraction("0.5"),
    ]


def fastest_fall(fraction: Fraction, step: Fraction) -> Fraction:
    """The share of the debt lost in a fall to half of the price, with a slice after each tick, from health 1 on."""
    debt, collateral, price = Fraction("0.83") / Fraction("1.25"), Fraction(1), Fraction("0.8")
    owed = debt
    while price * (1 - step) > Fraction("0.5"):
        price *= 1 - step
        assert debt > Fraction("0.83") * collateral * price
        debt, collateral = debt - fraction * collateral * price, collateral * (1 - fraction)
    return max(Fraction(0), 1 - (owed - debt + collateral * Fraction("0.5")) / owed)


def test_lenders_lose_to_a_slide_that_keepers_do_not_come_for(settle: Settle) -> None:
    late = {**PROMPT, **SLIDE, "shock__step": "0.1", "fraction": "0.6"}

    assert isinstance(settle("sliced-unwind", "lender_loss_cap", number=0, cap=0, **late).verdict, Proved)
    late["patience"] = 1
    assert isinstance(settle("sliced-unwind", "lender_loss_cap", number=0, cap=0, **late).verdict, Refuted)


FAULTS = [
    ("healthy positions are sold", "require(self.liquidatable(), self.rested", "require(self.healthy(), self.rested",
     "wick_survival"),
    ("no cool-down", "require(self.liquidatable(), self.rested, self", "require(self.liquidatable(), self",
     "at_most_a_slice_a_tick"),
    ("it goes on although it is healthy again", "require(self.liquidatable(), self.rested",
     "require(self.liquidatable() | (self.kept < 1), self.rested", "slices_end_with_the_dip"),
    ("slices of half the size", "part = self.fraction * self.collateral", "part = self.fraction * self.collateral / 2",
     "one_slice_is_enough"),
    ("the proceeds do not repay debt", "rest, owed = self.collateral - part, self.debt - paid",
     "rest, owed = self.collateral - part, self.debt", "conservation"),
    ("collateral is not deducted", "rest, owed = self.collateral - part,", "rest, owed = self.collateral,",
     "conservation"),
    ("sold at half the price", "raised = self.market.proceeds(part)", "raised = self.market.proceeds(part) / 2",
     "improves_health_up_to"),
    ("debt is paid with collateral", "paid = minimum(raised, self.debt)", "paid = minimum(part, self.debt)", None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("sliced", "sliced-unwind", fault, old, new, claim)

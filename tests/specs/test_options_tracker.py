"""The options tracker: what a roll needs, how far it tracks, the readings of its rule; and P held as a loan."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.expr import number, substitute, variables
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Planted = Callable[..., None]
Q = Fraction
LITTLE = Q(1, 10**4)

# A reading of the rule: its design and settings, and what a roll of one P of strike 1000 at a price of 1500 makes of it.
READINGS = [
    ("options-tracker", {}, Q(8, 3), Q(375), 6),
    ("options-tracker", {"share": "1/2"}, Q(4, 3), Q(750), 2),
    ("options-tracker-halving", {}, Q(2), Q(500), 4),
]


@pytest.mark.parametrize(("design", "given", "units", "strike", "times"), READINGS)
def test_what_a_roll_at_one_and_a_half_strikes_asks_of_the_n_side(
    problem: Compose, design: str, given: dict[str, Any], units: Fraction, strike: Fraction, times: int
) -> None:
    rule = problem(design, "rolls_keep_the_value", **given).system.rule("roll")
    held = {"price": 1500, "units": 1, "strike": 1000, "fresh": 0, "roll.lost": 0, "lost": 0}

    def after(name: str) -> Any:
        term = next(term for var, term in rule.updates.items() if var.name == name)
        return value(substitute(term, {var: number(held[var.name], var.unit) for var in variables(term)}), {})

    assert (after("units"), after("strike"), after("fresh")) == (units, strike, units - 1)
    assert units * (1500 - strike) == times * (1500 - 1000)


@pytest.mark.parametrize("jump", ["0.1", "1/3", "0.35", "0.5", "0.9"])
def test_the_tracking_error_is_what_a_jump_leaves_of_one_and_a_half_strikes(
    problem: Compose, settle: Settle, jump: str
) -> None:
    expected = max(Q(0), 1 - Q(3, 2) * (1 - Q(jump)))
    form = value(problem("options-tracker", "tracking_error_cap", cap=0, shock=jump).forms["cap"], {})

    assert form == expected
    assert isinstance(settle("options-tracker", "tracking_error_cap", cap=form, shock=jump).verdict, Proved)
    if form > 0:
        less = settle("options-tracker", "tracking_error_cap", cap=form - LITTLE, shock=jump)
        assert isinstance(less.verdict, Refuted)


def test_the_tracker_tracks_exactly_up_to_falls_of_a_third_and_no_further(settle: Settle) -> None:
    assert isinstance(settle("options-tracker", "tracks_exactly", shock="1/3").verdict, Proved)
    assert isinstance(settle("options-tracker", "tracks_exactly", shock=Q(1, 3) + LITTLE).verdict, Refuted)


def test_one_roll_restores_the_distance_always_or_up_to_a_fall_by_half(settle: Settle) -> None:
    assert isinstance(settle("options-tracker", "one_roll_is_enough").verdict, Proved)
    for jump, expected in ((Q(1, 2), Proved), (Q(1, 2) + LITTLE, Refuted)):
        assert isinstance(settle("options-tracker-halving", "one_roll_is_enough", shock=jump).verdict, expected)


def test_a_roll_that_nobody_funds_is_stuck(settle: Settle) -> None:
    assert isinstance(settle("options-tracker", "a_due_roll_can_be_made", n_side="fickle-n-side").verdict, Refuted)
    assert isinstance(settle("options-tracker", "a_due_roll_can_be_made", n_side="ready-n-side").verdict, Proved)


def test_the_literal_reading_names_one_roll_only(settle: Settle) -> None:
    """A funded N side and one roll behind it do not help: there is no second strike."""
    stuck = settle("options-tracker-literal", "a_due_roll_can_be_made").verdict

    assert isinstance(stuck, Refuted)
    assert [step.rule for step in stuck.run.steps].count("roll") == 1


def drop(bound: str, **more: Any) -> dict[str, Any]:
    return {"shock": "drop", "shock__bound": bound, **more}


def slide(bound: str, **more: Any) -> dict[str, Any]:
    return {"shock": "slide", "shock__bound": bound, "shock__step": "0.3", "keepers": "prompt", **more}


@pytest.mark.parametrize(
    ("claim", "given", "expected"),
    [
        ("lender_loss_cap", drop("0.5"), Q(41, 166)),
        ("lender_loss_cap", slide("0.5"), Q(41, 166)),
        ("lender_loss_cap", slide("0.5", settles=True), Q(41, 166)),
        ("lender_loss_cap", drop("0.3"), Q(0)),
        ("borrower_loss_cap", drop("0.5"), Q(0)),
        ("borrower_loss_cap", slide("0.5"), Q(0)),
        ("borrower_loss_cap", drop("0.5", settles=True), Q("0.664")),
        ("borrower_loss_cap", slide("0.2", settles=True), Q("0.83")),
        ("borrower_loss_cap", slide("0.5", settles=True), Q(1)),
    ],
)
def test_the_smallest_cap_of_a_held_pair_is_proved_and_less_is_refuted(
    problem: Compose, settle: Settle, claim: str, given: dict[str, Any], expected: Fraction
) -> None:
    form = value(problem("options-held", claim, cap=0, **given).forms["cap"], {})

    assert form == expected
    assert isinstance(settle("options-held", claim, cap=form, **given).verdict, Proved)
    if form > 0:
        assert isinstance(settle("options-held", claim, cap=form - LITTLE, **given).verdict, Refuted)


@pytest.mark.parametrize("given", [drop("0"), slide("0")])
def test_the_largest_shock_of_a_held_pair_is_proved_and_more_is_refuted(
    problem: Compose, settle: Settle, given: dict[str, Any]
) -> None:
    form = value(problem("options-held", "solvency", **given).forms["bound"], {})

    assert form == Q("0.336")
    assert isinstance(settle("options-held", "solvency", **given | {"shock__bound": form}).verdict, Proved)
    beyond = {"shock__bound": form + LITTLE, "shock__step": "0.4"} if "shock__step" in given else {
        "shock__bound": form + LITTLE
    }  # fmt: skip
    assert isinstance(settle("options-held", "solvency", **given | beyond).verdict, Refuted)


def test_a_wick_before_maturity_is_survived_at_any_depth_and_no_maturity_is(problem: Compose, settle: Settle) -> None:
    wick = {"shock": "wick", "shock__duration": 5, "shock__bound": "0.9999"}

    assert value(problem("options-held", "wick_survival", **wick).forms["bound"], {}) == 1
    assert isinstance(settle("options-held", "wick_survival", **wick).verdict, Proved)
    assert isinstance(settle("options-held", "wick_survival", settles=True, **wick).verdict, Refuted)


TRACKER = [
    ("the roll comes late", "(self.oracle.quote() < self.trigger * self.strike)",
     "(self.oracle.quote() < self.strike)", "tracks_within_the_jump"),
    ("the roll ignores what P lacks", "units = self.net_asset_value() * (1 - lost)",
     "units = self.units * self.strike * (1 - lost)", "rolls_keep_the_value"),
    ("units are not raised", "units=units,\n                strike", "units=self.units,\n                strike",
     "value_is_kept_but_for_the_rolls"),
    ("the N side's offer is not asked for", "self.needed() <= self.offered", "self.offered <= self.needed()",
     "a_due_roll_can_be_made"),
    ("a donation counts", "return self.units * self.worth_of(self.strike)",
     "return (self.units + self.stray) * self.worth_of(self.strike)", "donation_moves_no_value"),
    ("nobody renews", "return self.age >= self.term - self.residual", "return self.age >= self.term + self.residual",
     "never_held_to_maturity"),
    ("P is worth the dearer of strike and price", "return minimum(strike, self.oracle.quote())",
     "return maximum(strike, self.oracle.quote())", "worth_is_what_the_pair_pays"),
    ("the price is upside down", "return self.share * self.oracle.quote()", "return self.share / self.oracle.quote()",
     None),
    ("a renewal reads the price", "units = self.units * (1 - lost)\n",
     "units = self.units * (1 - lost) * minimum(1, self.oracle.quote() / self.strike)\n", "oracle_noninterference"),
]  # fmt: skip

HELD = [
    ("settlement before maturity", "require(self.now >= self.maturity, self.collateral > 0,",
     "require(self.collateral > 0,", "nothing_is_paid_before_maturity"),
    ("P gets everything", "minimum(self.collateral, self.debt / price)", "self.collateral", "borrower_loss_cap"),
    ("nobody can settle once it is due", "require(self.now >= self.maturity, self.collateral > 0,",
     "require(self.now == self.maturity, self.collateral > 0,", "exit_enabled"),
    ("P is paid the whole strike", "minimum(self.collateral, self.debt / price)",
     "minimum(self.collateral, self.debt / price / self.line)", "pays_what_the_pair_pays"),
    ("N is not paid", "owner_collateral=self.owner_collateral + (self.collateral - to_holder)",
     "owner_collateral=self.owner_collateral", "conservation"),
    ("the deficit is counted twice", "deficit=self.deficit + maximum(0, self.debt - self.collateral * price)",
     "deficit=self.deficit + 2 * maximum(0, self.debt - self.collateral * price)", "lender_loss_cap"),
]  # fmt: skip

FAULTS = [("options_tracker", "options-tracker", *fault) for fault in TRACKER]
FAULTS += [("options_held", "options-held", *fault) for fault in HELD]


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40]
)
def test_a_planted_fault_is_refuted_or_refused(
    module: str, design: str, fault: str, old: str, new: str, claim: str | None, planted: Planted
) -> None:
    planted(module, design, fault, old, new, claim)

"""Aave v3: the published numbers, the closed form of the solvent shock, and the edge on which they sit."""

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.engines.ask import Solver, Worker
from verifier.interpretations.unroll import rigid_facts
from verifier.evidence.run import Values, advance
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language import in_fixed
from verifier.language.expr import Real, number, substitute
from verifier.language.load import bundled
from verifier.language.lower import Problem
from verifier.language.pieces import Property
from verifier_specs.aave_v3 import lender_loss_cap_to_a_unit
from verifier_specs.properties import improves_health_to, solvency, wick_survival
from verifier_specs.shocks import Drawdown, Wick

from .conftest import mutant

AaveV3Design = bundled()["aave-v3"]
Settle = Callable[..., Finding]
Compose = Callable[..., Problem]


def test_the_largest_solvent_shock_is_12_85_percent(settle: Settle) -> None:
    assert isinstance(settle("aave-v3", "solvency", shock="0.1285").verdict, Proved)

    refuted = settle("aave-v3", "solvency", shock="0.12850001").verdict
    assert isinstance(refuted, Refuted)
    assert [step.rule for step in refuted.run.steps] == ["tick", "liquidate"]


@pytest.mark.parametrize("kind", ["drawdown", "drop", "floor"])
def test_a_drop_of_12_9_percent_shows_the_loss_of_the_lender(settle: Settle, kind: str) -> None:
    finding = settle("aave-v3", "solvency", number=0, shock=kind, shock__bound=Fraction("0.129"), frozen=True)

    assert isinstance(finding.verdict, Refuted)
    assert finding.verdict.shortest
    assert value(dict(finding.columns)["lender's loss"], finding.verdict.run.states[-1]) > 0  # type: ignore[operator]


def test_health_above_one_buys_room(settle: Settle) -> None:
    bound = 1 - Fraction("0.8715") / Fraction("1.25")

    assert isinstance(settle("aave-v3", "solvency", health="1.25", shock=bound).verdict, Proved)
    assert isinstance(settle("aave-v3", "solvency", health="1.25", shock=bound + Fraction("0.0001")).verdict, Refuted)


def test_where_the_bonus_exceeds_the_buffer_only_untouched_positions_are_safe(settle: Settle) -> None:
    wild = {"liquidation_threshold": "0.97", "loan_to_value": "0.9", "health": "1.25"}

    assert isinstance(settle("aave-v3", "solvency", shock="0.2", **wild).verdict, Proved)
    assert isinstance(settle("aave-v3", "solvency", shock="0.201", **wild).verdict, Refuted)


def test_the_lemma_that_carries_solvency_is_found_and_named(settle: Settle) -> None:
    verdict = settle("aave-v3-any", "solvency").verdict

    assert isinstance(verdict, Proved)
    assert "was_good_at_the_peak" in dict(verdict.certificate.lemmas)


def test_beyond_the_closed_form_every_choice_of_parameters_loses(problem: Compose) -> None:
    """The textbook run (debt 1 at price 1, collateral h/LT, a fall by X, a full close) is a run, and leaves a deficit."""
    system = problem("aave-v3-beyond", "solvency").system
    named = {var.name: var for var in (*system.params, *system.state)}
    term = {name: Real(None, leaf=var, unit=var.unit) for name, var in named.items()}
    one = number(1)
    rule = system.rule("liquidate")
    textbook = {
        rule.inputs[0]: one,
        named["price"]: one - term["bound"],
        named["collateral"]: term["health"] / term["liquidation_threshold"],
        named["debt"]: one,
        named["deficit"]: number(0),
        named["close_factor"]: one,
        named["least_leftover"]: number(0),
        named["small_position"]: number(0),
    }
    facts = [*rigid_facts(system), 0 < one - term["bound"]]
    goal = substitute(rule.guard, textbook) & (substitute(rule.updates[named["deficit"]], textbook) > 0)

    worker = Worker()
    try:
        assert Solver("real", time.monotonic() + 60, worker).ask(facts, [goal]) is None
    finally:
        worker.stop()


def test_the_published_liquidation_comes_out_to_the_last_digit(problem: Compose) -> None:
    """10 WETH at 2000, debt 17 000, threshold 83 %, bonus 5 %, fee 10 %, worked out from the contract's formulas."""
    system = problem("aave-v3", "solvency").system
    named = {var.name: var for var in system.state}
    held = {"price": 2000, "peak": 2000, "collateral": 10, "debt": 17000}
    state: Values = {var: Fraction(held.get(name, 0)) for name, var in named.items()}
    rule = system.rule("liquidate")
    post = advance(system, rule, state, {rule.inputs[0]: Fraction(17000)}, "real")

    assert post is not None
    assert Fraction("0.83") * 10 * 2000 / 17000 == Fraction(83, 85)
    assert post[named["liquidator_cash"]] == -8500
    assert 10 - post[named["collateral"]] == Fraction("4.4625")
    assert post[named["treasury_collateral"]] == Fraction("0.02125")
    health = Fraction("0.83") * post[named["collateral"]] * 2000 / post[named["debt"]]
    assert health == Fraction(36769, 34000)


def test_liquidation_can_hurt_only_past_the_toxic_line(settle: Settle) -> None:
    finding = settle("aave-v3", "liquidation_improves_health", shock="0.2")

    assert isinstance(finding.verdict, Refuted)
    before = finding.verdict.run.states[-2]
    held = {var.name: Fraction(number) for var, number in before.items()}
    assert held["debt"] * 105 > held["collateral"] * held["price"] * 100
    assert isinstance(settle("aave-v3", "covered_liquidation_improves_health").verdict, Proved)


def test_a_wick_is_survived_exactly_to_one_minus_one_over_health(settle: Settle) -> None:
    assert isinstance(settle("aave-v3", "wick_survival", shock="0.2", health="1.25").verdict, Proved)
    assert isinstance(settle("aave-v3", "wick_survival", shock="0.2001", health="1.25").verdict, Refuted)


def test_a_setting_is_taken_exactly(settle: Settle) -> None:
    assert settle("aave-v3", "solvency", shock="0.1").parameters["bound"] == Fraction(1, 10)


@pytest.mark.parametrize(
    "claim",
    [
        solvency(shock=Drawdown(bound="0.129")),
        lender_loss_cap_to_a_unit(cap="0.1967", shock="0.3", frozen=True),
        wick_survival(shock=Wick(bound="0.2"), health="1.253"),
        improves_health_to(margin="1e-8", shock="0.2"),
    ],
    ids=lambda claim: claim.name,
)
def test_what_is_proved_in_whole_units_is_false_a_little_further(claim: Property, prover: Prover) -> None:
    verdict = prover.finding(Case(AaveV3Design, in_fixed(claim), {}, None), effort="runs").verdict

    assert isinstance(verdict, Refuted)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wanted = down(down(limited / price) * bonus)", "wanted = up(down(limited / price) * bonus)"),
        ("up(self.value() / bonus), limited)", "down(self.value() / bonus), limited)"),
    ],
)
@pytest.mark.parametrize("name", ["lender_loss_cap", "liquidation_keeps_the_shortfall_to_a_unit"])
def test_a_rounding_the_other_way_is_noticed(old: str, new: str, name: str, prover: Prover, tmp_path: Path) -> None:
    faulty = cases([mutant("aave_v3", "aave-v3", old, new, tmp_path)], only=(name,), arithmetic="fixed")
    (case,) = (case for case in faulty if not case.declared)

    assert isinstance(prover.finding(case, effort="runs").verdict, Refuted)


@pytest.mark.parametrize("name", ["liquidation_keeps_the_shortfall", "covered_liquidation_improves_health"])
def test_whatever_the_parameters_more_seized_than_is_paid_for_is_noticed(
    name: str, planted_in_units: Callable[..., None]
) -> None:
    wanted = "wanted = {}(down(limited / price) * bonus)"
    fault = ("more is seized", wanted.format("down"), wanted.format("up"))
    planted_in_units("aave_v3", "aave-v3-any", *fault, f"{name}_to_a_unit")

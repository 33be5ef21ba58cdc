"""Options instead of debt: payoffs, defects that a formal reading finds, and the unit checker on the write-up itself."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.interpretations.fixed import FIXED
from verifier.language.errors import SpecError
from verifier.language.expr import number, substitute
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]


@pytest.mark.parametrize(("price", "payout"), [(2500, "0.6"), (1500, "1"), (1000, "1"), (6, "1"), (9000, "1/6")])
@pytest.mark.parametrize("arithmetic", ["real", "fixed"])
def test_p_pays_the_smaller_of_one_and_strike_over_price(
    problem: Compose, price: int, payout: str, arithmetic: str
) -> None:
    system = problem("options-pair", "every_claim_is_backed", strike=1500).system
    rule, quoted = system.rule("settle"), next(var for var in system.state if var.name == "price")
    term = next(term for var, term in rule.updates.items() if var.name == "payout")
    at_price = substitute(term, {quoted: number(price, quoted.unit)})
    table = {"fixed": {"table": FIXED}}.get(arithmetic, {})

    exact = Fraction(payout)
    expected = exact if arithmetic == "real" else Fraction(int(exact * 10**18), 10**18)
    assert value(at_price, {}, **table) == expected


def test_three_theorems_that_256_bit_runs_left_open_are_proved_in_integers(settle: Settle) -> None:
    for claim in ("p_is_worth_at_most_the_strike", "every_claim_is_backed", "payout_never_rises"):
        finding = settle("options-pair", claim, "fixed")

        assert isinstance(finding.verdict, Proved), claim
        assert finding.borrowers == "any"


def test_the_value_of_p_falls_by_rounding_and_by_no_more(settle: Settle) -> None:
    assert isinstance(settle("options-pair", "value_never_falls", "real").verdict, Proved)
    assert isinstance(settle("options-pair", "value_falls_by_rounding_only", "fixed").verdict, Proved)

    refuted = settle("options-pair", "value_never_falls", "fixed").verdict
    assert isinstance(refuted, Refuted)
    held = {var.name: Fraction(number) for var, number in refuted.run.params.items()}

    def payout(price: Fraction) -> Fraction:
        ratio = min(Fraction(1), held["strike"] / price)
        return Fraction(int(ratio * 10**18), 10**18)

    assert held["low"] <= held["high"]
    assert payout(held["low"]) * held["low"] > payout(held["high"]) * held["high"]


def test_who_settles_chooses_the_price_unless_it_is_sampled(settle: Settle) -> None:
    claim = "settlement_is_independent_of_the_caller"
    refuted = settle("options-pair", claim).verdict

    assert isinstance(refuted, Refuted)
    assert sorted(step.rule for step in refuted.run.steps) == ["other settle", "settle", "tick"]
    assert isinstance(settle("options-pair-sampled", claim).verdict, Proved)


def test_a_lone_holder_of_p_is_stuck_when_the_oracle_is_silent(settle: Settle) -> None:
    stuck = settle("options-pair", "exit_enabled", oracle="silent").verdict

    assert isinstance(stuck, Refuted)
    held = {var.name: number for var, number in stuck.run.states[-1].items()}
    assert held["held_p"] > 0
    assert held["held_n"] == 0
    assert held["settled"] is False
    assert isinstance(settle("options-pair-timeout", "exit_enabled").verdict, Proved)


def test_a_machine_word_that_is_too_small_overflows(settle: Settle) -> None:
    assert isinstance(settle("options-pair", "no_overflow", "fixed", bits=256).verdict, Proved)
    assert isinstance(settle("options-pair", "no_overflow", "fixed", bits=112).verdict, Refuted)


HEAD = """
from typing import Annotated
from verifier.language import ANY, Bool, Design, Mechanism, Real, Step, implies, initially, invariant, minimum, param
from verifier.language import require, rule, state
from verifier_specs.units import COLLATERAL, DEBT

PerCollateral = Annotated[Real, (DEBT / COLLATERAL).kept_to(8)]
PerIndex = Annotated[Real, (COLLATERAL / DEBT).kept_to(8)]
InIndex = Annotated[Real, (DEBT / COLLATERAL).kept_to(8)]
"""

BODY = """
class Written(Mechanism):
    strike: {strike} = param
    price: {price} = state()
    @initially
    def price_is_positive(self) -> Bool:
        return self.price > 0
    @rule
    def moves(self, to: {price}) -> Step:
        return require(to > 0).then(self.after(price=to))
    def payout(self) -> Real:
        return minimum(1, self.strike / self.price)
    @invariant
    def payout_times_price_is_at_most_the_strike(self) -> Bool:
        return self.payout() * self.price <= self.strike
    {more}

class Pair(Design):
    written = Written(strike={value})
"""

WORTH = """@invariant
    def worth_in_index_is_at_most_the_strike(self) -> Bool:
        return self.payout() / self.price <= 1 / self.strike"""


def test_the_write_up_with_its_units_as_stated_is_rejected(tmp_path: Path) -> None:
    """Strike in index per ETH, ticker in ETH per index: the two cannot be compared."""
    spec = tmp_path / "as_stated.py"
    spec.write_text(HEAD + BODY.format(strike="PerCollateral", price="PerIndex", value="ANY", more=""))

    from verifier.analyses.cases import cases
    from verifier.language.load import select

    with pytest.raises(SpecError, match="mixes units") as caught:
        [case.problem() for case in cases(select((str(spec),)).values())]
    assert caught.value.site is not None
    assert caught.value.site.file == str(spec)


def test_with_both_inverted_the_units_agree_and_the_value_of_p_is_what_is_wrong(
    tmp_path: Path, settle_file: Callable[[Path], list[Finding]]
) -> None:
    """S = 1/1500, x = 1/2500 ETH per index: payout·x ≤ S still holds, but P is worth 2500 index, not 1500."""
    spec = tmp_path / "inverted.py"
    spec.write_text(HEAD + BODY.format(strike="PerIndex", price="PerIndex", value='"1/1500"', more=WORTH))
    harmless, telling = settle_file(spec)

    assert isinstance(harmless.verdict, Proved)
    assert isinstance(telling.verdict, Refuted)
    (price,) = [Fraction(v) for var, v in telling.verdict.run.states[-1].items() if var.name == "price"]
    assert min(Fraction(1), Fraction(1, 1500) / price) / price > 1500
    assert min(Fraction(1), Fraction(1, 1500) * 2500) * 2500 == 2500

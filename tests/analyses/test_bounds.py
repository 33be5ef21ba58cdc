"""Bounds of claims about single positions: intervals proved at once, closed forms, and what is left open."""

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from verifier.analyses.bound import bound, bound_case
from verifier.analyses.boundary import decimal_between, simplest
from verifier.analyses.prove import Prover
from verifier.engines.ask import Solver
from verifier.evidence.bound import Bound
from verifier.evidence.verdict import Proved, Refuted
from verifier.interpretations.exact import UNDEFINED, value
from verifier.interpretations.formula import Symbols
from verifier.language.expr import Real, Var, number, variable
from verifier.language.load import select

FindBound = Callable[..., Bound]
Q = Fraction

TOY = '''
"""A toy whose level varies. Source: none."""

from verifier.language import Bool, Design, Mechanism, Step, SIGNED, RATIO, Real, implies, invariant, param, require, rule, state
from typing import Annotated

Ratio = Annotated[Real, RATIO.kept_to(18)]
Signed = Annotated[Real, RATIO.kept_to(18), SIGNED]

class Toy(Mechanism):
    level: Ratio = param
    slope: Ratio = param(2)
    x: Signed = state(0)

    @rule(by="anyone")
    def move(self, up: Ratio) -> Step:
        """Moves."""
        return require(up <= 1).then(self.after(x={term} * up))

    @invariant
    def stays_low(self) -> Bool:
        """It never rises."""
        return {claim}

class It(Design, name="it"):
    """It."""

    pool = Toy(level="{level}")
    proved = (Toy.stays_low,)
'''


@pytest.fixture
def toy(tmp_path: Path, prover: Prover) -> Callable[..., Bound]:
    """The bound on the level of a toy in which x moves up to a term."""

    def run(term: str, level: str, *, claim: str = "self.x <= 0", seconds: float = 60) -> Bound:
        file = tmp_path / "toy.py"
        file.write_text(TOY.replace("{term}", term).replace("{level}", level).replace("{claim}", claim))
        (design,) = select((str(file),)).values()
        solver = Solver("real", time.monotonic() + seconds, prover.worker())
        return bound(bound_case(design, "stays_low", {}, "level"), solver, vary="level")

    return run


def test_an_interval_has_two_ends(toy: Callable[..., Bound]) -> None:
    found = toy("(self.level - 1) * (self.level - 3)", "2")

    assert found.verdict == "proved"
    assert found.low is not None
    assert found.high is not None
    assert (found.low.safe, found.high.safe) == (1, 3)
    for edge in (found.low, found.high):
        assert isinstance(edge.refuted.verdict, Refuted)  # type: ignore[union-attr]
    assert isinstance(found.proof.verdict, Proved)  # type: ignore[union-attr]


def test_a_safe_set_that_is_no_interval_gives_the_part_around_the_present_value(toy: Callable[..., Bound]) -> None:
    """Safe up to 1 and from 3 on: halving towards "is exactly x safe" could have landed anywhere."""
    found = toy("(self.level - 1) * (3 - self.level)", "0.5")

    assert found.low is None  # a level is not negative
    assert found.high is not None
    assert found.high.safe == 1
    assert all(point >= 3 for point in found.elsewhere)
    assert found.elsewhere


def test_from_the_other_side_it_gives_the_other_part(toy: Callable[..., Bound]) -> None:
    found = toy("(self.level - 1) * (3 - self.level)", "4")

    assert found.low is not None
    assert found.low.safe == 3
    assert found.high is None


def test_an_unsafe_island_inside_is_not_jumped_over(toy: Callable[..., Bound]) -> None:
    """Between 2 and 2.001 it fails: too narrow for a search by points."""
    found = toy("(self.level - 2) * (2.001 - self.level)", "0")

    assert found.high is not None
    assert found.high.safe == 2


def test_an_irrational_end_is_enclosed(toy: Callable[..., Bound]) -> None:
    found = toy("(self.level * self.level - 2)", "1")

    assert found.verdict == "proved"
    assert found.high is not None
    assert found.high.safe**2 <= 2 < found.high.unsafe**2  # type: ignore[operator]


def test_an_end_that_is_itself_unsafe_is_approached(toy: Callable[..., Bound]) -> None:
    """x moves up by one exactly where the level is 2 or more."""
    found = toy("where(self.level >= 2, 1, 0)".replace("where", "__import__('verifier.language').language.where"), "1")

    assert found.high is not None
    assert found.high.safe < 2
    assert found.high.unsafe == 2


def test_a_closed_form_names_the_parameters(toy: Callable[..., Bound]) -> None:
    found = toy("self.slope * self.level", "1", claim="self.x <= 3")

    assert found.high is not None
    assert found.high.safe == Q(3, 2)
    assert found.high.closed is not None
    assert found.high.closed.formula == "3/slope"
    assert found.high.closed.safe_for_all
    assert found.high.closed.tight_for_all


def test_an_interval_in_which_nothing_happens_is_not_called_safe(toy: Callable[..., Bound]) -> None:
    found = toy("self.slope", "0.1", claim="implies(self.x > 2 + self.level, self.x > 9)")
    assert (found.is_safe, found.verdict, found.high, found.low) == (False, "unknown", None, None)
    assert "no run reaches the claim's premise" in found.why


def test_without_time_nothing_is_called_proved(toy: Callable[..., Bound]) -> None:
    found = toy("(self.level - 1) * (self.level - 3)", "2", seconds=0)

    assert found.verdict == "unknown"
    assert found.why


@hypothesis.settings(max_examples=12)
@hypothesis.given(a=st.integers(1, 9), b=st.integers(0, 9), c=st.integers(1, 9))
def test_random_linear_claims_end_where_arithmetic_says(
    prover: Prover, tmp_path_factory: pytest.TempPathFactory, a: int, b: int, c: int
) -> None:
    file = tmp_path_factory.mktemp("toys") / "toy.py"
    text = TOY.replace("{term}", f"({a} * self.level + {b} - {b + c})").replace("{level}", "0")
    text = text.replace("{claim}", "self.x <= 0")
    file.write_text(text)
    (design,) = select((str(file),)).values()
    found = bound(
        bound_case(design, "stays_low", {}, "level"),
        Solver("real", time.monotonic() + 60, prover.worker()),
        vary="level",
    )

    assert found.high is not None
    assert found.high.safe == Q(c, a)


# The bundled closed forms.


@pytest.mark.parametrize(
    ("design", "claim", "vary", "formula", "tight"),
    [
        ("spread", "solvency", "shock", "max(1 - liquidation_threshold·(1 + liquidation_bonus)/health, 1 - 1/health)", True),
        ("aave-v3", "solvency", "shock", "max(1 - liquidation_threshold·(1 + liquidation_bonus)/health, 1 - 1/health)", False),
        ("aave-v3", "wick_survival", "shock", "1 - 1/health", False),
        ("aave-v3", "lender_loss_cap", "cap", "1 - health·(1 - bound)/(liquidation_threshold·(1 + liquidation_bonus))", False),
    ],
)  # fmt: skip
def test_a_closed_form_is_found_without_being_told(
    find_bound: FindBound, design: str, claim: str, vary: str, formula: str, tight: bool
) -> None:
    found = find_bound(design, claim, vary=vary)

    assert found.verdict == "proved"
    assert found.edge is not None
    assert found.edge.closed is not None
    assert found.edge.closed.formula == formula
    assert found.edge.closed.safe_for_all
    assert found.edge.closed.tight_for_all or not tight


# Numbers and formulas.


@hypothesis.given(st.fractions(0, 10), st.fractions(0, 10))
def test_the_simplest_fraction_of_an_interval(one: Fraction, other: Fraction) -> None:
    found = simplest(one, other)
    low, high = min(one, other), max(one, other)

    assert low <= found <= high
    for denominator in range(1, min(found.denominator, 40)):
        assert not any(
            low <= Q(n, denominator) <= high for n in range(int(low * denominator), int(high * denominator) + 2)
        )


@hypothesis.given(st.fractions(0, 10), st.fractions("1/1000", 1), st.booleans())
def test_a_decimal_beyond_an_edge(edge: Fraction, reach: Fraction, up: bool) -> None:
    limit = edge + reach if up else edge - reach
    found = decimal_between(edge, limit)

    assert found != edge
    assert min(edge, limit) <= found <= max(edge, limit)


A, B, C = (Var(name, Real) for name in "abc")
TERMS = st.recursive(
    st.sampled_from([variable(A), variable(B), variable(C)]) | st.integers(1, 5).map(lambda n: number(n)),
    lambda inner: st.tuples(st.sampled_from("+-*/"), inner, inner).map(
        lambda t: (
            t[1] + t[2]
            if t[0] == "+"
            else t[1] - t[2]
            if t[0] == "-"
            else t[1] * t[2]
            if t[0] == "*"
            else t[1] / (t[2] * t[2] + 1)
        )
    ),
    max_leaves=8,
)


@hypothesis.settings(max_examples=150)
@hypothesis.given(TERMS, st.tuples(*[st.fractions(1, 9)] * 3))
def test_a_formula_and_the_term_made_of_it_are_worth_the_same(term: Real, numbers: tuple[Fraction, ...]) -> None:
    import sympy

    state = dict(zip((A, B, C), numbers, strict=True))
    symbols = Symbols()
    for made in (symbols.formula(term), sympy.factor(symbols.formula(term)), sympy.cancel(symbols.formula(term))):
        back = symbols.term(made, variable)
        assert back is not None
        assert value(back, state) == value(term, state) is not UNDEFINED

"""Only a genuine violating run is ever replayed: whatever else is changed in one, the exact interpreter refuses it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.analyses.cases import cases
from verifier.analyses.prove import Prover
from verifier.evidence.run import Disagreement, Run, Taken, Values, replay
from verifier.evidence.verdict import Refuted
from verifier.interpretations.specialise import specialise
from verifier.language import (
    RATIO,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    amount,
    assumption,
    base,
    down,
    in_fixed,
    initially,
    invariant,
    param,
    require,
    rule,
    state,
)
from verifier.language.system import Claim, System

CASH = base("replay cash", decimals=2)
SHARE = RATIO.kept_to(2)


class Teller(Mechanism):
    """Cash is paid in, lent against a fee, and closed once; ten are never to be exceeded while it is open."""

    fee: Annotated[Real, SHARE] = param

    cash: Annotated[Real, CASH] = state()
    lent: Annotated[Real, CASH] = state(0)
    closed: Bool = state(False)

    @assumption
    def fee_is_at_most_half(self) -> Bool:
        """At most half of what is lent is kept."""
        return self.fee <= 0.5

    @initially
    def starts_with_little(self) -> Bool:
        return self.cash <= 4 * self.one()

    def one(self) -> Real:
        return amount(1, CASH)

    @rule
    def pay_in(self, paid: Annotated[Real, CASH]) -> Step:
        """At most three are paid in."""
        return require(paid > 0, paid <= 3 * self.one(), ~self.closed).then(self.after(cash=self.cash + paid))

    @rule
    def lend(self, drawn: Annotated[Real, CASH]) -> Step:
        """Cash is lent; the fee stays."""
        kept = down(drawn * self.fee)
        return require(drawn > 0, drawn <= self.cash).then(
            self.after(cash=self.cash - drawn + kept, lent=self.lent + drawn)
        )

    @rule
    def close(self) -> Step:
        """Nothing is paid in any more."""
        return require(~self.closed, self.cash > self.one()).then(self.after(closed=True))

    @invariant
    def little_in_all(self) -> Bool:
        """Cash and loans are together at most nine while it is open, and at most eight once it is closed."""
        total = self.cash + self.lent
        return (total <= 9 * self.one()) & (~self.closed | (total <= 8 * self.one()))


class TellerDesign(Design, name="teller"):
    """A teller."""

    teller = Teller()
    refuted = {Teller.little_in_all: "two or three payments", in_fixed(Teller.little_in_all): "the same in cents"}


class Refutation:
    """A refuted claim with its run, and its quantities by name."""

    def __init__(self, system: System, claim: Claim, run: Run) -> None:
        self.system, self.claim, self.run = system, claim, run
        self.start = run.states[0]
        self.names = {var.name: var for var in self.start}

    def again(self, start: Values, steps: Sequence[Taken]) -> Run | None:
        """The run from here by these steps, or None if it is refused."""
        try:
            return replay(self.system, self.claim, start, steps, self.run.arithmetic)
        except Disagreement:
            return None


@pytest.fixture(scope="module")
def refutations() -> Mapping[str, Refutation]:
    found: dict[str, Refutation] = {}
    with Prover(jobs=1, seconds=600.0) as prover:
        for case in cases([TellerDesign]):
            verdict = prover.finding(case).verdict
            assert isinstance(verdict, Refuted)
            problem = case.problem()
            found[case.prop.arithmetic] = Refutation(
                specialise(problem.system, case.prop.arithmetic), problem.claim, verdict.run
            )
    return found


# The teller once more, by hand: nothing here is shared with the verifier.


def cents(size: Fraction) -> bool:
    return (size * 100).denominator == 1


def by_hand(start: Mapping[str, Any], steps: Sequence[tuple[str, Mapping[str, Any]]], *, fixed: bool) -> bool:
    """Whether these steps from this start are a run of the teller at whose end too much is there."""
    fee, cash, lent, closed = (start[name] for name in ("fee", "cash", "lent", "closed"))
    if min(fee, cash, lent) < 0 or lent != 0 or closed or cash > 4 or fee * 2 > 1:
        return False
    if fixed and not (cents(cash) and cents(lent) and cents(fee)):
        return False
    for name, inputs in steps:
        size = next(iter(inputs.values()), Fraction(1))
        if fixed and not cents(size):
            return False
        if name == "pay_in" and 0 < size <= 3 and not closed:
            cash += size
        elif name == "lend" and 0 < size <= cash:
            kept = size * fee
            cash += (Fraction(kept * 100 // 1) / 100 if fixed else kept) - size
            lent += size
        elif name == "close" and not closed and cash > 1:
            closed = True
        else:
            return False
    total = cash + lent
    return bool(total > 9 or (closed and total > 8))


def plain(start: Values, steps: Sequence[Taken]) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    names = {var.name: known for var, known in start.items()}
    return names, [(taken.rule, {var.name: known for var, known in taken.inputs.items()}) for taken in steps]


def genuine(start: Values, steps: Sequence[Taken], arithmetic: str) -> bool:
    return by_hand(*plain(start, steps), fixed=arithmetic == "fixed")


both = pytest.mark.parametrize("arithmetic", ["real", "fixed"])
settings = hypothesis.settings(max_examples=150, suppress_health_check=list(hypothesis.HealthCheck))
sizes = st.one_of(
    st.sampled_from([Fraction(n, d) for n, d in ((0, 1), (1, 1), (-1, 1), (1, 100), (1, 1000), (3, 1), (301, 100))]),
    st.fractions(-1, 12, max_denominator=300),
)


@both
def test_a_refutation_replays_to_the_same_run(arithmetic: str, refutations: Mapping[str, Refutation]) -> None:
    case = refutations[arithmetic]
    again = case.again(case.start, case.run.steps)
    assert again is not None
    assert again.states == case.run.states
    assert again.params == case.run.params
    assert len(again) == len(case.run) == 2
    assert genuine(case.start, case.run.steps, arithmetic)


@both
@settings
@given(data=st.data(), size=sizes)
def test_a_changed_start_is_refused_or_starts_a_genuine_run(
    arithmetic: str, data: st.DataObject, size: Fraction, refutations: Mapping[str, Refutation]
) -> None:
    case = refutations[arithmetic]
    var = data.draw(st.sampled_from(sorted(case.start, key=lambda one: one.name)))
    start = case.start | {var: size if var.sort is Real else not case.start[var]}
    assert (case.again(start, case.run.steps) is not None) == genuine(start, case.run.steps, arithmetic)


@both
@settings
@given(data=st.data(), size=sizes)
def test_a_changed_input_is_refused_or_makes_a_genuine_run(
    arithmetic: str, data: st.DataObject, size: Fraction, refutations: Mapping[str, Refutation]
) -> None:
    case = refutations[arithmetic]
    steps = list(case.run.steps)
    place = data.draw(st.sampled_from([i for i, taken in enumerate(steps) if taken.inputs]))
    steps[place] = Taken(steps[place].rule, dict.fromkeys(steps[place].inputs, size))
    assert (case.again(case.start, steps) is not None) == genuine(case.start, steps, arithmetic)


@both
@settings
@given(data=st.data(), size=sizes)
def test_steps_that_are_reordered_dropped_repeated_or_replaced_are_refused_or_genuine(
    arithmetic: str, data: st.DataObject, size: Fraction, refutations: Mapping[str, Refutation]
) -> None:
    case = refutations[arithmetic]
    rule_names = [item.name for item in case.system.rules]
    other = case.system.rule(data.draw(st.sampled_from(rule_names)))
    offered = [*case.run.steps, Taken(other.name, dict.fromkeys(other.inputs, size))]
    steps = data.draw(st.lists(st.sampled_from(offered), max_size=5))
    assert (case.again(case.start, steps) is not None) == genuine(case.start, steps, arithmetic)


@both
@settings
@given(data=st.data(), first=st.fractions(0, 5, max_denominator=100), fee=st.fractions(0, 1, max_denominator=50))
def test_a_replay_accepts_every_genuine_run_and_nothing_else(
    arithmetic: str, data: st.DataObject, first: Fraction, fee: Fraction, refutations: Mapping[str, Refutation]
) -> None:
    case = refutations[arithmetic]
    start = case.start | {case.names["cash"]: first, case.names["fee"]: fee}
    steps = []
    for _ in range(data.draw(st.integers(0, 5))):
        item = case.system.rule(data.draw(st.sampled_from([one.name for one in case.system.rules])))
        size = data.draw(st.integers(1, 300)) / Fraction(100)
        steps.append(Taken(item.name, dict.fromkeys(item.inputs, size)))
    assert (case.again(start, steps) is not None) == genuine(start, steps, arithmetic)


@both
def test_a_run_must_end_in_the_violation_and_may_be_shown_without_a_claim(
    arithmetic: str, refutations: Mapping[str, Refutation]
) -> None:
    case = refutations[arithmetic]
    for length in range(len(case.run)):
        with pytest.raises(Disagreement, match="does not violate the claim"):
            replay(case.system, case.claim, case.start, case.run.steps[:length], case.run.arithmetic)
        shown = replay(case.system, None, case.start, case.run.steps[:length], case.run.arithmetic)
        assert shown.states == case.run.states[: length + 1]


def test_a_value_between_two_grid_points_is_refused_in_fixed_arithmetic_alone(
    refutations: Mapping[str, Refutation],
) -> None:
    for arithmetic, case in refutations.items():
        pay_in = case.system.rule("pay_in")
        steps = [Taken("pay_in", dict.fromkeys(pay_in.inputs, Fraction(3)))] * 2
        for cash, accepted in (("3.99", True), ("3.999", arithmetic == "real")):
            start = case.start | {case.names["cash"]: Fraction(cash)}
            assert (case.again(start, steps) is not None) == accepted == genuine(start, steps, arithmetic)

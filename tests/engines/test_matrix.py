"""Every engine on systems whose verdicts are known: by hand for the toys, by trying everything for random ones."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import attrs
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.engines.ask import Solver, Worker
from verifier.engines.bmc import bmc
from verifier.engines.fuzz import fuzz
from verifier.engines.portfolio import settle
from verifier.engines.simulate import Simulator
from verifier.evidence.run import Run, Taken, Values, advance, begins, replay, violated
from verifier.evidence.verdict import Bounded, Finding, Proved, Refuted, Unknown, word
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts
from verifier.language.errors import Site
from verifier.language.expr import Bool, Real, Var, all_of, down, maximum, minimum, number, variable, where
from verifier.language.pieces import Design
from verifier.language.system import Actor, Arithmetic, Claim, Rule, System
from verifier.language.units import RATIO

TOYS = Path(__file__).parent / "toys.py"
SECONDS = 600.0
"""So long that no verdict here depends on the clock."""

EXPECTED: Mapping[tuple[str, str, Arithmetic], tuple[str, int | None]] = {
    ("counter", "at_most_five", "real"): ("proved", None),
    ("counter", "one_at_a_time", "real"): ("proved", None),
    ("counter", "never_half_way", "real"): ("bounded", 6),
    ("counter", "at_most_two", "real"): ("refuted", 3),
    ("counter", "no_third_step", "real"): ("refuted", 3),
    ("counter", "half_is_small", "real"): ("refuted", 4),
    ("long-counter", "at_most_six", "real"): ("refuted", 7),
    ("loose", "at_most_four", "real"): ("proved", None),
    ("loose", "at_most_one", "real"): ("refuted", 0),
    ("loose", "at_most_three", "real"): ("refuted", 1),
    ("backed", "gold_never_runs_out", "real"): ("proved", None),
    ("fuse", "at_most_once", "real"): ("proved", None),
    ("fuse", "never", "real"): ("refuted", 1),
    ("impossible", "never_grows", "real"): ("vacuous", None),
    ("premise", "giants_are_tiny", "real"): ("vacuous", None),
    ("premise", "large_is_not_small", "real"): ("proved", None),
    ("premise", "large_is_small", "real"): ("refuted", 1),
    ("timid", "never_sees_ruin", "real"): ("vacuous", None),
    ("exchange", "product_is_kept", "real"): ("proved", None),
    ("exchange", "never_empty", "real"): ("proved", None),
    ("exchange", "price_is_kept", "real"): ("refuted", 1),
    ("squares", "at_least_two", "real"): ("proved", None),
    ("squares", "at_most_a_hundred", "real"): ("refuted", 3),
    ("phases", "closed_after_opened", "real"): ("proved", None),
    ("phases", "no_bid_before_it_opens", "real"): ("proved", None),
    ("phases", "closed_without_bids", "real"): ("refuted", 3),
    ("halves", "nothing_is_lost", "real"): ("proved", None),
    ("halves", "little_is_lost", "real"): ("proved", None),
    ("halves", "little_is_lost", "fixed"): ("proved", None),
    ("halves", "nothing_is_lost", "fixed"): ("refuted", 1),
}
HARD = {
    ("backed", "gold_never_runs_out"): "induction with found lemmas",
}
"""The engine that alone can settle it."""

Key = tuple[str, str, Arithmetic]


def key_of(case: Case) -> Key:
    return case.design.title, case.prop.name, case.prop.arithmetic


def case_of(toys: Mapping[str, type[Design]], key: Key) -> Case:
    return next(case for case in cases([toys[key[0]]]) if key_of(case) == key)


def summary(finding: Finding) -> tuple[object, ...]:
    """What must be the same on every run."""
    verdict = finding.verdict
    found: object = None
    match verdict:
        case Refuted():
            found = (len(verdict.run), verdict.run.states, [(taken.rule, taken.inputs) for taken in verdict.run.steps])
        case Proved():
            found = (verdict.certificate.k, [name for name, _ in verdict.certificate.lemmas])
        case Bounded() | Unknown():
            found = verdict.depth
    return finding.design, finding.claim.name, finding.arithmetic, word(verdict), finding.engine, found


def depth_of(finding: Finding) -> int | None:
    match finding.verdict:
        case Refuted():
            return len(finding.verdict.run)
        case Bounded():
            return finding.verdict.depth
    return None


def test_the_table_speaks_of_every_claim_of_every_toy(toys: Mapping[str, type[Design]]) -> None:
    assert sorted(key_of(case) for case in cases(toys.values())) == sorted(EXPECTED)


@pytest.mark.parametrize("key", EXPECTED, ids=" ".join)
def test_a_toy_gets_its_known_verdict_at_its_known_depth(key: Key, toys: Mapping[str, type[Design]]) -> None:
    with Prover(jobs=1, seconds=SECONDS) as prover:
        finding = prover.finding(case_of(toys, key))
    assert (word(finding.verdict), depth_of(finding)) == EXPECTED[key]
    assert finding.engine == HARD.get(key[:2], finding.engine)


@pytest.mark.parametrize("key", [key for key, known in EXPECTED.items() if known[0] == "refuted"], ids=" ".join)
def test_bounded_model_checking_finds_the_shortest_run_and_nothing_before_it(
    key: Key, toys: Mapping[str, type[Design]], solver_in: "SolverIn"
) -> None:
    problem = case_of(toys, key).problem()
    system, depth = specialise(problem.system, "real"), EXPECTED[key][1]
    assert depth is not None
    solver = solver_in(key[2])
    assert bmc(system, problem.claim, solver, range(depth)) is None
    run = bmc(system, problem.claim, solver, range(depth + 1))
    assert run is not None
    assert len(run) == depth
    assert violated(problem.claim, run.states, run.steps, key[2])


@pytest.mark.parametrize("key", EXPECTED, ids=" ".join)
def test_short_runs_first_or_last_make_no_other_verdict(
    key: Key, toys: Mapping[str, type[Design]], solver_in: "SolverIn"
) -> None:
    problem = case_of(toys, key).problem()
    system = specialise(problem.system, key[2])
    first = settle(system, problem.claim, solver_in(key[2]), effort="refute", care="none").verdict
    last = settle(system, problem.claim, solver_in(key[2])).verdict
    assert word(first) == word(last)
    if isinstance(first, Refuted) and isinstance(last, Refuted):
        assert len(first.run) == len(last.run)
        assert violated(problem.claim, first.run.states, first.run.steps, key[2])


SEARCHED = [key for key in EXPECTED if key[0] != "impossible" and key[1] != "price_is_kept"]


@pytest.mark.parametrize("key", SEARCHED, ids=" ".join)
def test_random_search_never_contradicts_a_verdict(key: Key, toys: Mapping[str, type[Design]]) -> None:
    verdict, depth = EXPECTED[key]
    problem = case_of(toys, key).problem()
    system = specialise(problem.system, "real")
    search = fuzz(system, problem.claim, key[2], examples=80, length=8)
    if verdict != "refuted":
        assert search.found is None
    else:
        assert depth is not None
        assert search.found is not None
        assert len(search.found) >= depth
        again = replay(system, problem.claim, search.found.states[0], search.found.steps, key[2])
        assert again.states == search.found.states


def test_random_search_with_one_seed_finds_one_run(toys: Mapping[str, type[Design]]) -> None:
    problem = case_of(toys, ("phases", "closed_without_bids", "real")).problem()
    runs = [
        fuzz(specialise(problem.system, "real"), problem.claim, "real", examples=80, seed=7).found for _ in range(2)
    ]
    assert all(run is not None for run in runs)
    assert steps_of(runs[0]) == steps_of(runs[1])


def steps_of(run: Run | None) -> list[object]:
    assert run is not None
    return [(taken.rule, taken.inputs) for taken in run.steps]


def test_a_second_run_gives_the_same_findings_in_the_same_order(toys: Mapping[str, type[Design]]) -> None:
    chosen = [toys[title] for title in ("counter", "loose", "premise", "phases", "backed")]
    seen = []
    for _ in range(2):
        with Prover(jobs=1, seconds=SECONDS) as prover:
            seen.append([summary(finding) for finding in prover.findings(cases(chosen))])
    assert seen[0] == seen[1]


def test_one_job_and_two_jobs_give_the_same_document() -> None:
    documents = []
    for jobs in ("1", "2"):
        command = [sys.executable, "-m", "verifier", "prove", str(TOYS), "--json", "--jobs", jobs]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in {1, 3}, done.stderr
        document = json.loads(done.stdout)
        for verdict in document["verdicts"]:
            del verdict["seconds"]
        documents.append(document)
    assert documents[0] == documents[1]
    assert len(documents[0]["verdicts"]) == len(EXPECTED)


# Random systems, small enough to try everything.

GRID = RATIO.kept_to(0)
NAMES = ("ant", "bee", "cat")
SITE = Site("random", 1)


@attrs.frozen(eq=False)
class Random:
    """A system without inputs, so that its runs can be counted out, and a claim about it."""

    system: System
    claim: Claim

    def __repr__(self) -> str:
        rules = [f"{r.name}: {r.guard!r} → { {v.name: t for v, t in r.updates.items()} }" for r in self.system.rules]
        return f"{self.system.init} {rules} ⊨ {self.claim.terms()}"


def variables_named(count: int) -> list[Var]:
    return [Var(name, Real, GRID, signed=True, changes=True) for name in NAMES[:count]]


@st.composite
def random_systems(draw: st.DrawFn, *, rounding: bool) -> Random:
    """Two or three whole numbers, a few rules with small constants, a claim on states or steps."""
    state = variables_named(draw(st.integers(2, 3)))
    small = st.integers(-2, 3)

    def term() -> Real:
        first, second = (variable(draw(st.sampled_from(state))) for _ in range(2))
        choices = [first + draw(small), first + second, first - second, number(draw(small)), first * draw(small)]
        choices += [minimum(first, second), maximum(first, draw(small)), where(first <= second, second, first)]
        if rounding:
            choices += [down(first / 2, 0), down((first + second) / 3, 0)]
        made = draw(st.sampled_from(choices))
        assert isinstance(made, Real)
        return made

    def comparison() -> Bool:
        left, bound = term(), number(draw(st.integers(-1, 6)))
        made = draw(st.sampled_from([left <= bound, left < bound, bound <= left, left != bound]))
        assert isinstance(made, Bool)
        return made

    rules = []
    for position in range(draw(st.integers(1, 3))):
        written = draw(st.lists(st.sampled_from(state), min_size=1, unique=True))
        guard = comparison() if draw(st.booleans()) else all_of()
        updates = {var: term() for var in written}
        rules.append(Rule(f"rule{position}", Actor.ANYONE, (), guard, updates, "", SITE, "toy"))
    start = tuple(variable(var) == draw(st.integers(-1, 2)) for var in state)
    system = System(
        name="random", params=(), fixed={}, state=tuple(state), rigid={}, init=start, rules=tuple(rules), domain=(),
        assumptions=(), lemmas=(), owners=dict.fromkeys(state, "toy"), environment=frozenset(),
    )  # fmt: skip
    if draw(st.booleans()):
        return Random(system, Claim("claim", comparison(), {}, "", SITE))
    return Random(system, Claim("claim", all_of(), {rules[-1].name: comparison()}, "", SITE))


def shortest(toy: Random, arithmetic: Arithmetic, depth: int) -> int | None:
    """The length of a shortest violating run of up to this depth, found by taking every step there is."""
    system, claim = toy.system, toy.claim
    start: Values = {}
    for fact in system.init:
        assert isinstance(fact.args[0].leaf, Var)
        assert isinstance(fact.args[1].leaf, Fraction)
        start[fact.args[0].leaf] = fact.args[1].leaf
    assert begins(system, start, arithmetic) is None
    if violated(claim, [start], [], arithmetic):
        return 0
    front = [start]
    seen = {tuple(start.values())}
    for length in range(1, depth + 1):
        following: list[Values] = []
        for before in front:
            for rule, after in moves(system, before, arithmetic):
                if claim.on_steps and rule.name in claim.steps and broken(claim, rule, before, arithmetic):
                    return length
                if not claim.on_steps and violated(claim, [after], [], arithmetic):
                    return length
                if tuple(after[var] for var in system.state) not in seen:
                    seen.add(tuple(after[var] for var in system.state))
                    following.append(after)
        front = following
    return None


def moves(system: System, before: Values, arithmetic: Arithmetic) -> Iterator[tuple[Rule, Values]]:
    for rule in system.rules:
        after = advance(system, rule, before, {}, arithmetic)
        if after is not None:
            yield rule, {var: after[var] for var in system.state}


def broken(claim: Claim, rule: Rule, before: Values, arithmetic: Arithmetic) -> bool:
    return violated(claim, [before, before], [Taken(rule.name, {})], arithmetic)


class SolverIn:
    """Makes solvers that share one worker process."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def __call__(self, arithmetic: Arithmetic) -> Solver:
        return Solver(arithmetic, time.monotonic() + SECONDS, self.worker)


@pytest.fixture(scope="module")
def solver_in() -> Iterator[SolverIn]:
    worker = Worker()
    yield SolverIn(worker)
    worker.stop()


def agrees(toy: Random, arithmetic: Arithmetic, make: SolverIn) -> None:
    """The portfolio's verdict, its reason, and its second run fit what trying everything shows."""
    depth = 9
    truth = shortest(toy, arithmetic, depth)
    first, second = (settle(toy.system, toy.claim, make(arithmetic)) for _ in range(2))
    verdict = first.verdict
    match verdict:
        case Proved():
            assert truth is None
        case Refuted():
            assert verdict.shortest
            assert len(verdict.run) == truth or (truth is None and len(verdict.run) > depth)
            assert violated(toy.claim, verdict.run.states, verdict.run.steps, arithmetic)
        case Bounded():
            assert truth is None or truth > verdict.depth
        case Unknown():
            assert truth is None or verdict.depth is None or truth > verdict.depth
    assert (word(verdict), first.engine) == (word(second.verdict), second.engine)
    if isinstance(verdict, Refuted) and isinstance(second.verdict, Refuted):
        assert verdict.run.states == second.verdict.run.states
    third = settle(toy.system, toy.claim, make(arithmetic), effort="refute", care="none").verdict
    assert word(third) == word(verdict)
    if isinstance(third, Refuted) and isinstance(verdict, Refuted):
        assert len(third.run) == len(verdict.run)
        assert violated(toy.claim, third.run.states, third.run.steps, arithmetic)
    terms, fixed = list(toy.claim.terms()), rigid_facts(toy.system)
    drawn = Simulator(toy.system, arithmetic)
    assert not drawn.false_somewhere(terms, fixed) or make(arithmetic).ask(fixed, terms) is not None
    search = fuzz(toy.system, toy.claim, arithmetic, examples=10, length=6)
    assert search.found is None or (truth is not None and len(search.found) >= truth)


@hypothesis.settings(max_examples=30, suppress_health_check=list(hypothesis.HealthCheck))
@given(toy=random_systems(rounding=False))
def test_no_engine_contradicts_what_trying_everything_shows_in_reals(toy: Random, solver_in: SolverIn) -> None:
    agrees(toy, "real", solver_in)


@hypothesis.settings(max_examples=25, suppress_health_check=list(hypothesis.HealthCheck))
@given(toy=random_systems(rounding=True))
def test_no_engine_contradicts_what_trying_everything_shows_in_whole_numbers(toy: Random, solver_in: SolverIn) -> None:
    agrees(toy, "fixed", solver_in)

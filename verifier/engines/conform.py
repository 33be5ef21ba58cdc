"""A spec beside the real code: the same actions in both, every field equal, every refusal for the same reason."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, ClassVar, Protocol

import attrs

from verifier.engines.states import MOST, Draw, Segment, Spec, State, segments
from verifier.interpretations.compiled import Steps
from verifier.language.expr import Var
from verifier.language.system import Actor, Rule, System

POINTS = (0, *(2**bits for bits in range(0, MOST, 16)), 2**MOST - 1)


ROUNDS = 10
"""How often each example is started from."""
DONE = "done"
TOO_LARGE = "too_large"
"""What the code says where a number of the state after has more bits than it has room for."""
UNNAMED = "condition "
"""How the conditions begin that a spec gives no name: they say of what it speaks, not what the code refuses."""


class Contract(Protocol):
    """The real code of a design in an EVM. What it is told and tells are numbers by the names of the spec."""

    source: str
    settings: ClassVar[Mapping[str, Any]]
    """Parameters of the design that are left open here, so that each state has its own."""
    words: ClassVar[Mapping[str, int]]
    """Below which power of two a state variable or an input is, where the spec alone leaves it open."""
    wider: ClassVar[tuple[str, ...]]
    """Assumptions of the spec about the start that the code needs none of: states are drawn without them."""
    room: ClassVar[Mapping[str, int]]
    """For how many bits of a number the code has room, where a step may exceed that: then it refuses as too large."""
    examples: ClassVar[Sequence[Mapping[str, Steps]]]
    """States to start from, too, where thresholds are met exactly that drawn numbers hardly ever meet."""
    apart: ClassVar[Mapping[str, str]]
    """What is not compared, a rule or a quantity, with the reason."""
    reasons: ClassVar[Mapping[str, str | tuple[str, ...]]]
    """How the reason begins that the code gives where a condition of the spec, by name, does not hold."""

    def put(self, state: Mapping[str, Steps]) -> None:
        """Bring the code into this state."""

    def act(self, rule: str, inputs: Mapping[str, Steps]) -> None:
        """Take the step; an exception says why the code refuses."""

    def read(self) -> Mapping[str, Steps]:
        """The state that the code is in."""


@attrs.frozen(eq=False)
class Disagreement:
    """Where the two part: the state, the action, and what each of them says."""

    state: Mapping[str, Steps]
    rule: str
    inputs: Mapping[str, Steps]
    field: str
    spec: object
    contract: object


@attrs.define(eq=False)
class Conformance:
    """What was compared, and the smallest disagreement if there was one."""

    design: str
    source: str
    states: int = 0
    actions: Counter[tuple[str, str]] = attrs.Factory(Counter)
    """How often each rule ended how: done, or the reason."""
    outside: int = 0
    """How many actions drawn are none that the spec speaks of."""
    flips: int = 0
    """Thresholds of the code, found by bisecting it, on both sides of which the spec was asked."""
    branches: int = 0
    """Thresholds of the spec, on both sides of which the code was asked."""
    fields: set[str] = attrs.Factory(set)
    apart: dict[str, str] = attrs.Factory(dict)
    found: Disagreement | None = None
    seconds: float = 0


class _Parted(AssertionError):  # noqa: N818 (it is what is looked for)
    pass


@attrs.define(eq=False)
class _Comparison:
    """One spec and one contract, side by side."""

    spec: Spec
    contract: Contract
    seen: Conformance
    acting: list[Rule]
    waiting: list[Rule]
    """What people do, and what the environment does."""

    def told(self, values: Mapping[Var, Steps]) -> dict[str, Steps]:
        return {var.name if var in self.spec.places else var.name.rpartition(".")[2]: n for var, n in values.items()}

    def answer(self, rule: Rule, inputs: State) -> str:
        """How the code ends."""
        try:
            self.contract.act(rule.name, self.told(inputs))
        except Exception as refused:  # noqa: BLE001 (whatever the code says is its answer)
            return str(refused)
        return DONE

    def act(self, rule: Rule, state: State, inputs: State) -> State:
        """The step in both, from a state that both are in; the state after."""
        found = self.spec.actions[rule.name].step({**state, **inputs})
        ended = found if isinstance(found, str) else DONE if self.fits(found) else TOO_LARGE
        if ended.startswith(UNNAMED):
            self.seen.outside += 1
            return state
        answered = self.answer(rule, inputs)

        def part(field: str, ours: object, theirs: object) -> None:
            self.seen.found = Disagreement(self.told(state), rule.name, self.told(inputs), field, ours, theirs)
            raise _Parted

        reasons = self.contract.reasons
        if not answered.startswith(reasons.get(f"{rule.name}.{ended}", reasons.get(ended, ended))):
            part("outcome", ended, answered)
        after = state if ended != DONE or isinstance(found, str) else {var: found[var] for var in state}
        by_name = self.told(after)
        read = self.contract.read()
        for name, number in read.items():
            if by_name[name] != number:
                part(name, by_name[name], number)
        self.seen.fields.update(read)
        self.seen.actions[rule.name, ended] += 1
        return after

    def fits(self, state: State) -> bool:
        """Whether the code has room for every number of the state."""
        room = self.contract.room
        return all(number < 2 ** room[name] for name, number in self.told(state).items() if name in room)

    def afresh(self, rule: Rule, state: State, inputs: State) -> None:
        """The step in both, the code brought into the state first."""
        self.contract.put(self.told(state))
        self.act(rule, state, inputs)

    def probe(self, rule: Rule, state: State, inputs: State, draw: Draw) -> None:
        """Move one quantity until the code ends otherwise, and each until the spec does; ask both on both sides."""
        env = {**state, **inputs}
        lines = {var: line for var in (*rule.inputs, *self.spec.order) if (line := self.line(var, state, env))}
        telling = [
            var for var, line in lines.items() if len(set(map(self.spec.outcome(rule.name, env, var), line))) > 1
        ]
        if not telling:
            return

        def at(var: Var, number: int) -> tuple[State, State]:
            changed = {**env, var: number}
            moved = {k: changed[k] for k in state}
            for given, about in self.spec.forced.items():
                moved[given] = about.steps(moved, given)
            return moved, {k: changed[k] for k in inputs}

        chosen = draw.choose(telling)

        def ends(number: int) -> Hashable:
            moved, given = at(chosen, number)
            self.contract.put(self.told(moved))
            return self.answer(rule, given)

        for one in segments(ends, lines[chosen])[:-1]:
            self.seen.flips += self.both_sides(rule, partial(at, chosen), one.high)
        for var in telling:
            for one in segments(self.spec.outcome(rule.name, env, var), lines[var])[:-1]:
                self.seen.branches += self.both_sides(rule, partial(at, var), one.high)

    def line(self, var: Var, state: State, env: State) -> list[int]:
        """Numbers through which a quantity can be moved, neighbours far apart."""
        if isinstance(env[var], bool) or var in self.spec.forced:
            return []
        bounds = self.spec.range_of(var, state) if var in state else Segment(0, self.spec.points_of(var)[-1], None)
        if bounds is None:
            return []
        return sorted({bounds.low, bounds.high, env[var], *(p for p in POINTS if bounds.low < p < bounds.high)})

    def both_sides(self, rule: Rule, at: Callable[[int], tuple[State, State]], low: int) -> bool:
        sides = [at(number) for number in (low, low + 1)]
        if not all(self.possible(rule, *side) for side in sides):
            return False
        for side in sides:
            self.afresh(rule, *side)
        return True

    def possible(self, rule: Rule, state: State, inputs: State) -> bool:
        return self.spec.starts(state) and self.spec.allows(rule.name, {**state, **inputs})

    def scenario(self, draw: Draw, length: int) -> bool:
        """A drawn start and some steps; whether the draw was a start."""
        state = self.spec.start(draw)
        if state is not None:
            self.follow(state, draw, length)
        return state is not None

    def examples(self, draw: Draw, length: int) -> None:
        """Each example of the contract, several times."""
        for example in self.contract.examples:
            for _ in range(ROUNDS):
                self.follow({var: example.get(var.name, 0) for var in self.spec.order}, draw, length)
                self.seen.states += 1

    def follow(self, state: State, draw: Draw, length: int) -> None:
        """Some steps from a state; after the first one, often, the thresholds that lie around it."""
        self.contract.put(self.told(state))
        first = state
        for number in range(length):
            rule = draw.choose(draw.choose(3 * [self.acting] + ([self.waiting] if self.waiting else [])))
            inputs = self.spec.inputs(rule, state, draw)
            if not self.spec.allows(rule.name, {**state, **inputs}):
                continue
            state = self.act(rule, state, inputs)
            if number == 0 and draw.choose((False, True)):
                self.probe(rule, first, inputs, draw)
                return


class _Chance:
    """Chance decides; the same seed gives the same."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def integer(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def choose(self, options: Sequence[Any]) -> Any:
        return self.random.choice(options)


@attrs.frozen(eq=False)
class _Hypothesis:
    """Hypothesis decides, and makes smaller what it found."""

    data: Any

    def integer(self, least: int, most: int) -> int:
        from hypothesis import strategies as st

        return int(self.data.draw(st.integers(least, most)))

    def choose(self, options: Sequence[Any]) -> Any:
        from hypothesis import strategies as st

        return options[0] if len(options) == 1 else self.data.draw(st.sampled_from(options))


def conform(
    system: System, contract: Contract, *, states: int = 300, length: int = 4, seed: int = 0,
    smallest: bool = True, tell: Callable[[Conformance], None] = lambda _: None,
) -> Conformance:  # fmt: skip
    """Compare a spec with its contract from so many initial states, up to the first disagreement, made ``smallest``."""
    import hypothesis
    from hypothesis import strategies as st

    began = time.perf_counter()
    apart = dict(contract.apart)
    seen = Conformance(system.name, contract.source, apart=apart)
    rules = [rule for rule in system.rules if rule.name not in apart]
    by_environment = [[rule for rule in rules if (rule.actor is Actor.ENVIRONMENT) is own] for own in (False, True)]
    spec = Spec(system, words=contract.words, wider=contract.wider)
    both = _Comparison(spec, contract, seen, *by_environment)

    phases = (hypothesis.Phase.generate, *((hypothesis.Phase.shrink,) if smallest else ()))

    @hypothesis.seed(seed)
    @hypothesis.settings(
        phases=phases, max_examples=states, deadline=None, database=None,
        report_multiple_bugs=False, print_blob=False, verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.data())
    def drive(data: Any) -> None:
        hypothesis.assume(both.scenario(_Hypothesis(data), length))
        seen.states += 1
        tell(seen)

    with contextlib.suppress(_Parted):
        both.examples(_Chance(seed), length)
        drive()
    seen.seconds = time.perf_counter() - began
    return seen

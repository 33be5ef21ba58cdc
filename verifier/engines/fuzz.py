"""Property-based search: Hypothesis drives the spec as a state machine, by the exact or the fixed-point interpreter.

It draws enabled rules and amounts at the corners of their guards, and shrinks what it finds. It never proves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from verifier.engines.simulate import Simulator
from verifier.evidence.run import Run, Taken, Values, replay, violated
from verifier.language.system import Arithmetic, Claim, Rule, System


@attrs.define
class Search:
    """What a search did: runs begun, steps taken, and the shrunk violation if there was one."""

    runs: int = 0
    steps: int = 0
    found: Run | None = None


class _Violation(AssertionError):  # noqa: N818 (it is what is looked for)
    pass


def fuzz(
    system: System, claim: Claim, arithmetic: Arithmetic, *, examples: int = 300, length: int = 12, seed: int = 0,
) -> Search:  # fmt: skip
    """Look for a violating run among ``examples`` runs of at most ``length`` steps; the same seed gives the same."""
    import hypothesis
    from hypothesis import strategies as st

    simulator, search = Simulator(system, arithmetic), Search()

    @hypothesis.seed(seed)
    @hypothesis.settings(
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),  # to explain would run it a thousand times more
        max_examples=examples, deadline=None, database=None, report_multiple_bugs=False, print_blob=False,
        verbosity=hypothesis.Verbosity.quiet, suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.data())
    def drive(data: Any) -> None:
        def pick(options: Sequence[Any]) -> Any:
            return options[0] if len(options) == 1 else data.draw(st.sampled_from(options))

        start = simulator.start(pick)
        hypothesis.assume(start is not None)
        assert start is not None
        search.runs += 1
        state, states, steps = start, [start], list[Taken]()
        for _ in range(length):
            _judge(system, claim, states, steps, arithmetic, search)
            move = _move(simulator, list(system.rules), state, pick)
            if move is None:
                return
            taken, state = move
            steps.append(taken)
            states.append(state)
            search.steps += 1
        _judge(system, claim, states, steps, arithmetic, search)

    with contextlib.suppress(_Violation, hypothesis.errors.Unsatisfiable):
        drive()
    return search


def _move(
    simulator: Simulator, rules: list[Rule], state: Values, pick: Callable[[Sequence[Any]], Any]
) -> tuple[Taken, Values] | None:
    """A step by a drawn rule, or by another where that one is not enabled."""
    while rules:
        rule = pick(rules)
        if (taken := simulator.step(rule, state, pick)) is not None:
            return taken
        rules.remove(rule)
    return None


def _judge(
    system: System, claim: Claim, states: list[Values], steps: list[Taken], arithmetic: Arithmetic, search: Search
) -> None:
    """Stop at a violation, and remember the smallest that Hypothesis has shown so far."""
    if violated(claim, states, steps, arithmetic):
        search.found = replay(system, claim, states[0], steps, arithmetic)
        raise _Violation

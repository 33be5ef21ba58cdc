"""The part of a system that a claim can depend on."""

from collections.abc import Callable

import attrs

from verifier.interpretations.unroll import cone
from verifier.language.expr import Real, variable
from verifier.language.lower import Problem
from verifier.language.system import Assumption


def test_the_part_that_a_claim_needs_asks_nothing_of_what_was_left_out(problem: Callable[..., Problem]) -> None:
    whole = problem("morpho-blue", "solvency")
    system, kept = whole.system, cone(whole.system, whole.claim).state
    asked = {
        var: Assumption(var.name, variable(var) >= 0, "start", "It is not negative.", whole.claim.site)
        for var in system.state
        if var.sort is Real
    }

    part = cone(attrs.evolve(system, assumptions=tuple(asked.values())), whole.claim)

    assert set(kept) < set(system.state)
    assert {item.name for item in part.assumptions} == {var.name for var in asked if var in kept}

"""The part of a system that a claim can depend on."""

from collections.abc import Callable

from verifier.interpretations.unroll import cone
from verifier.language.expr import variables
from verifier.language.lower import Problem


def test_the_part_that_a_claim_needs_asks_nothing_of_what_was_left_out(problem: Callable[..., Problem]) -> None:
    whole = problem("morpho-blue", "solvency")
    part = cone(whole.system, whole.claim)
    asked = {var for item in part.assumed("start") for var in variables(item.formula)}

    assert set(part.state) < set(whole.system.state)
    assert asked & set(whole.system.state) <= set(part.state)

"""A reserve of Aave v3 in whole units: what time rounds up."""

from collections.abc import Callable
from fractions import Fraction

from verifier.evidence.run import Taken, replay
from verifier.language.lower import Problem


def test_time_may_owe_suppliers_a_fraction_more_than_there_is(problem: Callable[..., Problem]) -> None:
    """Half of the interest is the treasury's, of which one unit and a half is rounded to two."""
    posed = problem("aave-reserve", "pool_is_solvent", reserve_factor="0.5")
    start = dict.fromkeys((*posed.system.params, *posed.system.state), Fraction(0))
    start |= {var: Fraction(2) for var in start if var.name in {"supply_shares", "debt_shares"}}
    start |= {var: Fraction(1) for var in start if var.name.endswith("_index")}
    inputs = {var: Fraction(3, 2) for var in posed.system.rule("accrue").inputs}
    run = replay(posed.system, posed.claim, start, [Taken("accrue", inputs)], "fixed")
    end = {var.name: value for var, value in run.states[-1].items()}
    owed = (end["supply_shares"] + end["treasury_shares"]) * Fraction(end["liquidity_index"])
    assert owed - end["debt_shares"] * Fraction(end["borrow_index"]) == Fraction(1, 4)

# error -: FILE has no design: a class that extends Design and wires a mechanism
"""A spec that stops before its design."""

from verifier.language import Mechanism, Step, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))

# error 29: debt_at_most needs a value for most, or ANY
"""A property without the argument that it needs."""

from verifier.language import Bool, Design, Mechanism, Real, Step, generic, require, rule, state
from verifier_specs.units import Debt


@generic
def debt_at_most(it: "Pool", most: Real) -> Bool:
    """The debt is at most that."""
    return it.debt / it.unit_of_debt() <= most


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))


class Market(Design):
    """The pool by itself."""

    pool = Pool()
    proved = (debt_at_most(),)

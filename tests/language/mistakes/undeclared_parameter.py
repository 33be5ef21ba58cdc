# error 25: Pool has no parameter or piece 'cieling'; did you mean 'ceiling'? Known: ceiling
"""A parameter that the class does not declare."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, param, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)
    ceiling: Debt = param

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool(cieling=1000)

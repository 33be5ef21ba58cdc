# error 16: Pool has no parameter, state variable or method 'dept'; did you mean 'debt'? Known: actor, after, borrow, debt, debt_is_not_negative, shared. Declare it in the class: 'dept: Ratio = param' or 'dept: Debt = state(0)'.
"""A misspelt state variable."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.dept + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()

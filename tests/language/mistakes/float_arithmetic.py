# error 16: 0.30000000000000004 looks like the result of float arithmetic, which is not exact; write Q("...") with the number you mean, or do the arithmetic on Q values
"""A number that float arithmetic has spoilt."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn * (0.1 + 0.2)))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()

# error 13: rule borrow can never fire: no state, no input and no parameters satisfy its guard; check its require(...)
"""A rule whose guard contradicts itself."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > self.debt, drawn < self.debt).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()

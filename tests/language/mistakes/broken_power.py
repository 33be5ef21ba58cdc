# error 16: (borrow.drawn) ** 0.5: a power needs a positive whole number; keep a growing power as a state variable that a rule multiplies
"""A power that is no whole number."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn**0.5 > 0).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()

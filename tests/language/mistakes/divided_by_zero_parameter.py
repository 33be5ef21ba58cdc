# error 17: (borrow.drawn) is divided by the number 0; no state could ever take this step
"""A division by a parameter that the design sets to 0."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, param, require, rule, state
from verifier_specs.units import Debt, Ratio


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)
    share: Ratio = param

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn / self.share))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool(share=0)

# error 13: borrow(drawn) is annotated <class 'int'>; a quantity is Real, Bool, or Annotated[Real, UNIT] such as Debt
"""A rule's input that is annotated with a Python number."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: int) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()

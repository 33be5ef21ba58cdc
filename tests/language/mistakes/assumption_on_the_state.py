# error 23: assumption little_debt speaks of the state; say when it counts: @assumption(on="start") or @assumption(on=a_rule)
"""An assumption on the state that does not say when it counts."""

from verifier.language import Bool, Design, Mechanism, Step, assumption, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0

    @assumption
    def little_debt(self) -> Bool:
        """The debt is small."""
        return self.debt <= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()

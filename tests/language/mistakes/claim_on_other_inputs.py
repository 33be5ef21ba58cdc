# error 23: grows asks for 'drawn', an input that repay does not have; claim it of the rules that have it, or rename it if any value is meant
"""A claim about two rules that names an input of one of them."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))

    @rule
    def repay(self, paid: Debt) -> Step:
        """Debt shrinks."""
        return require(paid <= self.debt).then(self.after(debt=self.debt - paid))

    @invariant(on=(borrow, repay))
    def grows(self, post: "Pool", drawn: Debt) -> Bool:
        """The debt grows by what is drawn."""
        return post.debt == self.debt + drawn


class Market(Design):
    """The pool by itself."""

    pool = Pool()

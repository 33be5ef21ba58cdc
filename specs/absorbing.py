"""A position that the protocol takes whole: what is known of all the ways to do so.

Source: common to Compound III (``absorb``) and Liquity (the Stability Pool and redistribution): nobody brings capital,
all debt and collateral go at once, and so much of the collateral's value counts as payment. What it does not pay is
the ``deficit``, counted at the price of that moment: reserves, savers or other borrowers bear it. What the collateral
loses later, in their hands, is apart.
"""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    all_of,
    amount,
    at_start,
    closed_form,
    lemma,
    maximum,
    require,
    rule,
    where,
)

from .loans import Loan
from .oracles import Spot
from .properties import lender_loss_cap, solvency
from .shocks import Drop, Wick
from .units import Collateral


class Absorbed(Loan):
    """A loan that is closed whole."""

    def share(self) -> Real:
        """The share of the collateral's value that counts as payment, at worst."""
        raise NotImplementedError

    @rule(by="owner")
    def withdraw(self, taken: Collateral) -> Step:
        """The owner takes collateral out, as far as the rest would let it borrow the debt."""
        post = self.after(collateral=self.collateral - taken, owner_collateral=self.owner_collateral + taken)
        return require(taken > 0, taken <= self.collateral, post.may_borrow()).then(post)

    def due(self) -> Bool:
        return self.liquidatable() & (self.debt > 0)

    def loss_if_closed(self) -> Real:
        return self.deficit + maximum(0, self.debt - self.share() * self.collateral * self.oracle.quote())

    # Lemmas about losses; the shock's ``floor`` is the lowest price that it still allows.

    @lemma
    def untouched_or_closed(self) -> Bool:
        return self.as_begun() & (self.deficit == 0) | (self.collateral == 0) & (self.debt == 0)

    @lemma
    def closed_at_the_floor_at_worst(self) -> Bool:
        paid = self.share() * at_start(self.collateral) * self.market.shock.floor()
        return self.deficit <= maximum(0, at_start(self.debt) - paid)

    @lemma
    def closed_one_fall_past_the_threshold(self) -> Bool:
        paid = (1 - self.overrun()) * self.share() / self.liquidation_threshold
        return self.deficit <= maximum(0, 1 - paid) * at_start(self.debt)

    @lemma
    def closed_after_the_drop(self) -> Bool:
        shock = self.market.shock
        dropped = shock.moved_once if isinstance(shock, Drop) else all_of()
        return (self.collateral == at_start(self.collateral)) | dropped

    # Where its claims begin or cease to hold on a spot oracle, with a book whose owner does nothing.

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What the share that counts of all collateral, at the lowest price to which it is left, does not pay."""
        return self.loss_beyond(self.liquidation_threshold / self.share())

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """1 - LT/(s·h), or 1 - 1/h before which nobody is closed; 1 if all is closed in time."""
        return self.fall_before(self.liquidation_threshold / self.share())

    def dearest_closing(self, worth: Real) -> Real | None:
        """What it costs an owner at most if this share of all collateral counts, with the recovery that is missed."""
        shock = self.market.shock
        if type(self.oracle) is not Spot or not isinstance(shock, (Drop, Wick)):
            return None
        low = 1 - shock.bound if isinstance(shock, Wick) else amount(1, RATIO)
        return where(self.never_unhealthy(), 0, 1 - worth * low)

"""What a Dutch auction of Maker pays its keepers, and what can always be done.

Source: makerdao/dss fa4f6630, ``dog.sol`` (bark) and ``clip.sol`` (kick, redo, take); the mechanism is in
``dutch_auction.py``. Nothing bounds how often an auction is restarted, and each restart may pay tip and chip again; the
penalty pays for a number of starts.
"""

from verifier.language import Bool, Real, generic, implies, invariant, lemma

from .dutch_auction import DutchAuction
from .maker_units import Rad


class KeptAuction(DutchAuction):
    """The auction, and what holds of those who start and restart it."""

    @invariant(on=DutchAuction.bark)
    def barking_oneself_does_not_pay(self, post: "KeptAuction") -> Bool:
        """What a keeper gets is at most the penalty, so nobody gains by the auction of a vault of one's own."""
        return post.incentives - self.incentives <= post.penalties - self.penalties

    @invariant
    def penalty_pays_keepers(self) -> Bool:
        """An auction's keepers get at most its penalty, while the least one's pays for as many starts as it has had."""
        return implies(self.affords(self.restarts + 1), self.rewards <= self.penalty())

    def penalty(self) -> Real:
        """What the auction is to raise beyond the debt."""
        return (self.chop - 1) * self.barked

    def affords(self, starts: Real) -> Bool:
        """Whether the penalty on the least debt, and on each unit beyond it, pays for so many starts."""
        of_each = self.chip * self.chop
        least = starts * (self.tip + of_each * self.dust) <= (self.chop - 1) * self.dust
        return least & (starts * of_each <= self.chop - 1)

    @lemma
    def barked_is_not_dusty(self) -> Bool:
        return (self.barked == 0) | (self.barked >= self.dust)

    @lemma
    def tab_is_at_most_what_was_barked(self) -> Bool:
        return self.tab <= self.chop * self.barked

    @lemma
    def each_start_pays_no_more_than_the_first(self) -> Bool:
        return self.rewards <= (self.restarts + 1) * (self.tip + self.chip * self.chop * self.barked)

    @invariant(exits=(DutchAuction.take, DutchAuction.redo))
    def progress(self) -> Bool:
        """A running auction can be bought out, or redone, at any time."""
        return implies(self.running, self.take(self.lot).enabled() | self.redo().enabled())

    @invariant(exits=(DutchAuction.take,))
    def can_be_bought_while_it_lasts(self) -> Bool:
        """An auction that need not be redone can be bought out."""
        return implies(self.running & ~self.done(), self.take(self.lot).enabled())

    @invariant
    def unsafe_can_be_barked(self, room: Rad) -> Bool:
        """An unsafe vault without an auction can be barked, whatever other auctions leave of the hole."""
        return implies((room <= self.hole) & ~self.running & ~self.healthy(), self.bark(room).enabled())

    @invariant
    def unsafe_can_be_barked_with_room(self, room: Rad) -> Bool:
        """An unsafe vault without an auction can be barked where others leave room for the least debt's tab."""
        enough = (room > 0) & (room <= self.hole) & (room >= self.chop * self.dust)
        return implies(enough & ~self.running & ~self.healthy(), self.bark(room).enabled())

    @lemma
    def debt_is_secured(self) -> Bool:
        return (self.debt == 0) | (self.collateral > 0)


@generic
def keepers_get_at_most_the_penalty(it: KeptAuction, most: Real) -> Bool:
    """An auction that was restarted at most so often has paid its keepers at most its penalty."""
    return implies(it.restarts <= most, it.rewards <= it.penalty())

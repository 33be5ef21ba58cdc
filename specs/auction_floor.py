"""What a Dutch auction of Maker guarantees: a floor under what buyers pay, in parts too, and when it meets the feed.

Source: makerdao/dss fa4f6630, ``clip.sol`` (take) and ``abaci.sol``; the mechanism is in ``dutch_auction.py``.
"""

from typing import Any, cast

from verifier.language import Bool, Q, Real, amount, any_of, count, generic, implies, invariant

from .auction_keepers import KeptAuction
from .dutch_auction import DutchAuction
from .properties import add_up
from .units import COLLATERAL, SECONDS, Collateral


class Clipper(KeptAuction):
    """The auction, and what holds of it."""

    def bought(self, post: "Clipper") -> Real:
        return post.taker_collateral - self.taker_collateral

    def owed(self, post: "Clipper") -> Real:
        return self.taker_cash - post.taker_cash

    @invariant(on=DutchAuction.take)
    def take_pays_the_floor(self, post: "Clipper") -> Bool:
        """A purchase pays at least cusp·top for each unit."""
        return self.owed(post) >= self.cusp * self.top * self.bought(post)

    @invariant
    def auction_pays_the_floor(self) -> Bool:
        """Over a whole auction, restarts included, buyers pay at least the smallest cusp·top for each unit sold."""
        return self.paid >= self.least * self.sold

    @invariant(on=DutchAuction.take)
    def no_giveaway(self, post: "Clipper") -> Bool:
        """No purchase moves collateral for nothing."""
        return implies(self.bought(post) > 0, self.owed(post) > 0)

    @invariant(on=DutchAuction.take)
    def who_pays_gets_something(self, post: "Clipper") -> Bool:
        """No purchase pays for nothing."""
        return implies(self.owed(post) > 0, self.bought(post) > 0)

    @invariant(on=DutchAuction.take)
    def nobody_overpays(self, post: "Clipper") -> Bool:
        """A purchase pays at most what is asked for what it gets and one smallest unit more."""
        return self.owed(post) <= self.asked() * (self.bought(post) + amount(Q("1e-18"), COLLATERAL))

    @invariant
    def takes_add_up(self, one: Collateral, other: Collateral) -> Bool:
        """Two purchases at one price end where one of both amounts does."""
        return add_up(self.take, one, other, "tab lot taker_collateral taker_cash")

    @invariant
    def splitting_a_take_brings_nothing(self, one: Collateral, other: Collateral) -> Bool:
        """Two purchases at one price get no more than one of both amounts, and pay no less."""
        first, whole = self.take(one), self.take(one + other)
        rest: Any = first.posts[0]
        second = rest.take(other)
        split, at_once = second.posts[0], cast(Clipper, whole.posts[0])
        no_more, no_less = split.taker_collateral <= at_once.taker_collateral, split.taker_cash <= at_once.taker_cash
        return implies(first.enabled() & second.enabled() & whole.enabled(), no_more & no_less)

    @invariant(on=DutchAuction.take)
    def take_stays_within_tab_and_lot(self, post: "Clipper") -> Bool:
        """A purchase pays at most what the auction has yet to raise and gets at most what it has yet to sell."""
        return (self.owed(post) <= self.tab) & (self.bought(post) <= self.lot)

    @invariant(on=DutchAuction.take)
    def no_dusty_rest(self, post: "Clipper") -> Bool:
        """A purchase from a tab that is not dusty leaves no dusty tab with collateral to sell."""
        return implies((self.tab >= self.chost()) & (post.lot > 0), (post.tab == 0) | (post.tab >= self.chost()))


FEW = 50  # cuts that are told apart


def cuts_so_far(it: Clipper) -> Bool:
    """The stairs have come as far as the time, and each of the first few of them took its cut."""
    curve: Any = it.curve
    in_time: Bool = (curve.stairs * curve.step <= curve.age) & (curve.age < (curve.stairs + 1) * curve.step)
    each = [(curve.stairs == cuts) & (curve.power == curve.cut**cuts) for cuts in range(1, FEW)]
    first, last = (curve.stairs == 0) & (curve.power == 1), (curve.stairs >= FEW) & (curve.power <= curve.cut**FEW)
    return in_time & any_of(first, *each, last)


@generic(lemmas=(cuts_so_far,))
def reaches_the_feed_after(it: Clipper, after: Real) -> Bool:
    """An auction asks no more than the oracle's price at its start from this age on, and not before."""
    cheap: Bool = it.buf * it.curve.factor() <= 1
    return cheap == (it.curve.age >= amount(count(after), SECONDS))


def stairs_lose_less_than_their_cuts(it: Clipper) -> Bool:
    """So many cuts take at most so many times the first one, and there are no more than have had their time."""
    curve: Any = it.curve
    in_time: Bool = curve.stairs * curve.step <= curve.age
    kept: Bool = curve.power >= 1 - curve.stairs * (1 - curve.cut)
    return in_time & kept


@generic(on=DutchAuction.redo, lemmas=(stairs_lose_less_than_their_cuts,))
def restarts_take_time(it: Clipper, post: Clipper) -> Bool:
    """No auction is restarted before its tail, or before (1 - cusp)/(1 - cut) steps of its stairs if that is sooner."""
    del post
    curve: Any = it.curve
    late: Bool = curve.age > it.tail
    fallen: Bool = curve.age * (1 - curve.cut) > (1 - it.cusp) * curve.step
    return late | fallen

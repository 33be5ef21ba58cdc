"""Maker's oracle security module: a price counts only after everybody could see it coming.

Source: makerdao/osm e36c874b, ``osm.sol`` (``poke``, ``peek``, ``peep``), with its hop of 3600 s. The source that is
sampled is the market's price and always answers; nobody stops or voids the module.
"""

from typing import Annotated

from verifier.language import (
    Bool,
    Oracle,
    Real,
    Step,
    assumption,
    each_tick,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
    where,
)

from .markets import Infinite
from .units import PRICE, Seconds

WadPrice = Annotated[Real, PRICE.kept_to(18)]


class OSM(Oracle):
    """The price that counts, ``cur``, and the one that will count next, ``nxt``.

    ``zzz`` is the time of the last poke cut down to whole hops, ``now - now % hop``. The hop that is running is state,
    ``hour``, moved on by the clock: that is exact while a tick is at most a hop long, and needs no remainder.
    """

    market: Infinite

    hop: Seconds = param(3600)

    cur: WadPrice = state(like=2000)
    nxt: WadPrice = state(like=2000)
    zzz: Seconds = state(0)
    hour: Seconds = state()
    now: Seconds = state(like=3600)
    sampled: Seconds = state(like=3599)  # when nxt was sampled; nobody reads it

    @assumption
    def ticks_fit_into_hops(self) -> Bool:
        """A tick is at most one hop long."""
        return self.market.shock.seconds <= self.hop

    @initially
    def next_poke_is_due(self) -> Bool:
        """The last poke was in the hop before this one; what it sampled is a price that the shock allows."""
        return (
            (self.cur == self.market.price()) & self.market.shock.allows(self.nxt)
            & (self.hour == self.hop) & (self.hour <= self.now) & (self.now < self.hour + self.hop)
            & (self.sampled < self.hop)
        )  # fmt: skip

    @each_tick
    def clock(self) -> "OSM":
        now = self.now + self.market.shock.seconds
        return self.after(now=now, hour=where(now >= self.hour + self.hop, self.hour + self.hop, self.hour))

    @rule
    def poke(self) -> Step:
        """Anyone makes the next price count and samples the market, once a hop."""
        return require(self.now >= self.zzz + self.hop).then(
            self.after(cur=self.nxt, nxt=self.market.price(), zzz=self.hour, sampled=self.now)
        )

    def quote(self) -> Real:
        return self.cur

    @lemma
    def clock_is_in_its_hop(self) -> Bool:
        return (self.hour <= self.now) & (self.now < self.hour + self.hop) & (self.sampled <= self.now)

    @lemma
    def prices_are_positive(self) -> Bool:
        return (self.cur > 0) & (self.nxt > 0)

    @lemma
    def prices_are_above_the_floor(self) -> Bool:
        floor = self.market.shock.floor()
        return (self.market.price() >= floor) & (self.cur >= floor) & (self.nxt >= floor)

    @invariant
    def next_was_sampled_in_the_hop_of_the_last_poke(self) -> Bool:
        """The next price was sampled at or after the time under which its poke is booked, and less than a hop later."""
        return (self.zzz <= self.sampled) & (self.sampled < self.zzz + self.hop)

    @invariant(on=poke)
    def price_was_seen_before_it_counts(self, post: "OSM") -> Bool:
        """A price that begins to count was sampled earlier, by however little."""
        return post.now > self.sampled

    @invariant(on=poke)
    def price_is_a_hop_old_when_it_counts(self, post: "OSM") -> Bool:
        """A price that begins to count was sampled at least one hop before."""
        return post.now >= self.sampled + self.hop

"""Maker's oracle security module: a price counts only after everybody could see it coming.

Source: makerdao/osm e36c874b, ``osm.sol`` (``poke``, ``peek``, ``peep``), with its hop of 3600 s. The source that is
sampled is the market's price and always answers. Nobody need poke.
"""

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

from .maker_units import WadPrice
from .markets import Infinite
from .units import Price, Seconds


class OSM(Oracle):
    """The price that counts, ``cur``, and the one that will count next, ``nxt``.

    ``zzz`` is the time of the last poke cut down to whole hops, ``now - now % hop``. The hop that is running is state,
    ``hour``, moved on by the clock: that is exact while a tick is at most a hop long, and needs no remainder.
    """

    market: Infinite

    hop: Seconds = param(3600)
    prompt: Bool = param(False)  # whether somebody pokes as soon as one may

    cur: WadPrice = state(like=2000)
    nxt: WadPrice = state(like=2000)
    zzz: Seconds = state(0)
    hour: Seconds = state()
    now: Seconds = state(like=3600)
    seen: Seconds = state(like=3600)  # when cur was sampled, and nxt: nobody reads them
    sampled: Seconds = state(like=3599)

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
            & (self.sampled < self.hop) & (self.seen == self.now)
        )  # fmt: skip

    @each_tick
    def clock(self) -> "OSM":
        now = self.now + self.market.shock.seconds
        return self.after(now=now, hour=where(now >= self.hour + self.hop, self.hour + self.hop, self.hour))

    def due(self) -> Bool:
        """Whether one may poke."""
        return self.now >= self.zzz + self.hop

    @rule
    def poke(self) -> Step:
        """Anyone makes the next price count and samples the market, once a hop."""
        return require(self.due()).then(
            self.after(cur=self.nxt, nxt=self.market.price(), zzz=self.hour, seen=self.sampled, sampled=self.now)
        )

    @assumption(on="environment")
    def pokers_are_prompt(self, price: Price) -> Bool:
        """No time passes, and no price comes, before a poke that is due."""
        del price
        return ~self.prompt | ~self.due()

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

    @invariant
    def price_is_at_most_two_hops_old(self) -> Bool:
        """The price that counts was sampled less than two hops and a tick ago."""
        return self.now < self.seen + 2 * self.hop + self.market.shock.seconds

    @lemma
    def prompt_pokes_come_every_hop(self) -> Bool:
        hour = (self.hour == self.zzz) | (self.hour == self.zzz + self.hop)
        in_time = (self.now < self.zzz + self.hop + self.market.shock.seconds) | (self.now == self.seen)
        return ~self.prompt | (hour & in_time & (self.zzz <= self.seen + self.hop) & (self.zzz <= self.sampled))


class StoppableOSM(OSM):
    """The same, with what its authority may do: stop it, and void its prices, as a source that is not to be trusted."""

    stopped: Bool = state(False)

    @rule
    def poke(self) -> Step:
        """Anyone makes the next price count, unless the module is stopped."""
        step = super().poke()
        return require(~self.stopped, step.guard).then(*step.posts)

    @rule
    def stop(self) -> Step:
        """Governance stops it: the price that counts stays."""
        return require(~self.stopped).then(self.after(stopped=True))

    @rule
    def start(self) -> Step:
        """Governance lets it go on: a voided price counts until there were two pokes."""
        return require(self.stopped).then(self.after(stopped=False))

    @rule
    def void(self) -> Step:
        """Governance voids both prices: no price is one of nothing here, which no auction starts from."""
        return require().then(self.after(cur=0, nxt=0, stopped=True))

    @lemma
    def prices_are_positive(self) -> Bool:
        return (self.cur >= 0) & (self.nxt >= 0)

    @lemma
    def prices_are_above_the_floor(self) -> Bool:
        floor = self.market.shock.floor()
        return ((self.cur == 0) | (self.cur >= floor)) & ((self.nxt == 0) | (self.nxt >= floor))

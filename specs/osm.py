"""Maker's oracle security module: a price counts only after everybody could see it coming.

Source: makerdao/osm e36c874b, ``osm.sol`` (``poke``, ``peek``, ``peep``), with its hop of 3600 s. The source that is
sampled is the market's price and always answers. Nobody need poke; ``PokedOsm`` is one that is
poked in time, so that there is a bound on its age and on what it exceeds the price by.
"""

from typing import Self

from verifier.language import (
    Bool,
    Design,
    Q,
    Real,
    Step,
    all_of,
    assumption,
    each_tick,
    implies,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
    where,
)

from .books import Still
from .closing import CloseOut
from .keepers import Nobody, Prompt
from .maker_units import WadPrice
from .markets import Infinite
from .oracles import Spot
from .properties import lender_loss_cap, wick_survival
from .shocks import Slide, Wick
from .units import Price, Seconds, exactly

MOST_TICKS = 4
"""With more ticks to a hop the lemmas for each age become too many."""


class Osm(Spot):
    """The price that counts, ``cur``, and the one that will count next, ``nxt``.

    ``zzz`` is the time of the last poke cut down to whole hops, ``now - now % hop``. The hop that is running is state,
    ``hour``, moved on by the clock: that is exact while a tick is at most a hop long, and needs no remainder.
    """

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
    def clock(self) -> Self:
        now = self.now + self.market.shock.seconds
        return self.after(now=now, hour=where(now >= self.hour + self.hop, self.hour + self.hop, self.hour))

    def due(self) -> Bool:
        """Whether one may poke."""
        return self.now >= self.zzz + self.hop

    @rule
    def poke(self) -> Step:
        """Anyone makes the next price count and samples the market, once a hop."""
        return require(self.due()).then(self.poked())

    def poked(self) -> Self:
        """The module after a poke."""
        return self.after(cur=self.nxt, nxt=self.market.price(), zzz=self.hour, seen=self.sampled, sampled=self.now)

    @assumption(on="environment")
    def pokers_are_prompt(self, price: Price) -> Bool:
        """No time passes, and no price comes, before a poke that is due."""
        del price
        return ~self.prompt | ~self.due()

    def quote(self) -> Real:
        return self.cur

    def remembered(self) -> tuple[Real, ...]:
        return (self.cur, self.nxt)

    def lag(self, step: Real) -> Real | None:
        """None: nobody has to poke."""
        del step
        return None

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
    def price_was_seen_before_it_counts(self, post: "Osm") -> Bool:
        """A price that begins to count was sampled earlier, by however little."""
        return post.now > self.sampled

    @invariant(on=poke)
    def price_is_a_hop_old_when_it_counts(self, post: "Osm") -> Bool:
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


class StoppableOsm(Osm):
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


class PokedOsm(Osm):
    """The same if somebody pokes in the first tick of every hop; it began with the first price.

    With m ticks to a hop, a price that counts is at most 2·m - 1 ticks old.
    """

    @initially
    def next_poke_is_due(self) -> Bool:
        """The last poke was in the hop before this one; both prices are the first one."""
        return super().next_poke_is_due() & (self.nxt == self.market.price())

    @each_tick
    def clock(self) -> Self:
        post, names = self.poked(), ("cur", "nxt", "zzz", "sampled", "seen")
        kept = {name: where(self.due(), getattr(post, name), getattr(self, name)) for name in names}
        return super().clock().after(**kept)

    def quote(self) -> Real:
        return where(self.due(), self.nxt, self.cur)

    def ticks_old(self) -> int | None:
        """How many ticks old the price that counts is at most; None unless a hop is a small number of ticks."""
        times = exactly(self.hop, self.market.shock.seconds)
        ticks = Q(0) if times is None else times[0] / times[1]
        return int(2 * ticks) - 1 if ticks in range(1, MOST_TICKS + 1) else None

    def lag(self, step: Real) -> Real | None:
        ticks = self.ticks_old()
        return None if ticks is None else 1 / (1 - step) ** ticks

    @lemma
    def hour_is_that_of_the_last_poke_or_the_next(self) -> Bool:
        return (self.hour == self.zzz) | (self.hour == self.zzz + self.hop)

    @lemma
    def seen_in_the_hop_before(self) -> Bool:
        return (self.due() | (self.seen <= self.sampled)) & (self.seen + self.hop >= self.zzz)

    @lemma
    def each_tick_took_its_share_at_most(self) -> Bool:
        shock, ticks, kept = self.market.shock, self.ticks_old(), 1 - self.market.shock.fastest()
        if ticks is None:
            return all_of()
        known = ((self.nxt, self.sampled), (self.cur, self.seen))
        return all_of(
            *(
                implies(
                    self.now - then < (age + 1) * shock.seconds,
                    price * (kept**age if age else 1) <= self.market.price(),
                )
                for price, then in known
                for age in range(ticks + 2)
            )
        )

    @invariant
    def counts_for_less_than_two_hops(self) -> Bool:
        """The price that counts was sampled less than two hops ago."""
        return self.now - where(self.due(), self.sampled, self.seen) < 2 * self.hop

    @invariant
    def trails_by_no_more_than_its_lag(self) -> Bool:
        """While no tick takes more than its share of the price, the quote is at most so many times the price."""
        lag = self.lag(self.market.shock.fastest())
        return all_of() if lag is None else self.quote() <= lag * self.market.price()


class OsmSale(Design, name="osm"):
    """A sale by Maker's delayed price, poked once a tick of an hour: it shows a wick in full, an hour later or two."""

    shock = Slide(bound="0.9", step="0.1", seconds=3600)
    market = Infinite(shock=shock)
    oracle = PokedOsm(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.0241"),
        lender_loss_cap(cap="0.2096", seconds=1800),
        PokedOsm.counts_for_less_than_two_hops,
        PokedOsm.trails_by_no_more_than_its_lag,
        wick_survival(shock=Wick(bound="0.2"), keepers=Nobody(pool=pool), health="1.25", oracle=Osm(market=market)),
    )
    refuted = {
        lender_loss_cap(cap="0.024"): "it is a tick late, and 1 - 0.9²/0.83 = 2.41 % is lost",
        lender_loss_cap(cap="0.2095", seconds=1800): "of two ticks an hour it is three late: 1 - 0.9⁴/0.83 = 20.95 %",
        lender_loss_cap(cap="0.1", oracle=Osm(market=market)): "nobody has to poke",
        wick_survival(
            shock=Wick(bound="0.201"), keepers=Nobody(pool=pool), health="1.25", oracle=Osm(market=market)
        ): "a wick that was sampled is shown in full, though it is over by then",
    }

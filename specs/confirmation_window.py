"""Liquidation once k of the last w observations are unhealthy, and once k are that were ever made.

Source: textbook models, no contract. In a fall, k of the last w cost a lender what k in a row cost, whatever w; the
window matters to whoever can make a position look healthy for an observation. With m of them in a row, sales are put
off for ever if (k - 1)·(m + 1) >= w, as with m = 1 for k = w = 2, and else for k·(m + 1) ticks at most. A count that
nothing lowers is put off for k·(m + 1) ticks, whatever m, but adds up dips that lie far apart.
"""

from verifier.language import (
    ANY,
    Bool,
    Design,
    Real,
    all_of,
    amount,
    any_of,
    assumption,
    each_tick,
    implies,
    invariant,
    lemma,
    param,
    state,
    where,
    whole,
)

from .books import AnyPosition, Still
from .confirmed import ONE, Confirmed, Healed, progress_within
from .keepers import Nobody, Prompt
from .markets import Infinite
from .oracles import FOR_GOOD, Spot
from .properties import borrower_loss_cap, conservation, lender_loss_cap, oracle_noninterference, wick_survival
from .shocks import Drop, Slide, Wick
from .units import TICKS, Ticks


class Scattered(Confirmed):
    """Observations count that are not in a row. The streak is of the market's price, and decides nothing."""

    def in_a_row(self) -> Real:
        """The streak after this tick."""
        sound = self.debt <= self.liquidation_threshold * self.collateral * self.market.price()
        return where(sound, 0, self.streak + ONE)

    def healed_since(self, ticks: int) -> Bool:
        """If somebody makes it look healthy now, so they did for so many ticks before."""
        oracle = self.oracle
        assert isinstance(oracle, Healed)
        return (oracle.row == 0) | (oracle.row > amount(ticks, TICKS))

    def unseen(self, ticks: int) -> Bool:
        """Whether none of the last so many observations is known to be unhealthy, as far as that matters."""
        del ticks
        return all_of()

    @lemma
    def once_all_but_one_are_seen_the_rest_is_healed(self) -> Bool:
        ticks, healed = self.ticks_until_due(), self.healed()
        if ticks is None or not healed:
            return all_of()
        late = enumerate(range(ticks - healed, ticks), 1)
        return all_of(
            *(implies(self.streak >= amount(t, TICKS), self.unseen(n) & self.healed_since(n)) for n, t in late)
        )

    @invariant(on=Confirmed.liquidate)
    def confirmed_in_a_row(self, post: "Scattered") -> Bool:
        """Nobody is liquidated who was healthy at one of as many ticks before as it takes."""
        del post
        return self.streak + ONE >= self.confirmations


class Windowed(Scattered):
    """A position is closed when it is unhealthy for the k-th time in a window of up to four observations."""

    window: Ticks = param(3)

    # Whether it was seen unhealthy one, two and three ticks ago.
    last: Bool = state(False)
    second: Bool = state(False)
    third: Bool = state(False)

    @assumption
    def window_holds_the_confirmations(self) -> Bool:
        """As many observations are remembered as confirmations are asked for, and four at most."""
        return (self.confirmations <= self.window) & (self.window <= amount(4, TICKS))

    @each_tick
    def observe(self) -> "Windowed":
        return self.after(last=~self.healthy(), second=self.last, third=self.second, streak=self.in_a_row())

    def remembered(self) -> tuple[Bool, ...]:
        """What of the ticks before is in the window, the last first."""
        lows = (self.last, self.second, self.third)[: (self.counted() or 4) - 1]
        return tuple(low & (self.window > amount(n, TICKS)) for n, low in enumerate(lows, 1))

    def seen(self) -> Real:
        return sum((where(low, ONE, 0) for low in self.remembered()), amount(0, TICKS))

    def counted(self) -> int | None:
        return whole(self.window)

    @lemma
    def no_run_is_healed_for_longer_than_it_may(self) -> Bool:
        lows, healed = self.remembered(), self.healed()
        if healed is None:
            return all_of()
        runs = (any_of(*lows[begin : begin + healed + 1]) for begin in range(len(lows) - healed))
        held = list(enumerate(runs, healed + 1))
        held += [(n, any_of(*lows[:n]) | self.healed_since(n)) for n in range(1, min(healed, len(lows)) + 1)]
        return all_of(*(implies(self.streak >= amount(n, TICKS), fact) for n, fact in held))

    def unseen(self, ticks: int) -> Bool:
        return ~any_of(*self.remembered()[:ticks])


class Counted(Scattered):
    """A position is closed when it is unhealthy for the k-th time, whenever the others were."""

    count: Ticks = state(0)  # unhealthy ticks ever, up to the one before

    @each_tick
    def observe(self) -> "Counted":
        return self.after(count=where(self.healthy(), self.count, self.count + ONE), streak=self.in_a_row())

    def seen(self) -> Real:
        return self.count

    def counted(self) -> int | None:
        return FOR_GOOD

    @lemma
    def each_but_the_healed_is_counted(self) -> Bool:
        ticks, healed = self.ticks_until_due(), self.healed()
        if ticks is None or healed is None:
            return all_of()
        held = []
        for n in range(ticks + 1):
            seen, late = n // (healed + 1), n % (healed + 1)
            alone = (self.count >= amount(seen + 1, TICKS)) | self.healed_since(late) if late else all_of()
            held.append(implies(self.streak >= amount(n, TICKS), (self.count >= amount(seen, TICKS)) & alone))
        return all_of(*held)


class ConfirmationWindow(Design):
    """Two unhealthy ticks of three: a dip of one is survived, and a crash costs two ticks, as with two in a row."""

    shock = Slide(bound="0.5", step="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health=1)
    pool = Windowed(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", confirmations=2)
    keepers = Prompt(pool=pool)

    proved = (
        wick_survival(shock=Wick(bound="0.99"), keepers=Nobody(pool=pool), health="1.01"),
        borrower_loss_cap(cap=0, shock=Wick(bound="0.99"), keepers=Nobody(pool=pool)),
        lender_loss_cap(cap="0.0242"),
        lender_loss_cap(cap="0.2096", oracle=Healed(market=market)),
        progress_within(ticks=2, shock=Drop(bound=ANY)),
        progress_within(ticks=4, shock=Drop(bound="0.9"), oracle=Healed(market=market)),
        conservation(),
        oracle_noninterference(rules="liquidate withdraw borrow", book=AnyPosition()),
    )
    refuted = {
        wick_survival(
            shock=Wick(bound="0.201", duration=2), keepers=Nobody(pool=pool), health="1.25"
        ): "a dip that is confirmed is sold into, as with a spot oracle, beyond 1 - 1/h",
        lender_loss_cap(cap="0.024"): "the second unhealthy tick ends at 0.9² of the last healthy price, and 1 - "
        "0.9²/0.83 = 2.41 % is lost",
        progress_within(
            ticks=4, shock=Drop(bound="0.5"), oracle=Healed(market=market, most=2)
        ): "whoever makes two of three look healthy puts the sale off for ever",
        Windowed.confirmed_in_a_row: "unhealthy, healthy, unhealthy is enough",
    }


class ConfirmationCounter(Design):
    """The second unhealthy tick ever: however many observations in a row are made to look healthy, it is sold."""

    shock = Slide(bound="0.5", step="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health=1)
    pool = Counted(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", confirmations=2)
    keepers = Prompt(pool=pool)

    proved = (
        wick_survival(shock=Wick(bound="0.99"), keepers=Nobody(pool=pool), health="1.01"),
        lender_loss_cap(cap="0.0242"),
        lender_loss_cap(cap="0.3598", oracle=Healed(market=market, most=2)),
        progress_within(ticks=6, shock=Drop(bound="0.9"), oracle=Healed(market=market, most=2)),
    )
    refuted = {
        wick_survival(
            shock=Wick(bound="0.201", duration=2), keepers=Nobody(pool=pool), health="1.25"
        ): "a dip that is counted twice is sold into, as with a spot oracle, beyond 1 - 1/h",
        Counted.confirmed_in_a_row: "dips that lie far apart add up",
    }

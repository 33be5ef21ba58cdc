"""Liquidation that waits for confirmation: only a position that was unhealthy for several ticks in a row is closed.

Source: textbook model, no contract; the rule is that of k unhealthy observations out of the last w, here with w = k
(``confirmation_window`` has longer windows). The last design leaves k and w open. There is one observation a tick, and
what is sold is sold at the market.
"""

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    all_of,
    amount,
    any_of,
    assumption,
    closed_form,
    each_tick,
    generic,
    implies,
    invariant,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
    where,
    whole,
)

from .books import AnyPosition, Still
from .closing import CloseOut
from .keepers import Nobody, Prompt
from .markets import Infinite
from .oracles import Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    liquidation_improves_health,
    no_worse_than,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Decline, Drop, Slide, Wick
from .units import TICKS, Ticks

ONE = amount(1, TICKS)


class Healed(Spot):
    """The market's price, but somebody can show ten times as much of it, for at most so many ticks in a row.

    Who was healthy before a fall of up to 90 % looks healthy then.
    """

    most: Ticks = param(1)

    row: Ticks = state(0)  # healed ticks in a row, this one included
    planned: Bool = state(False)  # whether the next one will be

    @rule
    def heal(self) -> Step:
        """The price will be pushed up for as long as the next observation takes."""
        return require(~self.planned, self.row < self.most).then(self.after(planned=True))

    @each_tick
    def fade(self) -> "Healed":
        return self.after(row=where(self.planned, self.row + ONE, 0), planned=False)

    def quote(self) -> Real:
        return where(self.row > 0, 10, 1) * self.market.price()

    @lemma
    def no_more_than_the_most(self) -> Bool:
        if (most := whole(self.most)) is None:
            return all_of()
        whole_row = any_of(*(self.row == amount(n, TICKS) for n in range(most + 1)))
        return whole_row & (~self.planned | (self.row < self.most))


class Confirmed(CloseOut):
    """A position is closed when it is unhealthy for the last of so many ticks in a row."""

    confirmations: Ticks = param(3)

    streak: Ticks = state(0)  # unhealthy ticks in a row, up to the one before

    @assumption
    def at_least_one_confirmation(self) -> Bool:
        """It takes an unhealthy tick to be liquidated."""
        return self.confirmations >= ONE

    @each_tick
    def observe(self) -> "Confirmed":
        return self.after(streak=where(self.healthy(), 0, self.streak + ONE))

    def liquidatable(self) -> Bool:
        return super().liquidatable() & (self.seen() + ONE >= self.confirmations)

    def seen(self) -> Real:
        """How many of the observations that count were unhealthy, up to the one before."""
        return self.streak

    def counted(self) -> int | None:
        """How many observations count."""
        return whole(self.confirmations)

    def healed(self) -> int | None:
        """How many observations in a row somebody can make look healthy."""
        return whole(self.oracle.most) if isinstance(self.oracle, Healed) else 0

    def ticks_until_due(self) -> int | None:
        """How many ticks of a fall pass at most until it is confirmed; None if somebody can put that off for ever."""
        needed, counted, healed = whole(self.confirmations), self.counted(), self.healed()
        if needed is None or counted is None or healed is None or (needed - 1) * (healed + 1) >= counted:
            return None
        return needed * (healed + 1)

    @lemma
    def streak_is_whole(self) -> Bool:
        ticks = self.ticks_until_due()
        if ticks is None:
            return all_of()
        latest = amount(ticks, TICKS)
        return any_of(*(self.streak == amount(n, TICKS) for n in range(ticks))) | (self.streak >= latest)

    @lemma
    def each_unhealthy_tick_took_its_share_at_most(self) -> Bool:
        ticks, kept = self.ticks_until_due(), 1 - self.market.shock.fastest()
        if ticks is None:
            return all_of()
        covered = self.liquidation_threshold * self.collateral * self.market.price()
        return all_of(
            *(implies(self.streak == amount(n, TICKS), self.debt * kept ** (n + 1) <= covered) for n in range(ticks))
        )

    def worn_to(self, left: Real) -> Bool:
        """Once it is due, all but the last of its confirmations had their share of the price, too."""
        ticks, kept = self.ticks_until_due(), 1 - self.market.shock.fastest()
        if ticks is None:
            return all_of()
        return implies(self.due(), self.oracle.covers(kept * self.weighted(), self.debt * left * kept**ticks))

    def ticks_until_closed(self) -> int | None:
        """How many ticks of a fall pass at most before it is sold: its confirmations, and the keepers' patience."""
        ticks, late = self.ticks_until_due(), whole(self.patience)
        return None if ticks is None or late is None or (late and self.healed()) else ticks + late

    @lemma
    def seen_within_the_wick(self) -> Bool:
        shock = self.market.shock
        if not isinstance(shock, Wick):
            return all_of()
        return (self.seen() == 0) | (self.seen() + ONE <= shock.age)

    def outlasted(self) -> bool:
        """Whether the dip is known to be over before it is confirmed."""
        dip, ticks = self.oracle.wick_ticks(), whole(self.confirmations)
        return dip is not None and ticks is not None and dip < ticks

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What (1 - s)^(k + patience) of the cover does not pay, and never more than the whole fall costs."""
        shock, ticks = self.market.shock, self.ticks_until_closed()
        left = (1 - shock.bound) * self.book.floor()
        if isinstance(shock, Slide):
            if ticks is None or type(self.oracle) not in (Spot, Healed):
                return None
            left = maximum(left, (1 - shock.step) ** ticks)
        return maximum(0, 1 - left / self.liquidation_threshold)

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """LT/h of the first price pays the debt; 1 if it is always sold in time."""
        shock, ticks = self.market.shock, self.ticks_until_closed()
        deepest = 1 - self.liquidation_threshold / self.book.floor()
        if not isinstance(shock, Slide):
            return deepest
        if ticks is None or type(self.oracle) not in (Spot, Healed):
            return None
        return where((1 - shock.step) ** ticks >= self.liquidation_threshold, 1, deepest)

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real | None:
        """Any, if it is over before it is confirmed; otherwise that of a sale at once."""
        return amount(1, RATIO) if self.outlasted() else super().deepest_wick()

    @closed_form(borrower_loss_cap, "cap")
    def largest_missed_recovery(self) -> Real | None:
        """Nothing, if a wick is over before it is confirmed; otherwise that of a sale at once."""
        return amount(0, RATIO) if self.outlasted() else super().largest_missed_recovery()


@generic
def progress_within(it: Confirmed, ticks: Real) -> Bool:
    """Nobody stays unhealthy at the market's price for so many ticks: by then a position is healthy again or closed."""
    return it.streak < ticks * ONE


class ConfirmedLiquidation(Design):
    """Three unhealthy ticks in a row: a dip of two is survived whatever its depth, and a crash costs three ticks."""

    position = "collateral and debt as they are"
    capital = "that of the market's buyers; a keeper needs none"
    shock = Slide(bound="0.5", step="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health=1)
    pool = Confirmed(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        wick_survival(shock=Wick(bound="0.99", duration=2), keepers=Nobody(pool=pool), health="1.01"),
        borrower_loss_cap(cap=0, shock=Wick(bound="0.99", duration=2), keepers=Nobody(pool=pool)),
        borrower_loss_cap(cap=0, shock=Drop(bound="0.5")),
        lender_loss_cap(cap="0.1217"),
        solvency(shock=Slide(bound="0.5", step="0.06")),
        oracle_noninterference(rules="liquidate withdraw borrow", book=AnyPosition()),
        liquidation_improves_health(),
        progress_within(ticks=3, shock=Drop(bound=ANY)),
        conservation(),
        no_worse_than(other="spot", shock=Drop(bound=ANY)),
        no_worse_than(other="spot-sale", shock=Drop(bound=ANY)),
    )
    refuted = {
        no_worse_than(
            other="spot-sale", shock=Decline(bound=ANY, step=ANY)
        ): "the price falls on until it is confirmed",
        wick_survival(
            shock=Wick(bound="0.201", duration=3), keepers=Nobody(pool=pool), health="1.25"
        ): "a dip that is confirmed is sold into, as with a spot oracle, beyond 1 - 1/h",
        lender_loss_cap(cap="0.1216"): "the third unhealthy tick ends at 0.9³ of the last healthy price, and "
        "1 - 0.9³/0.83 = 12.17 % is lost",
        solvency(shock=Slide(bound="0.5", step="0.061")): "0.939³ is less than the threshold of 0.83",
        lender_loss_cap(cap="0.0242", confirmations=2, oracle=Healed(market=market)): "1 - 0.9²/0.83 holds no longer "
        "if somebody makes one observation in two look healthy, which postpones the sale for ever",
    }


class Observations(Mechanism):
    """A window of ``window`` observations, of which only the number of unhealthy ones is known, and a dip.

    The oldest observation is any that the count allows: what holds here holds of every queue.
    """

    market: Infinite

    confirmations: Ticks = param
    window: Ticks = param

    unhealthy: Ticks = state(0)  # among the last ``window`` observations
    dips: Ticks = state(0)  # unhealthy observations ever
    closed: Bool = state(False)

    @rule(by="anyone")
    def observe(self, low: Ticks, oldest: Ticks) -> Step:
        """One observation comes, one goes: each counts one if it is unhealthy, and nothing otherwise."""
        bits = ((low == 0) | (low == ONE)) & ((oldest == 0) | (oldest == ONE))
        count = self.unhealthy - oldest + low
        return require(bits, oldest <= self.unhealthy, count <= self.window).then(
            self.after(unhealthy=count, dips=self.dips + low)
        )

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The position is closed once enough observations of the window are unhealthy."""
        return require(~self.closed, self.unhealthy >= self.confirmations).then(self.after(closed=True))

    @lemma
    def window_has_some_of_the_dips(self) -> Bool:
        return (self.unhealthy <= self.dips) & (self.unhealthy >= 0)

    @invariant(on=liquidate)
    def survives_fewer_dips(self, post: "Observations") -> Bool:
        """Nobody is liquidated before as many unhealthy observations were made as it takes, whatever their depth."""
        return post.dips >= self.confirmations

    @invariant(on=liquidate)
    def survives_fewer_dips_than_the_window(self, post: "Observations") -> Bool:
        """Nobody is liquidated before a whole window of unhealthy observations was made."""
        return post.dips >= self.window


class ConfirmedAny(Design, name="confirmed-any"):
    """Any number of confirmations out of any number of observations."""

    shock = Slide(bound=ANY, step=ANY)
    market = Infinite(shock=shock)
    pool = Observations(market=market)

    @assumption
    def window_holds_the_confirmations(self) -> Bool:
        """As many observations are remembered as confirmations are asked for."""
        return (self.pool.confirmations >= ONE) & (self.pool.confirmations <= self.pool.window)

    proved = (Observations.survives_fewer_dips,)
    refuted = {Observations.survives_fewer_dips_than_the_window: "k of w are enough, however long the window"}

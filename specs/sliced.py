"""Gradual unwinding in slices: an unhealthy position sells at most a fraction of what it has left in each tick.

Source: a textbook model of gradual unwinding, no contract. A slice is sold at the market without a bonus and repays
debt; a cool-down of one slice a tick makes it gradual, and slices end as soon as the position is healthy again.
"""

from fractions import Fraction

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Real,
    Step,
    all_of,
    amount,
    any_of,
    assumption,
    at_start,
    closed_form,
    each_tick,
    given,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
    whole,
)

from .books import STILL, AnyPosition, Still
from .keepers import Nobody
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    improves_health_up_to,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import SLIDE, Drop, Slide, Steps, Wick
from .units import TICKS, Ratio, exactly

COUNTED = 25
"""So many slices of a fall are counted at most."""


class SlicedUnwind(Loan):
    """A loan that is unwound slice by slice while it is unhealthy."""

    fraction: Ratio = param  # the share of what is left that one slice sells

    rested: Bool = state(True)  # whether no slice was sold since the last tick
    kept: Ratio = state(1)  # (1 - fraction)^slices: what the slices leave of the collateral
    dipped: Ratio = state(1)  # the same of those slices alone that were sold below the first price
    faded: Ratio = state(1)  # what a slice is worth of the first one, if the price falls as fast as it can
    pace: Ratio = state(1)  # what dipped comes to if no tick that begins below the first price goes without a slice

    @assumption
    def a_slice_is_a_share(self) -> Bool:
        """A slice is a share of the position; all of it would be a close-out."""
        return (self.fraction > 0) & (self.fraction <= 1)

    @each_tick
    def rest(self) -> "SlicedUnwind":
        return self.after(rested=True, pace=where(self.below_the_first_price(), self.pace * self.left(), self.pace))

    def left(self) -> Real:
        """What one slice leaves."""
        return 1 - self.fraction

    def slid(self) -> Real:
        """What the fastest tick of a slide leaves of the price; of other shocks nothing is said."""
        shock = self.market.shock
        return 1 - shock.step if isinstance(shock, Slide) else amount(1, RATIO)

    def left_by(self, slices: int) -> Real:
        """What so many slices leave."""
        number = exactly(self.fraction)
        if number is not None or not slices:
            return amount((1 - number[0]) ** slices if number else 1, RATIO)
        return self.left() ** slices

    def below_the_first_price(self) -> Bool:
        return self.market.price() < at_start(self.market.price())

    def due(self) -> Bool:
        return super().due() & self.rested

    def least_kept(self, owed: Real) -> Real:
        """The share that is never sold, if debt is this share of value at first, at a price below all that are met.

        What a sale at that price or more leaves unsold has lost nothing of its equity there. So a position that is
        still unhealthy has more than (1 - owed)/(1 - LT) of its collateral left, and its next slice leaves that much.
        """
        return self.left() * (1 - owed) / (1 - self.liquidation_threshold)

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """Anyone sells a slice of an unhealthy position, once a tick; what is left after the debt is the owner's."""
        part = self.fraction * self.collateral
        raised = self.market.proceeds(part)
        paid = minimum(raised, self.debt)
        rest, owed = self.collateral - part, self.debt - paid
        return require(self.liquidatable(), self.rested, self.collateral > 0).then(
            self.after(
                rested=False,
                kept=self.kept * self.left(),
                faded=self.faded * self.left() * self.slid(),
                dipped=where(self.below_the_first_price(), self.dipped * self.left(), self.dipped),
                collateral=rest,
                debt=where(rest == 0, 0, owed),
                deficit=self.deficit + where(rest == 0, owed, 0),
                liquidator_collateral=self.liquidator_collateral + part,
                liquidator_cash=self.liquidator_cash - raised,
                owner_cash=self.owner_cash + (raised - paid),
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(part),
        )

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, with the cash that it was paid."""
        return super().borrower_wealth() + self.owner_cash

    # What holds of it.

    @invariant
    def at_most_a_slice_a_tick(self) -> Bool:
        """Below the first price at most one slice was sold for each tick of that time: 1 - (1 - f)^k in k ticks."""
        slice_of_this_tick = self.below_the_first_price() & ~self.rested
        return self.dipped >= where(slice_of_this_tick, self.pace * self.left(), self.pace)

    @invariant
    def one_slice_is_enough(self) -> Bool:
        """Right after a slice the position is healthy."""
        return self.rested | self.healthy()

    @invariant
    def slices_end_with_the_dip(self) -> Bool:
        """Nothing is sold at the first price or above it."""
        return self.kept == self.dipped

    # Lemmas about lenders' losses; ``fastest`` is the most that a tick takes.

    @lemma
    def healthy_until_the_price_moves(self) -> Bool:
        return (self.market.price() != at_start(self.market.price())) | self.healthy()

    @lemma
    def one_slice_heals(self) -> Bool:
        """Until keepers come a healthy position gets at most so unhealthy that one slice heals it again."""
        in_time = self.debt * (1 - self.overrun()) <= self.health_value()
        return self.healthy() | (self.rested & in_time)

    def gap(self) -> Real:
        """What would be lost if all collateral were sold at the lowest price to come."""
        return self.debt - self.collateral * self.market.shock.floor()

    @lemma
    def gap_never_grows(self) -> Bool:
        return (self.debt == 0) | (self.gap() <= at_start(self.gap()))

    @lemma
    def slices_are_counted(self) -> Bool:
        """Up to as many as the fastest fall leaves time for: what is kept and how they fade are the same power."""
        ticks, fading = self.slices_of_the_fall(), self.fading()
        if ticks is None or fading is None:
            return all_of()
        counted = ((self.kept == self.left_by(n)) & (self.faded == fading**n) for n in range(ticks + 1))
        return any_of(*counted, self.kept <= self.left_by(ticks + 1))

    @lemma
    def slices_make_up_for_the_fall(self) -> Bool:
        """What the last slice in time leaves unpaid, less what those to come bring, is never more than is lost.

        They bring least if the price falls as fast as it can from the last one at which the position was healthy: a
        geometric sum, here times what a slice has faded to.
        """
        ticks, worst, fading = self.slices_of_the_fall(), self.worst_loss(), self.fading()
        if ticks is None or worst is None or fading is None:
            return all_of()
        lost, low, last = worst * at_start(self.debt), self.market.shock.floor(), self.left_by(ticks)
        before = self.market.price() / where(super().due() & self.rested, self.slid(), 1)
        endless = self.fraction * self.slid() / (1 - fading)
        missing = (self.debt - last * low * at_start(self.collateral) - lost) * self.faded
        brought, line = endless * (self.faded - fading**ticks), self.debt / self.liquidation_threshold
        in_time = (missing <= brought * self.collateral * before) & (missing <= brought * line)
        return any_of((self.kept >= last) & in_time, (self.kept < last) & (self.gap() <= lost))

    @lemma
    def healthy_at_the_first_price(self) -> Bool:
        return self.debt <= self.liquidation_threshold * self.collateral * at_start(self.market.price())

    @lemma
    def nothing_is_written_off(self) -> Bool:
        return self.deficit == 0

    # Lemmas about the borrower's, of a book whose owners do nothing.

    @lemma
    def slices_compound(self) -> Bool:
        shares = (self.kept >= 0) & (self.kept <= self.dipped) & (self.dipped <= 1)
        return shares & (self.collateral == self.kept * at_start(self.collateral))

    def received(self) -> Real:
        """What slices brought the borrower, in debt repaid and in cash."""
        return self.owner_cash - at_start(self.owner_cash) + at_start(self.debt) - self.debt

    @lemma
    def slices_bring_their_price(self) -> Bool:
        low, first = self.market.shock.floor(), at_start(self.market.price())
        return self.received() >= at_start(self.collateral) * (
            low * (1 - self.dipped) + first * (self.dipped - self.kept)
        )

    @lemma
    def untouched_until_the_price_moves(self) -> Bool:
        return (self.market.price() != at_start(self.market.price())) | (self.kept == 1)

    @lemma
    def sold_at_todays_price(self) -> Bool:
        """Under a single drop."""
        return self.received() >= (at_start(self.collateral) - self.collateral) * self.market.price()

    @lemma
    def slices_of_a_wick(self) -> Bool:
        shock = self.market.shock
        numbers = exactly(shock.duration) if isinstance(shock, Wick) else None
        if numbers is None:
            return all_of()
        ticks, age, low = int(numbers[0]), shock.age / amount(1, TICKS), self.below_the_first_price()
        least = [self.left_by(slices) for slices in range(ticks + 1)]
        begun = ((age == tick + 1) & (self.pace >= least[tick]) for tick in range(ticks))
        over = (age >= ticks + 1) & (self.pace >= least[ticks]) & ~low
        return any_of(*begun, over, (age == 0) & (self.pace == 1) & ~low)

    # Closed forms.

    def worst_ratio(self) -> Real:
        """The largest debt at the start, as a share of the collateral's value."""
        return self.liquidation_threshold / self.book.floor()

    def heals(self) -> bool:
        """Whether one slice makes good what the shock does until keepers come."""
        shock, late = self.market.shock, whole(self.patience)
        numbers = exactly(self.fraction, self.liquidation_threshold, shock.step) if isinstance(shock, Slide) else None
        if numbers is None or late is None:
            return False
        fraction, line, step = numbers
        left = (1 - step) ** (1 + late)
        return fraction * left * (1 - line) >= line * (1 - left)

    def fast_fall(self) -> tuple[Fraction, Fraction, Fraction] | None:
        """Fraction, threshold and step of a slide, where a slice after each tick does not undo what the tick does."""
        shock = self.market.shock
        numbers = exactly(self.fraction, self.liquidation_threshold, shock.step) if isinstance(shock, Slide) else None
        if numbers is None or whole(self.patience) != 0:
            return None
        fraction, line, step = numbers
        slow = fraction < 1 and fraction <= line * (1 - (1 - fraction) * (1 - step))
        return (fraction, line, step) if slow else None

    def fading(self) -> Fraction | None:
        """What a slice is worth of the one before it in the fastest fall."""
        numbers = self.fast_fall()
        return None if numbers is None else (1 - numbers[0]) * (1 - numbers[2])

    def slices_of_the_fall(self) -> int | None:
        """How many slices the fastest fall from the last moment of health leaves time for above the lowest price.

        Of more than ``COUNTED`` the others are not counted: what they save is left out.
        """
        numbers, bound = self.fast_fall(), exactly(self.market.shock.bound)
        if numbers is None or bound is None:
            return None
        (health,) = exactly(self.book.floor()) or (1,)
        lowest = (1 - bound[0]) * health
        return next((n for n in range(COUNTED) if (1 - numbers[2]) ** (n + 1) <= lowest), COUNTED)

    def brought(self, slices: int) -> Fraction:
        """What so many slices bring, one after each tick of a fast fall: as a share of the value before it."""
        fraction, _, step = self.fast_fall() or (0, 0, 0)
        return sum((fraction * (1 - fraction) ** n * (1 - step) ** (n + 1) for n in range(slices)), Fraction(0))

    def paid(self, slices: int) -> Real:
        """The share of the debt that so many slices, and the rest at the lowest price, pay at worst."""
        rest = (1 - self.market.shock.bound) * self.left_by(slices) / self.worst_ratio()
        return rest + self.brought(slices) / self.liquidation_threshold

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real | None:
        """What slices in the fastest fall from the last moment of health leave unpaid; a drop leaves no time for any.

        A slide that each slice makes good costs nothing.
        """
        match self.market.shock:
            case Slide() if self.heals():
                return amount(0, RATIO)
            case Drop() | Slide():
                ticks = self.slices_of_the_fall() or 0
                fewest = 0 if exactly(self.book.floor()) is None else ticks  # of as many as there is time for all pay
                return maximum(0, 1 - maximum(*(self.paid(slices) for slices in range(fewest, ticks + 1))))
        return None

    @closed_form(solvency, "bound")
    def largest_solvent_shock(self) -> Real | None:
        """As far as slices in time and the rest at the end cover the debt; all of a slide that they make good."""
        match self.market.shock:
            case Slide() if self.heals():
                return amount(1, RATIO)
            case Drop() | Slide():
                return 1 - self.least_rest() / self.book.floor()
        return None

    def least_rest(self) -> Real:
        """The share of the last healthy price at which the rest is to be sold, where slices in a fast fall pay most."""
        numbers = self.fast_fall()
        if numbers is None:
            return self.liquidation_threshold
        fraction, line, _ = numbers
        rest = [line]
        while len(rest) < 2 or rest[-1] < rest[-2]:
            rest.append((line - self.brought(len(rest))) / (1 - fraction) ** len(rest))
        return amount(min(rest), RATIO)

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real:
        """A spot oracle shows every wick."""
        return 1 - 1 / self.book.floor()

    @closed_form(borrower_loss_cap, "cap")
    def cost_to_the_borrower(self) -> Real | None:
        """Nothing at one price; in a wick of k ticks its depth times what k slices sell, if as many are due."""
        shock = self.market.shock
        if isinstance(shock, Drop):
            return amount(0, RATIO)
        if not isinstance(shock, Wick):
            return None
        numbers = exactly(self.fraction, self.liquidation_threshold, self.book.floor(), shock.bound, shock.duration)
        if numbers is None:
            return None
        fraction, line, health, bound, ticks = numbers
        if (1 - bound) * health >= 1 or ticks == 0:
            return amount(0, RATIO)
        cost, before = bound * (1 - (1 - fraction) ** int(ticks)), (1 - fraction) ** int(ticks - 1)
        still_due = line / health > (1 - bound) * (1 - before * (1 - line))
        return amount(cost, RATIO) if still_due and cost <= 1 - line / health else None


class SlicedTenth(Design, name="sliced-unwind"):
    """A tenth of an unhealthy position in each tick. Default shock: a drop of at most 17 %, from health 1."""

    shock = Drop(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = SlicedUnwind(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", fraction="0.1")
    keepers = Nobody(pool=pool)
    position = "collateral and debt as they are"
    capital = "that of the market's buyers, a slice at a time; a keeper needs none"

    proved = (
        solvency(),
        lender_loss_cap(cap="0.247", shock="0.5", book=STILL),
        lender_loss_cap(cap=0, shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.1117", shock=Slide(bound="0.5", step="0.05"), book=STILL, keepers="prompt"),
        solvency(shock=Slide(bound="0.3599", step="0.05"), book=STILL, keepers="prompt"),
        given(SlicedUnwind.one_slice_is_enough, shock=SLIDE, keepers="prompt"),
        SlicedUnwind.at_most_a_slice_a_tick,
        given(SlicedUnwind.at_most_a_slice_a_tick, shock=Steps(bound="0.5")),
        borrower_loss_cap(cap=0, shock="0.5", book=STILL),
        borrower_loss_cap(cap="0.0813", shock=Wick(bound="0.3", duration=3), book=STILL),
        borrower_loss_cap(cap="0.03", shock=Wick(bound="0.3"), book=STILL),
        given(SlicedUnwind.slices_end_with_the_dip, shock=Wick(bound="0.17", duration=3), book=Still(health=1)),
        wick_survival(shock=Wick(bound="0.2", duration=5), book=STILL),
        liquidation_improves_health(),
        improves_health_up_to(loan_to_value=1, shock="0.5"),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        conservation(),
    )
    refuted = {
        solvency(shock="0.1701"): "a threshold of 83 % leaves a buffer of 17 %, and a drop leaves no time to unwind",
        lender_loss_cap(cap="0.2469", shock="0.5", book=STILL): "no better than a close-out: what is sold after the "
        "drop brings the price after the drop, which pays 0.5/0.664 of the debt",
        lender_loss_cap(
            cap=0, shock=Slide(bound="0.5", step="0.18"), book=STILL, keepers="prompt"
        ): "one tick takes the whole buffer",
        given(
            SlicedUnwind.one_slice_is_enough, shock=Slide(bound="0.5", step="0.0201"), keepers="prompt"
        ): "a tenth a tick keeps up with a slide of up to f·(1 - LT)/(LT + f·(1 - LT)) = 2.007 % a tick",
        borrower_loss_cap(
            cap="0.0299", shock=Wick(bound="0.3"), book=STILL
        ): "a tenth was sold 30 % too low: a wick of k ticks costs its depth times 1 - (1 - f)^k",
        given(
            SlicedUnwind.slices_end_with_the_dip, shock=Wick(bound="0.2"), book=Still(health=1)
        ): "what was sold below LT of the first price leaves a position that is unhealthy at the first price, too",
        wick_survival(shock=Wick(bound="0.201"), book=STILL): "a spot oracle shows every wick deeper than 1 - 1/h",
        liquidation_improves_health(shock="0.5"): "once the debt is more than all collateral brings, each slice makes "
        "the position worse",
    }

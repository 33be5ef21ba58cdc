"""What a call on a loan's collateral may cost its lenders and its borrower: the terms, lemmas and closed forms.

Source: derived here for the mechanism of ``reversible_call.py``, which has the rules and their source.
"""

from fractions import Fraction

from verifier.language import (
    Bool,
    Real,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    implies,
    lemma,
    maximum,
    minimum,
    param,
    state,
    where,
    whole,
)

from .oracles import Spot
from .properties import borrower_loss_cap, lender_loss_cap, solvency, wick_survival
from .seizure import FixedSpread
from .shocks import Drop, Slide, Wick
from .units import TICKS, Collateral, CollateralFlow, DebtFlow, Price, Ratio, Ticks, exactly


class LoanWithCall(FixedSpread):
    """A loan whose collateral somebody may hold a call on, for a top-up: what there is to know of it."""

    least_top_up: Ratio = param  # the smallest top-up, as a share of the collateral
    most_top_up: Ratio = param
    buffer: Ratio = param  # how far past the threshold a position may be supported
    term: Ticks = param
    factor: Ratio = param
    interest: Ratio = param(0)
    top_up_returned: Bool = param(False)
    once_only: Bool = param(True)
    supporters_come: Bool = param(True)
    borrower_cancels: Bool = param(True)

    now: Ticks = state(0)
    supported: Bool = state(False)
    spent: Bool = state(False)  # whether the position was supported before
    expiry: Ticks = state(0)
    top_up: Collateral = state(0)
    support_price: Price = state(0)  # the oracle's price when the supporter came
    paid_to_cancel: Collateral = state(0)

    supporter_collateral: CollateralFlow = state(0, tally=True)
    supporter_cash: DebtFlow = state(0, tally=True)

    @assumption
    def terms_are_sensible(self) -> Bool:
        """Top-ups, buffer and interest are not negative, the factor is positive and a term lasts a tick at least."""
        shares = (self.least_top_up >= 0) & (self.most_top_up >= self.least_top_up)
        return shares & (self.buffer >= 0) & (self.interest >= 0) & (self.factor > 0) & (self.term >= amount(1, TICKS))

    def furthest(self) -> Real:
        """The largest loan-to-value at which a position may be supported."""
        return self.liquidation_threshold + self.buffer

    def share_to_cancel(self) -> Real:
        """What the borrower pays to have a call back, for each unit of the top-up."""
        return where(self.top_up_returned, 1, 0) + (1 + self.interest) * self.factor

    def most_held(self) -> Real:
        """The most that a position may still sell: all it has, with a top-up that may still come."""
        return where(self.spent, self.collateral, (1 + self.most_top_up) * self.collateral)

    def owner_is_done(self) -> Bool:
        """Whether there is no call any more that the owner might cancel."""
        return self.once_only & self.spent & ~self.supported

    # Lemmas: whoever is eligible at the lowest price is saved before anybody is liquidated.

    def out_of_reach(self) -> Bool:
        """Whether the debt may be too large for a supporter before anybody comes."""
        price = self.market.price() if isinstance(self.market.shock, Drop) else self.market.shock.floor()
        leaps = self.liquidation_threshold > (1 - self.overrun()) * self.furthest()
        return leaps & (at_start(self.debt) > self.furthest() * at_start(self.collateral) * price)

    @lemma
    def saved_before_it_is_liquidated(self) -> Bool:
        begun, top_up = at_start(self.collateral), self.collateral - at_start(self.collateral)
        untouched = (self.debt == at_start(self.debt)) & (self.deficit == 0)
        enough = (top_up >= self.least_top_up * begun) & (top_up <= self.most_top_up * begun)
        while_supported = untouched & (top_up == self.top_up) & enough
        saved = implies(self.supported, while_supported) & implies(~self.spent, untouched & (top_up == 0))
        return self.out_of_reach() | saved

    @lemma
    def gap_never_grows(self) -> Bool:
        floor = self.market.shock.floor()
        return self.nothing_owed() | (self.cover_gap(floor) <= at_start(self.cover_gap(floor)))

    @lemma
    def seized_value_is_paid_for(self) -> Bool:
        seized = (at_start(self.collateral) - self.collateral) * self.market.price()
        paid = at_start(self.debt) - self.debt - self.deficit
        return self.nothing_owed() | (seized <= (1 + self.liquidation_bonus) * paid)

    @lemma
    def debt_never_grows(self) -> Bool:
        return (self.debt <= at_start(self.debt)) & (self.spent | (self.collateral <= at_start(self.collateral)))

    @lemma
    def top_up_narrows_the_gap(self) -> Bool:
        floor = self.market.shock.floor()
        added = self.least_top_up * at_start(self.collateral) * floor
        narrowed = self.cover_gap(floor) <= at_start(self.cover_gap(floor)) - added
        return ~self.spent | self.out_of_reach() | self.nothing_owed() | narrowed

    def nothing_owed(self) -> Bool:
        return (self.debt == 0) & (self.deficit == 0)

    def worn_to(self, left: Real) -> Bool:
        """What is known of a position since when, before anybody saved it."""
        return self.spent | super().worn_to(left)

    @lemma
    def healthy_once_topped_up(self) -> Bool:
        worth = self.liquidation_threshold * self.collateral * self.market.shock.floor()
        return ~self.spent | (self.debt <= worth)

    @lemma
    def opened_when_unhealthy(self) -> Bool:
        own = self.collateral - self.top_up
        unhealthy = self.debt >= self.liquidation_threshold * own * self.support_price
        return ~self.supported | (unhealthy & (self.top_up <= self.most_top_up * own) & (self.support_price > 0))

    # Lemmas about wicks: what is healthy at the first price stays with its owner while it is eligible at the lowest.

    @lemma
    def eligible_throughout_a_wick(self) -> Bool:
        if not isinstance(self.market.shock, Wick):
            return all_of()
        healthy = self.debt <= self.liquidation_threshold * self.collateral * at_start(self.market.price())
        return healthy & (self.debt <= self.furthest() * self.collateral * self.market.shock.floor())

    @lemma
    def outlasts_a_wick(self) -> Bool:
        shock = self.market.shock
        if not isinstance(shock, Wick):
            return all_of()
        since = self.now - (self.expiry - self.term)
        running = (self.now < self.expiry) & (since >= 0) & (shock.age >= since + amount(1, TICKS))
        return implies(self.supported, running) & (~self.spent | self.supported | (shock.age >= self.term))

    # Lemmas about what a call costs its borrower: at one price, who is not cured by the top-up cannot cancel.

    @lemma
    def lost_if_not_cured_after_a_drop(self) -> Bool:
        shock, price = self.market.shock, self.market.price()
        if not isinstance(shock, Drop):
            return all_of()
        too_deep = (self.debt == 0) | (self.debt > self.furthest() * self.collateral * price)
        cured = (1 + self.least_top_up) * self.liquidation_threshold * at_start(self.collateral) * price
        lost = self.spent & ~self.supported & (self.paid_to_cancel == 0)
        return (
            implies(self.spent, shock.moved_once)
            & implies(self.out_of_reach(), ~self.spent & too_deep)
            & implies(self.supported & (self.now >= self.expiry), ~self.healthy())
            & implies(lost, at_start(self.debt) >= cured)
        )

    @lemma
    def cancelled_for_good(self) -> Bool:
        if not isinstance(self.market.shock, (Drop, Wick)):
            return all_of()
        added = self.collateral - at_start(self.collateral)
        agreed = (self.paid_to_cancel == self.share_to_cancel() * added) & (self.debt == at_start(self.debt))
        within = (added >= 0) & (added <= self.most_top_up * at_start(self.collateral)) & (self.deficit == 0)
        return (self.paid_to_cancel == 0) | (self.spent & ~self.supported & agreed & within & self.healthy())

    # How far the general properties hold.

    def first_ratio(self) -> Real:
        """The largest loan-to-value at the start."""
        return self.liquidation_threshold / self.book.floor()

    def last_eligible(self) -> Real:
        """The fall from which on the position with the largest debt finds no supporter."""
        return 1 - self.first_ratio() / self.furthest()

    def is_usual(self) -> bool:
        """Whether supporters come in time, once, as the spot price says: what the closed forms speak of."""
        return type(self.oracle) is Spot and self.supporters_come.leaf is True and self.once_only.leaf is True

    def reaches(self, left: Fraction | None) -> bool:
        """Whether a drop or a slide may leave so little of the price as a call ends, and leaps past no buffer.

        There is no form yet for a call that ends while the price is still falling, nor for a slide that leaps past the
        last moment at which supporters come. Without a number for ``left`` the form is that of the lowest price.
        """
        shock, late, term = self.market.shock, whole(self.patience), whole(self.term)
        numbers = exactly(self.liquidation_threshold, self.buffer)
        if isinstance(shock, Slide) and late is not None and term is not None and numbers is not None:
            step, last = exactly(shock.step), numbers[0] / (numbers[0] + numbers[1])
            pace = 1 - step[0] if step is not None else 1
            opened = pace ** (1 + late)
            return opened >= last and (left is None or opened * pace ** (term + 1 + late) <= left)
        return isinstance(shock, Drop)

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What the collateral lacks before a supporter comes, or with its top-up after a call that lapsed."""
        shock, threshold = self.market.shock, self.liquidation_threshold
        numbers = exactly(shock.bound, self.book.floor())
        if not self.is_usual() or not self.reaches(None if numbers is None else (1 - numbers[0]) * numbers[1]):
            return None
        first = lowest = (1 - shock.bound) * self.book.floor()
        if isinstance(shock, Slide):
            first = maximum(first, 1 - self.overrun())
        spread, saved = threshold * (1 + self.liquidation_bonus), (1 + self.least_top_up) * lowest
        lapsed = where(saved >= 1, 0, 1 - saved / spread)
        leaps = threshold > first * self.furthest()
        return maximum(0, where(leaps, 1 - lowest / spread, maximum(1 - first / threshold, lapsed)))

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """Until the debt is more than the collateral, or with the bonus more than the collateral and its top-up."""
        threshold, bonus, top_up = self.liquidation_threshold, self.liquidation_bonus, self.least_top_up
        numbers = exactly(threshold, bonus, top_up)
        least = None if numbers is None else min(Fraction(1), numbers[0] * (1 + numbers[1])) / (1 + numbers[2])
        if not self.is_usual() or not self.reaches(least):
            return None
        spent = minimum(1, threshold * (1 + bonus))
        unsaved = minimum(spent, threshold / self.furthest())
        left = maximum(spent / (1 + top_up), unsaved)
        in_time = 1 - self.overrun() >= threshold if isinstance(self.market.shock, Slide) else ~all_of()
        return 1 - where(in_time, left, maximum(threshold, left)) / self.book.floor()

    @closed_form(borrower_loss_cap, "cap")
    def dearest_call(self) -> Real | None:
        """The price of cancelling, or all that is left where the top-up does not cure: nobody then can cancel."""
        shock, threshold, most = self.market.shock, self.liquidation_threshold, 1 + self.most_top_up
        numbers = exactly(threshold, self.buffer, self.factor, self.interest, self.most_top_up)
        if not self.is_usual() or self.borrower_cancels.leaf is not True or numbers is None:
            return None
        line, buffer, factor, interest, top_up = numbers
        agreed = (1 + interest) * factor + (1 if self.top_up_returned.leaf is True else 0)
        if agreed < 1 or line + buffer < 1 or buffer <= line * top_up:
            return None
        cancelled, healed = (self.share_to_cancel() - 1) * self.most_top_up, (1 + self.least_top_up) * threshold
        ratio = self.first_ratio() / (1 - shock.bound)
        if isinstance(shock, Drop):
            lost = where(ratio > healed, maximum(0, 1 - healed), 0)
            deepest = minimum(ratio, threshold * most)
            return where(self.never_unhealthy(), 0, maximum(lost, cancelled + maximum(0, deepest - 1)))
        if isinstance(shock, Wick):
            times, depth = exactly(shock.duration, self.term), exactly(shock.bound, self.book.floor())
            if times is not None and depth is not None and times[0] < times[1]:
                always = line <= (1 - depth[0]) * depth[1] * (line + buffer)
                return where(self.never_unhealthy(), 0, cancelled) if always else None
        return None  # after a slide the price may rise again without end: a call that was exercised misses all of it

    @closed_form(wick_survival, "bound")
    def survives_up_to(self) -> Real | None:
        """Any wick that ends before maturity, as long as supporters may come; the top-up's worth of a longer one."""
        shock = self.market.shock
        if type(shock) is not Wick:
            return None
        longer = 1 - 1 / (self.book.floor() * (1 + self.least_top_up))
        return where(shock.duration < self.term, self.last_eligible(), minimum(longer, self.last_eligible()))

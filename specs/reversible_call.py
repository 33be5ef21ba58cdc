"""Reversible call options: a supporter tops up an unhealthy position for a call on its collateral.

Source: Qin, Ernstberger, Zhou, Jovanovic and Gervais, "Mitigating decentralized finance liquidations with reversible
call options", Financial Cryptography 2023 (arXiv 2303.15162). The supporter's top-up is the premium. The borrower may
cancel the call before maturity for a price; at maturity the supporter may pay the debt and take the collateral, or let
the call lapse; after that the position is liquidated at a fixed spread like any other.

Two points are known second-hand only, so each reading is a matter of parameters. The price of cancelling is ``factor``
times the top-up with interest: with ``top_up_returned`` false it is that alone (Definition 1, with a factor k above 1),
else the top-up is given back besides (the lending protocol, with 0 < k < 1). Eligible is a loan-to-value of at most
the threshold and a ``buffer``; the sign of that condition is unconfirmed.
"""

from fractions import Fraction
from types import MappingProxyType
from typing import Any

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    each_tick,
    generic,
    given,
    implies,
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

from .books import Still
from .keepers import Nobody
from .loans import FixedSpread
from .markets import Infinite
from .oracles import Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    solvency,
    wick_survival,
)
from .shocks import Drop, Floor, Slide, Wick
from .units import TICKS, Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio, Ticks, exactly


@generic(on="not the environment")
def no_dearer_than_a_fixed_spread(it: "ReversibleLoan", post: "ReversibleLoan", close_factor: Real) -> Bool:
    """The end of a call takes no more collateral of the borrower than a liquidation of so much at its beginning."""
    taken = it.collateral - post.collateral - it.top_up + (post.paid_to_cancel - it.paid_to_cancel)
    seized = close_factor * it.debt * (1 + it.liquidation_bonus)
    return implies(it.supported & ~post.supported, taken * it.support_price <= seized)


@generic(on="not the environment")
def delays_once_or_at_a_price(it: "ReversibleLoan", post: "ReversibleLoan", share: Real) -> Bool:
    """Liquidation is put off only once, or each time for a top-up of at least this share of the collateral."""
    return implies(~it.supported & post.supported, ~it.spent | (post.top_up >= share * it.collateral))


class ReversibleLoan(FixedSpread):
    """A position that a supporter may save once, before liquidators come."""

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

    def eligible(self) -> Bool:
        """Whether the position may be supported."""
        near = self.debt <= self.furthest() * self.collateral * self.oracle.quote()
        return ~self.healthy() & near & ~self.supported & ~(self.once_only & self.spent)

    def price_of_cancelling(self) -> Real:
        """What the borrower pays the supporter to have the call back."""
        return self.top_up * self.share_to_cancel()

    def share_to_cancel(self) -> Real:
        """The same for each unit of the top-up."""
        return where(self.top_up_returned, 1, 0) + (1 + self.interest) * self.factor

    def due(self) -> Bool:
        """Whether there is something for a supporter or a liquidator to do."""
        return ~self.supported & super().due()

    # The owner may not take out what a supporter put in.

    @rule(by="owner")
    def withdraw(self, taken: Collateral) -> Step:
        """The owner takes collateral out while no call is open."""
        step = super().withdraw(taken)
        return require(~self.supported, step.guard).then(*step.posts)

    @rule(by="owner")
    def borrow(self, drawn: Debt) -> Step:
        """The owner draws debt while no call is open."""
        step = super().borrow(drawn)
        return require(~self.supported, step.guard).then(*step.posts)

    @rule(by="owner")
    def cancel(self) -> Step:
        """Before maturity the borrower takes the call back."""
        price = self.price_of_cancelling()
        return require(self.supported, self.now < self.expiry).then(
            self.after(
                supported=False,
                top_up=0,
                paid_to_cancel=self.paid_to_cancel + price,
                owner_collateral=self.owner_collateral - price,
                supporter_collateral=self.supporter_collateral + price,
            )
        )

    @assumption(on=cancel)
    def nobody_cancels_early(self) -> Bool:
        """The borrower cancels only at the last moment, since waiting is free, and only if its position is healthy."""
        return implies(self.borrower_cancels, self.last_chance())

    @assumption(on="environment")
    def nobody_forgets_to_cancel(self) -> Bool:
        """The borrower does not miss its last moment to cancel."""
        return implies(self.borrower_cancels, ~self.last_chance())

    def last_chance(self) -> Bool:
        """Whether a call on a healthy position can be cancelled now and not later."""
        late = (self.now < self.expiry) & (self.now + amount(1, TICKS) >= self.expiry)
        return self.supported & self.healthy() & late

    # The supporter.

    @rule
    def support(self, given: Collateral) -> Step:
        """A supporter tops up an eligible position and gets the call."""
        enough = (given >= self.least_top_up * self.collateral) & (given <= self.most_top_up * self.collateral)
        return require(given > 0, enough, self.eligible()).then(
            self.after(
                collateral=self.collateral + given,
                supported=True,
                spent=True,
                expiry=self.now + self.term,
                top_up=given,
                support_price=self.oracle.quote(),
                supporter_collateral=self.supporter_collateral - given,
            )
        )

    @rule
    def exercise(self) -> Step:
        """At maturity the supporter pays the debt and takes the collateral."""
        return require(self.supported, self.now >= self.expiry).then(
            self.after(
                collateral=0,
                debt=0,
                supported=False,
                top_up=0,
                supporter_collateral=self.supporter_collateral + self.collateral,
                supporter_cash=self.supporter_cash - self.debt,
                pool_cash=self.pool_cash + self.debt,
            )
        )

    @assumption(on=exercise)
    def supporter_is_rational(self) -> Bool:
        """A supporter exercises only where the collateral is worth the debt."""
        return self.collateral * self.market.price() >= self.debt

    @each_tick
    def lapse(self) -> "ReversibleLoan":
        """A call that was not exercised at maturity is over."""
        over = self.supported & (self.now + amount(1, TICKS) > self.expiry)
        return self.after(
            now=self.now + amount(1, TICKS), supported=self.supported & ~over, top_up=where(over, 0, self.top_up)
        )

    # The liquidator.

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Where no call is open, the position is liquidated like any other."""
        step = super().liquidate(offer)
        return require(~self.supported, step.guard).then(*step.posts)

    @assumption(on=liquidate)
    def supporters_come_first(self) -> Bool:
        """A supporter comes to an eligible position before any liquidator."""
        return implies(self.supporters_come, ~self.eligible())

    # Whose a loss is.

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, less what it paid to cancel calls."""
        return super().borrower_wealth() - self.paid_to_cancel * self.market.price()

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what lenders are owed with what they lost."""
        collateral, cash, owed = super().totals()
        return (collateral + self.supporter_collateral, cash + self.supporter_cash, owed)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {"tick": self.now} | super().columns() | {"top-up": self.top_up, "until": self.expiry}

    # What holds of it.

    @invariant
    def a_call_is_open_or_it_is_not(self) -> Bool:
        """There is a top-up and time left exactly while a call is open."""
        live = (self.top_up > 0) & (self.top_up < self.collateral) & (self.now <= self.expiry) & self.spent
        return (self.supported & live) | (~self.supported & (self.top_up == 0))

    @invariant(on="not the owner")
    def collateral_leaves_by_exercise_at_maturity(self, post: "ReversibleLoan") -> Bool:
        """While a call is open, collateral leaves only at its maturity, and only where the debt is paid."""
        exercised = (self.now == self.expiry) & (post.pool_cash - self.pool_cash == self.debt) & (post.debt == 0)
        return implies(self.supported & (post.collateral < self.collateral), exercised)

    @invariant(on=cancel)
    def cancelling_pays_the_supporter(self, post: "ReversibleLoan") -> Bool:
        """Who is cancelled gets more than the top-up."""
        return post.supporter_collateral - self.supporter_collateral > self.top_up

    @invariant(on=cancel)
    def cancelling_pays_as_agreed(self, post: "ReversibleLoan") -> Bool:
        """Cancelled at a factor k, the supporter gains (k - 1) times the top-up."""
        gain = post.supporter_collateral - self.supporter_collateral - self.top_up
        return gain == self.top_up * (self.factor - 1)

    @invariant(on=(cancel, exercise, liquidate))
    def supporters_lose_at_most_their_top_up(self, post: "ReversibleLoan") -> Bool:
        """After its top-up a supporter loses nothing more at the price of the moment."""
        collateral = post.supporter_collateral - self.supporter_collateral
        return collateral * self.market.price() + (post.supporter_cash - self.supporter_cash) >= 0

    @invariant
    def lenders_lose_what_position_and_top_up_lack(self) -> Bool:
        """While a call is open lenders lack at most max(0, K - A·p - φ·p), all at today's price."""
        price = self.market.price()
        worth = (self.collateral - self.top_up) * price + self.top_up * price
        return implies(self.supported, self.lender_loss() - self.deficit <= maximum(0, self.debt - worth))

    @invariant
    def lenders_lose_with_the_top_up_at_its_first_price(self) -> Bool:
        """While a call is open lenders lack at most max(0, K - A·p - φ·p0), p0 being the price when it was opened."""
        worth = (self.collateral - self.top_up) * self.market.price() + self.top_up * self.support_price
        return implies(self.supported, self.lender_loss() - self.deficit <= maximum(0, self.debt - worth))

    @invariant
    def something_can_be_done(self) -> Bool:
        """An unhealthy position can be liquidated, or its call exercised, or that call is still running."""
        running = self.supported & (self.now < self.expiry)
        after = self.liquidate(self.debt).enabled() | self.exercise().enabled()
        return implies(~self.healthy() & (self.collateral > 0), running | after)

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

    def furthest(self) -> Real:
        """The largest loan-to-value at which a position may be supported."""
        return self.liquidation_threshold + self.buffer

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
        """Whether a drop or slide may leave so much of the threshold's price at the end of a call, and none is too fast.

        There is no form yet for what a call's end leaves of a price that is still falling, nor for a slide that leaps
        past the last moment at which supporters come. Without a number for ``left`` the form is that of the floor.
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
            if times is None or depth is None or times[0] >= times[1] or line > (1 - depth[0]) * depth[1] * (line + buffer):
                return None
            return where(self.never_unhealthy(), 0, cancelled)
        return None  # after a slide the price may rise again without end: a call that was exercised misses all of it

    @closed_form(wick_survival, "bound")
    def survives_up_to(self) -> Real | None:
        """Any wick that ends before maturity, as long as supporters may come; the top-up's worth of a longer one."""
        shock = self.market.shock
        if type(shock) is not Wick:
            return None
        longer = 1 - 1 / (self.book.floor() * (1 + self.least_top_up))
        return where(shock.duration < self.term, self.last_eligible(), minimum(longer, self.last_eligible()))


DIP = Wick(bound="0.5", duration=1)
UNSTATED = "what lenders lose is proved of each state with an open call, not yet as a bound over all runs"


class ReversibleCall(Design, name="reversible-call"):
    """Top-ups of 10 %, a factor of 1.5, two ticks of three hours. Default shock: a fall by half at most, from 1.25."""

    position = "collateral and debt as they are; the top-up is the supporter's"
    not_settled = MappingProxyType(
        {
            "solvent": UNSTATED,
            "lender_loss": UNSTATED,
            "collateral": UNSTATED,
            "borrower": "what is proved is that a borrower who cancels pays no more than under a fixed spread",
        }
    )
    shock = Floor(bound="0.5", seconds=10800)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = ReversibleLoan(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05",
        least_top_up="0.1", most_top_up="0.1", buffer=1, term=2, factor="1.5",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        wick_survival(shock=DIP),
        ReversibleLoan.a_call_is_open_or_it_is_not,
        ReversibleLoan.collateral_leaves_by_exercise_at_maturity,
        ReversibleLoan.cancelling_pays_the_supporter,
        ReversibleLoan.cancelling_pays_as_agreed,
        ReversibleLoan.supporters_lose_at_most_their_top_up,
        ReversibleLoan.lenders_lose_what_position_and_top_up_lack,
        ReversibleLoan.something_can_be_done,
        no_dearer_than_a_fixed_spread(close_factor="0.5", shock=DIP),
        delays_once_or_at_a_price(share="0.1", once_only=False, borrower_cancels=False, term=1),
        delays_once_or_at_a_price(share="0.1", least_top_up=0, borrower_cancels=False, term=1),
        conservation(),
    )
    refuted = {
        no_dearer_than_a_fixed_spread(
            close_factor="0.5", term=1
        ): "at maturity the supporter may take the whole collateral",
        no_dearer_than_a_fixed_spread(
            close_factor="0.1", factor="1.5", least_top_up="0.2", most_top_up="0.2", shock=DIP
        ): "where (k - 1)·λ is more than f·LT·(1 + b), cancelling costs more",
        delays_once_or_at_a_price(
            share="0.1", once_only=False, least_top_up=0, borrower_cancels=False, term=1
        ): "without a smallest top-up, supporters put off liquidation again and again for next to nothing",
        wick_survival(shock=DIP, supporters_come=False): "without a supporter it is a fixed spread on a spot price",
        ReversibleLoan.lenders_lose_with_the_top_up_at_its_first_price: "the top-up is collateral and falls, too",
        given(ReversibleLoan.cancelling_pays_the_supporter, factor=1): "at k = 1 the top-up comes back, and no more",
    }

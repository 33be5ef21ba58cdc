"""LLAMMA, the market maker under crvUSD and LlamaLend: bands that convert collateral into debt, and back.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (bands and trades) and ``controller.vy`` (health, liquidation).
A loan in one band (``bands.py`` has its mathematics), N = 1: more bands are one each, but their prices and their debt
in one position are not looked at here. Traders arbitrage until the band's own price is the oracle's, or do not, and
leave its level no lower: so do trades without a fee, and a fee leaves more (``llamma_fee.py`` has the one for jumps).
What is said of a fall in many small steps is in ``bands.py``, of one move at a time.

Left out: the limit on the oracle, a quarter up or down in 120 seconds, the fee that follows the gap between oracle and
band, the liquidation of a part φ, and interest. Whoever liquidates here repays no more than what the band is worth,
which is kind to lenders: the contract asks for the whole debt, at which ``repaying_in_full_pays`` looks.
"""

from fractions import Fraction

from verifier.language import (
    ANY,
    RATIO,
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
    initially,
    invariant,
    lemma,
    maximum,
    minimum,
    require,
    rule,
    state,
    where,
    whole,
)

from .bands import VALUES, Band, loan_to_value_at_most, root_below, third_root_below
from .books import Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    liquidation_improves_health,
    wick_survival,
)
from .shocks import Drop, Floor, Path, Slide, Wick
from .units import DEBT, Collateral, CollateralFlow, DebtFlow, Price, Ratio, exactly


@generic
def wick_loss_cap(it: Band, cap: Real) -> Bool:
    """When the price is the first one again, a trade to balance leaves all collateral but at most the cap's share."""
    first = at_start(it.market.price())
    return implies(it.market.price() == first, it.would_keep(first, (1 - cap) * at_start(it.collateral)))


@generic(on="liquidator")
def repaying_in_full_pays(it: Band, post: Band, gas: Real) -> Bool:
    """Who liquidates by repaying the whole debt, as the contract asks, gets back that and so much gas."""
    del post
    return it.worth() >= it.debt + gas * amount(1, DEBT)


class Llamma(Band):
    """A band that traders convert as the price falls, and back, whose owner does nothing after the start."""

    trader_collateral: CollateralFlow = state(0, tally=True)
    trader_cash: DebtFlow = state(0, tally=True)

    @rule(by="anyone")
    def arbitrage(self, level: Collateral) -> Step:
        """A trader moves the band's own price to the oracle's and leaves its level no lower: a fee leaves more."""
        post = self.balanced(level)
        no_lower = self.residual(self.oracle.quote(), level) >= 0
        return require(level > 0, no_lower, ~self.is_balanced()).then(
            post.after(
                trader_collateral=self.trader_collateral + (self.collateral - post.collateral),
                trader_cash=self.trader_cash + (self.converted - post.converted),
            )
        )

    def totals(self) -> tuple[Real, ...]:
        collateral, cash, lent = super().totals()
        return collateral + self.trader_collateral, cash + self.converted + self.trader_cash, lent

    def untouched(self) -> Bool:
        return (self.converted == 0) & (self.collateral == at_start(self.collateral))

    def is_closed(self) -> Bool:
        return (self.debt == 0) & (self.collateral == 0) & (self.converted == 0)

    def numbers(self) -> tuple[Fraction, ...] | None:
        """The line over the least health, 1 - the loan discount, and the band's bottom, if all have numbers."""
        found = exactly(self.liquidation_threshold, self.book.floor(), self.loan_discount, self.amplification)
        if found is None:
            return None
        line, health, discount, a = found
        return line / health, 1 - discount, 1 - 1 / a

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real | None:
        """The dip that ends where the band begins: the least debt of its loans is (1 - r)·d·√d of its top's value."""
        numbers = self.numbers()
        if numbers is None:
            return None
        ratio, most, bottom = numbers
        return amount(max(Fraction(0), 1 - ratio / (most * root_below(bottom**3))), RATIO)

    @lemma
    def band_is_within_reach(self) -> Bool:
        """How far below the first price the band is, from the debt that it was chosen for."""
        if (numbers := self.numbers()) is None:
            return all_of()
        ratio, most, bottom = numbers
        least = most * root_below(bottom**3) * self.top
        return (least <= ratio * at_start(self.market.price())) & (self.top <= at_start(self.market.price()))

    @lemma
    def untouched_above_the_band(self) -> Bool:
        return self.untouched() | (self.market.shock.floor() < self.top)

    @lemma
    def was_good_at_the_peak(self) -> Bool:
        """Not looked for: what a band has converted secures the debt, too."""
        return all_of()

    @lemma
    def open_or_closed(self) -> Bool:
        return self.is_closed() | ((self.debt == at_start(self.debt)) & (self.deficit == 0))


class InAnyOrder(Llamma):
    """Traders and keepers come in any order."""

    def owes_as_in_its_band(self) -> Bool:
        """Under a drop the roots that limit the debt are rounded outwards to six digits: that allows some more."""
        owed = self.owed_in_a_band()
        if not isinstance(self.market.shock, Drop) or owed is None:
            return super().owes_as_in_its_band()
        least, most = owed
        value = self.collateral * self.top
        return (value > 0) & (self.debt >= least * value) & (self.debt <= most * value)

    def owed_in_a_band(self) -> tuple[Fraction, Fraction] | None:
        """The least and the largest debt, as shares of the collateral's value at the band's top."""
        if (numbers := exactly(self.loan_discount, self.amplification)) is None:
            return None
        most, bottom = 1 - numbers[0], 1 - 1 / numbers[1]
        return most * root_below(bottom**3), most / root_below(1 / bottom)

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real | None:
        """After a drop traders come first, and buy a band of the largest debt at the cube of the price.

        Where the price may rise without limit all is lost of a band within reach: once it holds debt tokens alone, of
        their worth traders leave it what a rise leaves of its inverse square.
        """
        owed, left = self.owed_in_a_band(), 1 - self.market.shock.bound
        if type(self.market.shock) in (Floor, Slide) and owed is not None:
            return where(left * owed[0] * self.book.floor() < self.liquidation_threshold, amount(1, RATIO), 0)
        covered = self.covered_at_the_floor()
        return None if covered is None else 1 - covered

    def covered_at_the_floor(self) -> Real | None:
        """The share of the largest debt that a band brings after the whole drop; None if it may end in the band."""
        owed = self.owed_in_a_band()
        numbers = exactly(self.liquidation_threshold, self.loan_discount, self.amplification)
        if not isinstance(self.market.shock, Drop) or numbers is None or owed is None:
            return None
        line, discount, a = numbers
        if line > (1 - discount) * (1 - 1 / a) ** 2:
            return None  # only below this a band is sure to begin below the first price
        left, ratio = 1 - self.market.shock.bound, self.liquidation_threshold / self.book.floor()
        return minimum(1, left**3 * owed[0] ** 2 / (self.bottom() * ratio**3))

    @closed_form(borrower_loss_cap, "cap")
    def all_equity(self) -> Real | None:
        """All equity of the least debt, which a keeper takes over once health is gone; in a wick a cap, not the least.

        After a drop health is gone where the debt is more than its share of the cube of the price; of a band that
        traders empty sooner, more is left.
        """
        owed = self.owed_when_unhealthy() if isinstance(self.market.shock, Drop) else self.owed_when_touched()
        return None if owed is None else amount(1 - owed, RATIO)

    def owed_when_unhealthy(self) -> Fraction | None:
        """The share of its value that a position owes at least where a drop makes it unhealthy; 1 if none does.

        A third root: the debt is more than 1 - l of q³/d, its square at least (1 - r)²·d³, and the value is q. None if
        health may end inside the band.
        """
        numbers, found = self.numbers(), exactly(self.market.shock.bound, self.liquidation_discount)
        owed = self.owed_in_a_band()
        if numbers is None or found is None or owed is None:
            return None
        (ratio, _, bottom), (bound, discount) = numbers, found
        if (1 - bound) * owed[0] >= ratio:
            return Fraction(1)
        inside = (1 - discount) * bottom**2 <= owed[1]
        return None if inside else third_root_below((1 - discount) * owed[0] ** 2 / bottom)

    def owed_when_touched(self) -> Fraction | None:
        """The share of the first value that is owed at least where a wick reaches the band; 1 if none does."""
        numbers, shock, bound = self.numbers(), self.market.shock, exactly(self.market.shock.bound)
        if not isinstance(shock, Wick) or numbers is None or bound is None:
            return None
        ratio, most, bottom = numbers
        owed = (1 - bound[0]) * most * root_below(bottom**3)
        return Fraction(1) if owed >= ratio else owed

    @lemma
    def floor_covers_its_share(self) -> Bool:
        """Of the start alone: what the band would bring at the floor of a drop, and inside it."""
        if (covered := self.covered_at_the_floor()) is None:
            return all_of()
        debt, collateral = at_start(self.debt), at_start(self.collateral)
        below = covered * debt * self.bottom() * self.top**2 <= collateral * self.market.shock.floor() ** 3
        return below & (debt <= collateral * self.top * self.bottom() ** 2)

    @lemma
    def traded_at_most_once(self) -> Bool:
        """Under a drop: what traders leave is balanced at the last price, and worth the share at least."""
        if (covered := self.covered_at_the_floor()) is None:
            return all_of()
        moved = self.market.price() != at_start(self.market.price())
        traded = self.is_balanced() & (self.worth() >= covered * at_start(self.debt))
        return self.is_closed() | self.untouched() | (moved & traded)

    @lemma
    def a_drop_leaves_the_level(self) -> Bool:
        """Under a drop: what traders leave is balanced at the last price, and has the level of the start at least."""
        if not isinstance(self.market.shock, Drop):
            return all_of()
        moved, price = self.market.price() != at_start(self.market.price()), self.market.price()
        traded = moved & self.is_balanced() & self.would_keep(price, at_start(self.collateral))
        return self.is_closed() | self.untouched() | traded

    @lemma
    def a_drop_closes_what_owes_its_share(self) -> Bool:
        owed = self.owed_when_unhealthy() if isinstance(self.market.shock, Drop) else None
        if owed is None:
            return all_of()
        price = self.market.price()
        share = owed * at_start(self.collateral) * price
        return ~self.is_closed() | ((price != at_start(price)) & (at_start(self.debt) >= share))

    @lemma
    def a_wick_is_never_above_the_first_price(self) -> Bool:
        wick = isinstance(self.market.shock, Wick)
        return self.market.price() <= at_start(self.market.price()) if wick else all_of()

    @lemma
    def owes_its_share_when_touched(self) -> Bool:
        if (owed := self.owed_when_touched()) is None:
            return all_of()
        value = at_start(self.collateral) * at_start(self.market.price())
        return self.untouched() | (at_start(self.debt) >= owed * value)


SELLS_AGAIN = (
    "a band sells to traders while it is healthy, and buys back to sell again: tiers count on liquidations of the "
    "unhealthy, and on sales of no more than what was held at the start"
)


class LlammaOneBand(Design, name="llamma"):
    """One band of A = 100, discounts of 9 % and 6 %, traders and keepers in any order. Default: a drop of 50 %."""

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = InAnyOrder(market=market, oracle=oracle, book=book, top=1, liquidation_threshold="0.83", **VALUES)
    keepers = Nobody(pool=pool)
    position = "one band, the lowest that the debt allows; traders and keepers in any order, no fee"
    capital = "that of traders, who buy the band's collateral and sell it back, and keepers' cash"
    not_applicable = {"solvency": "part of the position is held in the debt token, which that property does not count"}
    not_settled = dict.fromkeys(("cascade_free", "price_floor"), SELLS_AGAIN)

    proved = (
        lender_loss_cap(cap="0.6535"),
        lender_loss_cap(cap=0, shock=Slide(bound="0.25", step="0.05")),
        wick_survival(shock=Wick(bound="0.2592")),
        borrower_loss_cap(cap="0.0863", shock=Drop(bound="0.3")),
        borrower_loss_cap(cap="0.3726", shock=Wick(bound="0.3", duration=5)),
        loan_to_value_at_most(ratio="0.891948", bands=4),
        liquidation_improves_health(),
        conservation(),
    )
    refuted = {
        repaying_in_full_pays(gas=0): "once the band is worth less than the debt, whoever repays it loses the "
        "difference: nobody comes, and the bad debt stays",
        lender_loss_cap(cap="0.6534"): "traders who come first buy the band at q³/d of its top's price, q being the "
        "price after the drop and d the band's lower end",
        borrower_loss_cap(
            cap="0.0862", shock=Drop(bound="0.3")
        ): "where health is just gone a keeper takes what is left",
        wick_survival(shock=Wick(bound="0.2593")): "the highest band that may be chosen is reached, and every dip into "
        "a band converts collateral",
        loan_to_value_at_most(ratio="0.891947", bands=4): "89.1947 % for N = 4, an upper bound: inside a band what it "
        "is said to bring overstates what it brings",
    }


class TradesOnly(Llamma):
    """Soft liquidation alone."""

    @assumption(on=Llamma.liquidate)
    def nobody_liquidates(self) -> Bool:
        """No position is liquidated: what is looked at is what trades do."""
        return ~all_of()

    @closed_form(wick_loss_cap, "cap")
    def a_cube(self) -> Real | None:
        """1 - (1 - D)³ for a wick of one tick that can jump over the band."""
        shock, numbers = self.market.shock, exactly(self.market.shock.bound, self.amplification)
        if not isinstance(shock, Wick) or numbers is None or whole(shock.duration) != 1:
            return None
        bound, a = numbers
        return None if bound * a < 1 else 1 - (1 - shock.bound) ** 3

    @lemma
    def a_cube_is_kept_of_one_dip(self) -> Bool:
        shock, first = self.market.shock, at_start(self.market.price())
        if not isinstance(shock, Wick) or whole(shock.duration) != 1:
            return all_of()
        kept = self.would_keep(first, (1 - shock.bound) ** 3 * at_start(self.collateral))
        low_once = (shock.age > 0) & ((self.market.price() == first) | self.is_balanced())
        return self.untouched() | (low_once & kept)


class OnAnyPath(TradesOnly):
    """Soft liquidation on any path of the price, whose rises are counted."""

    before: Price = state()  # the oracle's price before the last tick
    cubes: Ratio = state(1)  # of all rises until then, the cubes of their sizes

    @initially
    def nothing_has_moved(self) -> Bool:
        return self.before == self.oracle.quote()

    @each_tick
    def count_the_rise(self) -> "OnAnyPath":
        return self.after(before=self.oracle.quote(), cubes=self.kept())

    def kept(self) -> Real:
        """The cubes of all rises."""
        return self.cubes * minimum(1, self.before / self.oracle.quote()) ** 3

    @invariant
    def a_cube_is_kept_of_every_rise(self) -> Bool:
        """Whatever the path, and whoever trades when, of its first collateral a band keeps the cubes of all rises."""
        return self.would_keep(self.oracle.quote(), self.kept() * at_start(self.collateral))

    @lemma
    def moves_are_positive(self) -> Bool:
        return (self.before > 0) & (self.cubes > 0)


class LlammaSoft(Design, name="llamma-soft"):
    """One band without hard liquidation, and without a fee. Default shock: a wick of 50 % that lasts one tick."""

    shock = Wick(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = TradesOnly(market=market, oracle=oracle, book=book, **VALUES | {"top": 1, "liquidation_threshold": 1})

    proved = (
        wick_loss_cap(cap="0.875"),
        wick_loss_cap(cap="0.271", bound="0.1"),
        conservation(),
    )
    refuted = {
        wick_survival(): "every dip into the band converts collateral",
        wick_loss_cap(cap="0.87"): "a band that is jumped over keeps the cube and no more",
    }


class LlammaOnAnyPath(Design, name="llamma-path"):
    """One band of any A of at least 2 without hard liquidation, on any path of the price."""

    shock = Path(bound=0)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = OnAnyPath(market=market, oracle=oracle, book=book, **VALUES | {"top": 1, "liquidation_threshold": 1})

    proved = (given(OnAnyPath.a_cube_is_kept_of_every_rise, amplification=ANY),)


class KeepersFirst(Llamma):
    """Keepers are ahead of traders."""

    @assumption(on=Llamma.arbitrage)
    def keepers_come_before_traders(self, level: Collateral) -> Bool:
        """A position is liquidated before trades would leave it worth less than its debt."""
        return self.debt <= self.balanced(level).worth()

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real | None:
        """After a drop keepers come first, and the whole position is sold at the price then."""
        if not isinstance(self.market.shock, Drop):
            return None
        return maximum(0, 1 - (1 - self.market.shock.bound) * self.book.floor() / self.liquidation_threshold)

    @lemma
    def covered_between_ticks(self) -> Bool:
        """Who is balanced and healthy when a tick comes is covered after it, if it takes no more than the discount."""
        if not isinstance(self.market.shock, Slide):
            return all_of()
        return self.is_closed() | (self.debt <= self.worth())

    @lemma
    def covered_once_traded(self) -> Bool:
        moved = self.market.price() != at_start(self.market.price())
        return self.untouched() | (moved & (self.debt <= self.worth()))


class LlammaKeepersFirst(Design, name="llamma-keepers-first"):
    """The same, liquidated before it is traded at a loss: lenders lose to a drop what they lose to a close-out.

    And nothing to a slide whose steps take no more than the discount of hard liquidation, whatever the rebounds.
    """

    shock = LlammaOneBand.shock
    market = LlammaOneBand.market
    oracle = LlammaOneBand.oracle
    book = LlammaOneBand.book
    pool = KeepersFirst(market=market, oracle=oracle, book=book, top=1, liquidation_threshold="0.83", **VALUES)
    keepers = Nobody(pool=pool)
    not_applicable = LlammaOneBand.not_applicable

    proved = (
        lender_loss_cap(cap="0.247"),
        lender_loss_cap(cap=0, shock=Slide(bound="0.5", step="0.06"), keepers="prompt"),
    )
    refuted = {
        lender_loss_cap(cap="0.2469"): "the drop takes more than the buffer, as with a close-out",
        lender_loss_cap(cap=0, shock=Slide(bound="0.5", step="0.1"), keepers="prompt"): "a step takes more than the "
        "buffer of a loan whose band the price has just reached",
    }

"""LLAMMA over several bands: one position whose collateral lies in four, the fewest that the contracts allow.

Source: curvefi/curve-stablecoin, ``AMM.vy`` (deposits, trades, ``get_x_down``) and ``controller.vy`` (the largest loan,
health, liquidation). Each band begins where the one above it ends, a hundredth lower for A = 100, holds the same
collateral at the start, and trades by the formulas of ``bands.py``. A trade through several bands is one trade in each:
collateral is bought from the highest band that has some, and sold to the lowest that has debt tokens.
"""

from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, combinations
from operator import add
from typing import Any, Self

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    implies,
    initially,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .bands import VALUES, Curve, root_below
from .books import Still
from .keepers import Attended, Nobody, Prompt
from .markets import Infinite
from .oracles import Spot
from .properties import conservation, lender_loss_cap, wick_survival
from .shocks import Drop, Slide, Wick
from .units import COLLATERAL, DEBT, Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio, exactly


@dataclass(frozen=True, eq=False)
class Part(Curve):
    """What lies in one of a position's bands."""

    market: Infinite
    oracle: Spot
    top: Real
    amplification: Real
    converted: Real
    collateral: Real

    def after(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def product(self, level: Real) -> Real:
        """Of the sides f + x and g + y from which a band of this level trades."""
        f, g = self.amplification * level * self.place() ** 3 * self.top, (self.amplification - 1) * level
        return (f + self.converted) * (g + self.collateral)


class Bands(Attended):
    """A loan whose collateral lies in several bands, each a hundredth or so below the one before; its owner rests."""

    oracle: Spot
    book: Still

    top: Price = param  # the oracle price at which the highest band begins to convert
    amplification: Ratio = param  # A: a band is a share 1/A of its top wide
    loan_discount: Ratio = param  # a loan is at most 1 - this of what the bands would bring
    liquidation_discount: Ratio = param  # hard liquidation begins where more than 1 - this of it is owed
    liquidation_threshold: Ratio = param  # what of the first value is owed at most at a health of one

    debt: Debt = state()
    deficit: Debt = state(0, tally=True)

    trader_collateral: CollateralFlow = state(0, tally=True)
    trader_cash: DebtFlow = state(0, tally=True)
    liquidator_collateral: CollateralFlow = state(0, tally=True)
    liquidator_cash: DebtFlow = state(0, tally=True)
    pool_cash: DebtFlow = state(0, tally=True)

    def balances(self) -> tuple[tuple[Real, Real], ...]:
        """Debt tokens and collateral of each band, the highest first."""
        raise NotImplementedError

    def rebalanced(self, balances: tuple[tuple[Real, Real], ...]) -> Self:
        """The state with these balances."""
        raise NotImplementedError

    def parts(self) -> tuple[Part, ...]:
        """The bands as the formulas see them."""
        tops = accumulate(self.balances()[1:], lambda top, _: top * (1 - 1 / self.amplification), initial=self.top)
        return tuple(
            Part(self.market, self.oracle, top, self.amplification, converted, collateral)
            for top, (converted, collateral) in zip(tops, self.balances(), strict=True)
        )

    @property
    def collateral(self) -> Real:
        """Of all bands."""
        return reduce(add, (part.collateral for part in self.parts()))

    @property
    def converted(self) -> Real:
        """Of all bands."""
        return reduce(add, (part.converted for part in self.parts()))

    @assumption
    def bands_are_narrow(self) -> Bool:
        """The highest top is positive and A at least 2."""
        return (self.top > 0) & (self.amplification >= 2)

    @assumption
    def discounts_are_shares(self) -> Bool:
        """The discounts are shares, the one of hard liquidation the smaller one."""
        less, more = self.liquidation_discount, self.loan_discount
        return (less >= 0) & (less < more) & (more < 1)

    @initially
    def spread_evenly(self) -> Bool:
        parts = self.parts()
        alike = (part.collateral == parts[0].collateral for part in parts)
        return all_of(parts[0].collateral > 0, self.debt > 0, *alike, *(part.converted == 0 for part in parts))

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The debt over the threshold's share of the collateral's value is at most one over the book's health."""
        return self.debt * self.book.floor() <= self.health_value()

    @assumption(on="start")
    def above_the_bands(self) -> Bool:
        """At the start the price is at or above the highest band."""
        return self.oracle.quote() >= self.top

    @assumption(on="start")
    def in_the_lowest_bands_allowed(self) -> Bool:
        """The debt is at most 1 - loan_discount of what its bands bring and at least that of those one band lower.

        The roots that limit it are rounded outwards to six digits: that allows some more.
        """
        d, parts = self.parts()[0].bottom(), self.parts()
        most = (1 - self.loan_discount) * reduce(add, (part.collateral * part.top for part in parts))
        if (numbers := exactly(self.amplification)) is None:
            return (self.debt**2 <= most**2 * d) & (self.debt**2 >= most**2 * d**3)
        share = 1 - 1 / numbers[0]
        return (self.debt * root_below(1 / share) <= most) & (self.debt >= most * root_below(share**3))

    def health_value(self) -> Real:
        return self.liquidation_threshold * self.collateral * self.oracle.quote()

    def lender_claim(self) -> Real:
        """What lenders are owed."""
        return self.debt

    def worth(self) -> Real:
        """What the position holds, at the market price."""
        return self.converted + self.collateral * self.market.price()

    def lender_loss(self) -> Real:
        """What lenders have lost: debt written off, and debt that the position does not cover at the market price."""
        return self.deficit + maximum(0, self.debt - self.worth())

    def trade(self, place: int, level: Real, paid: Real, taken: Real) -> Step:
        """The step in which a trader pays so much to the band at this place and takes so much, in its turn.

        Who sells to the band pays less than nothing, and takes less than nothing.
        """
        parts, held = self.parts(), self.balances()
        own, above, below = parts[place], parts[:place], parts[place + 1 :]
        post = own.after(converted=own.converted + paid, collateral=own.collateral - taken)
        buys = all_of(paid > 0, taken > 0, post.collateral >= 0, *(part.collateral == 0 for part in above))
        sells = all_of(paid < 0, taken < 0, post.converted >= 0, *(part.converted == 0 for part in below))
        after = self.rebalanced((*held[:place], (post.converted, post.collateral), *held[place + 1 :]))
        return require(
            self.oracle.fresh(), buys | sells, own.is_level(level), post.product(level) >= own.product(level)
        ).then(after.after(trader_collateral=self.trader_collateral + taken, trader_cash=self.trader_cash - paid))

    def close(self, levels: tuple[Real, ...], edge: Real, inside: Real) -> Step:
        """The step in which anyone takes over a position that owes too much, and pays what it is worth of its debt.

        Who does shows that even levels and roots no lower than the bands' own do not bring enough: ``edge`` is a root
        for all bands that the price is above, ``inside`` for the one that it is in.
        """
        parts = self.parts()
        shown, brought = (
            [self.oracle.fresh(), edge >= 0, inside >= 0, edge * edge >= parts[0].bottom()],
            amount(0, DEBT),
        )
        for part, level in zip(parts, levels, strict=True):
            q, d = part.place(), part.bottom()
            shown += [level > 0, part.residual(self.oracle.quote(), level) >= 0]
            shown += [(q <= d) | (q >= 1) | (inside * inside >= d * q)]
            brought = brought + part.brings(level, where(q >= 1, edge, inside))
        return self.taken_over(*shown, self.debt > (1 - self.liquidation_discount) * brought)

    def taken_over(self, *conditions: Bool) -> Step:
        """The step in which somebody takes all that the bands hold and pays the debt as far as that is worth it."""
        paid = minimum(self.debt, self.worth())
        nothing = tuple((amount(0, DEBT), amount(0, COLLATERAL)) for _ in self.balances())
        return require(*conditions).then(
            self.rebalanced(nothing).after(
                debt=0,
                deficit=self.deficit + (self.debt - paid),
                liquidator_collateral=self.liquidator_collateral + self.collateral,
                liquidator_cash=self.liquidator_cash + (self.converted - paid),
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(self.collateral),
        )

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what lenders are owed with what they lost."""
        return (
            self.collateral + self.trader_collateral + self.liquidator_collateral,
            self.converted + self.trader_cash + self.liquidator_cash + self.pool_cash,
            self.pool_cash + self.debt + self.deficit,
        )

    @invariant
    def one_token_outside_the_active_band(self) -> Bool:
        """Where a band has collateral none below it has debt tokens: all but one of them hold a single token."""
        pairs = combinations(self.parts(), 2)
        return all_of(*((above.collateral == 0) | (below.converted == 0) for above, below in pairs))

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        shown: dict[str, Any] = {"price": self.market.price()}
        for number, part in enumerate(self.parts(), 1):
            shown |= {f"collateral {number}": part.collateral, f"converted {number}": part.converted}
        return shown | {"debt": self.debt, "deficit": self.deficit}


class FourBands(Bands):
    """The same over four bands."""

    converted_1: Debt = state(0)
    converted_2: Debt = state(0)
    converted_3: Debt = state(0)
    converted_4: Debt = state(0)
    collateral_1: Collateral = state(like=10)
    collateral_2: Collateral = state(like=10)
    collateral_3: Collateral = state(like=10)
    collateral_4: Collateral = state(like=10)

    def balances(self) -> tuple[tuple[Real, Real], ...]:
        return (
            (self.converted_1, self.collateral_1),
            (self.converted_2, self.collateral_2),
            (self.converted_3, self.collateral_3),
            (self.converted_4, self.collateral_4),
        )

    def rebalanced(self, balances: tuple[tuple[Real, Real], ...]) -> Self:
        converted = {f"converted_{number}": held for number, (held, _) in enumerate(balances, 1)}
        return self.after(**converted, **{f"collateral_{number}": held for number, (_, held) in enumerate(balances, 1)})

    @rule(by="anyone")
    def trade_1(self, level: Collateral, paid: DebtFlow, taken: CollateralFlow) -> Step:
        """A trader buys from the highest band, or sells to it."""
        return self.trade(0, level, paid, taken)

    @rule(by="anyone")
    def trade_2(self, level: Collateral, paid: DebtFlow, taken: CollateralFlow) -> Step:
        """The same with the second band."""
        return self.trade(1, level, paid, taken)

    @rule(by="anyone")
    def trade_3(self, level: Collateral, paid: DebtFlow, taken: CollateralFlow) -> Step:
        """The same with the third band."""
        return self.trade(2, level, paid, taken)

    @rule(by="anyone")
    def trade_4(self, level: Collateral, paid: DebtFlow, taken: CollateralFlow) -> Step:
        """The same with the lowest band."""
        return self.trade(3, level, paid, taken)

    @rule(by="liquidator")
    def liquidate(
        self, first: Collateral, second: Collateral, third: Collateral, fourth: Collateral, edge: Ratio, inside: Ratio
    ) -> Step:
        """Anyone takes over an unhealthy position: its debt is paid as far as it is worth it, the rest is lost."""
        return self.close((first, second, third, fourth), edge, inside)

    @invariant(on=(trade_1, trade_2, trade_3, trade_4))
    def no_trade_lowers_a_level(self, post: "FourBands", level: Collateral) -> Bool:
        """At a constant oracle price a trade leaves each band's level's residual at nought or less: no level falls."""
        return all_of(*(
            (own.converted == new.converted) | new.would_keep(self.oracle.quote(), level)
            for own, new in zip(self.parts(), post.parts(), strict=True)
        ))  # fmt: skip

    @invariant
    def higher_levels_bring_more(
        self, first: Collateral, second: Collateral, third: Collateral, fourth: Collateral,
        risen_1: Collateral, risen_2: Collateral, risen_3: Collateral, risen_4: Collateral,
        edge: Ratio, inside: Ratio,
    ) -> Bool:  # fmt: skip
        """What the position would bring, the sum over its bands, is no less where no band's level is lower."""
        levels = zip(self.parts(), (first, second, third, fourth), (risen_1, risen_2, risen_3, risen_4), strict=True)
        brought, risen = amount(0, DEBT), amount(0, DEBT)
        known = [self.oracle.quote() > 0, edge >= 0, inside >= 0]
        for part, level, more in levels:
            root = where(part.place() >= 1, edge, inside)
            known.append(level <= more)
            brought, risen = brought + part.brings(level, root), risen + part.brings(more, root)
        return implies(all_of(*known), brought <= risen)

    @assumption(on=(trade_1, trade_2, trade_3, trade_4))
    def traders_gain(self, paid: Real, taken: Real) -> Bool:
        """Nobody trades with a band at a loss."""
        return paid < taken * self.market.price()


class KeepersFirst(FourBands):
    """Keepers are ahead of traders."""

    @rule(by="liquidator")
    def liquidate(self) -> Step:  # type: ignore[override]
        """The same whatever the position's health: what is said of lenders rests on what a position is worth."""
        return self.taken_over(self.debt > 0)

    @assumption(on=(FourBands.trade_1, FourBands.trade_2, FourBands.trade_3, FourBands.trade_4))
    def keepers_come_before_traders(self, paid: Real, taken: Real) -> Bool:
        """A position is liquidated before trades would leave it worth less than its debt."""
        return self.debt <= self.worth() + paid - taken * self.market.price()

    def due(self) -> Bool:
        """Whether a band above the price still holds collateral, or health is gone even with means in place of roots.

        That asks no more of traders and keepers than that all bands are balanced and the position healthy.
        """
        brought, left = self.converted, amount(0, DEBT)
        for part in self.parts():
            q, d = part.place(), part.bottom()
            left = left + where(q <= d, part.collateral * part.top, 0)
            brought = brought + part.collateral * part.top * (d + minimum(1, q)) / 2
        return self.oracle.fresh() & (maximum(self.debt - (1 - self.liquidation_discount) * brought, left) > 0)

    @lemma
    def open_or_paid(self) -> Bool:
        return (self.debt == 0) | (self.debt <= self.worth())


TERMS = {name: held for name, held in VALUES.items() if name != "fee"}


class LlammaBands(Design, name="llamma-bands"):
    """Four bands of A = 100 and discounts of 9 % and 6 %, traders and keepers in any order."""

    not_applicable = {"no_worse_than": "keepers come in any order; llamma-bands-keepers-first says when they have to"}

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = FourBands(market=market, oracle=oracle, book=book, top=1, liquidation_threshold=1, **TERMS)
    keepers = Nobody(pool=pool)

    proved = (
        conservation(),
        Bands.one_token_outside_the_active_band,
        FourBands.no_trade_lowers_a_level,
        FourBands.higher_levels_bring_more,
    )
    refuted = {
        wick_survival(shock=Wick(bound="0.001")): "every dip into the highest band converts collateral",
    }


class LlammaBandsKeepersFirst(Design, name="llamma-bands-keepers-first"):
    """The same, liquidated before it is traded at a loss, under a slide whose steps take no more than the discount."""

    shock = Slide(bound="0.5", step="0.06")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = KeepersFirst(market=market, oracle=oracle, book=book, top=1, liquidation_threshold=1, **TERMS)
    keepers = Prompt(pool=pool)

    proved = (lender_loss_cap(cap=0),)
    refuted = {
        lender_loss_cap(cap=0, step="0.11"): "a step takes more than the buffer of the largest loan, which is "
        "89.2 % of what it holds where the highest band begins",
    }

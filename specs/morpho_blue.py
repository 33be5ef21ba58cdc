"""Morpho Blue: one market, in which anyone may close any part of an unhealthy position at a fixed incentive.

Source: morpho-org/morpho-blue 1.0.0 (3085651a), ``Morpho.sol``, ``SharesMathLib.sol``, ``MathLib.sol`` and
``ConstantsLib.sol``. Each rounding is the contract's, and each condition has the name of the contract's error.
Quantities are in whole tokens; the fixed-point reading has the contract's integers for a collateral of 18 and a loan
of 6 decimals, and for any others if its whole numbers are read as theirs.
"""

from typing import Annotated, Any, Self

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    base,
    down,
    given,
    in_fixed,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    up,
    where,
)

from .books import AnyPosition
from .keepers import Attended
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    liquidation_improves_health,
    no_overflow,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Drop, Wick
from .units import DEBT, PRICE, SECONDS, Collateral, CollateralFlow, Debt, DebtFlow, Ratio, Seconds

SHARES = base("share", decimals=12)
Shares = Annotated[Real, SHARES]
Scaled = Annotated[Real, PRICE.kept_to(24)]  # 36 decimals between the smallest units of 6 and of 18 decimals
Rate = Annotated[Real, (RATIO / SECONDS).kept_to(18)]

VIRTUAL_ASSETS = amount(Q("0.000001"), DEBT)  # one unit, and a million shares
VIRTUAL_SHARES = amount(Q("0.000001"), SHARES)


class ScaledDrawdown(Drawdown):
    """A drawdown of a price that the market's oracle states with so many decimals."""

    price: Scaled = state(like=2000)
    peak: Scaled = state()


class MorphoBlue(Attended):
    """A market and one of its positions, whose debt is counted in shares of all that is borrowed."""

    market: Infinite
    oracle: Spot
    book: AnyPosition

    liquidation_threshold: Ratio = param  # LLTV
    cursor: Ratio = param  # how much of what the threshold leaves is the liquidator's
    most_incentive: Ratio = param

    slack: Debt = param(0)

    collateral: Collateral = state(like=10)
    owed_shares: Shares = state()
    borrow_assets: Debt = state()
    borrow_shares: Shares = state()
    supply_assets: Debt = state()
    deficit: Debt = state(0, tally=True)

    collateral_outside: CollateralFlow = state(0, tally=True)
    cash_outside: DebtFlow = state(0, tally=True)

    @assumption
    def threshold_and_incentive_are_shares(self) -> Bool:
        """LLTV and cursor are below one, and the highest incentive is at least one."""
        return (
            (self.liquidation_threshold > 0)
            & (self.liquidation_threshold < 1)
            & (self.cursor >= 0)
            & (self.cursor < 1)
            & (self.most_incentive >= 1)
        )

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return (self.debt * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    @assumption(on="start")
    def part_of_the_market(self) -> Bool:
        """The position's shares are among the market's, none of which is worth less than the first one."""
        worth = self.borrow_shares / VIRTUAL_SHARES <= self.borrow_assets / VIRTUAL_ASSETS
        return (self.owed_shares <= self.borrow_shares) & worth

    @assumption(on="start")
    def borrowed_from_suppliers(self) -> Bool:
        """No more is borrowed than was supplied."""
        return self.borrow_assets <= self.supply_assets

    # Arithmetic of shares.

    def assets_up(self, shares: Real) -> Real:
        return up(shares * (self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def assets_down(self, shares: Real) -> Real:
        return down(shares * (self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def shares_up(self, assets: Real) -> Real:
        return up(assets * (self.borrow_shares + VIRTUAL_SHARES) / (self.borrow_assets + VIRTUAL_ASSETS))

    def shares_down(self, assets: Real) -> Real:
        return down(assets * (self.borrow_shares + VIRTUAL_SHARES) / (self.borrow_assets + VIRTUAL_ASSETS))

    @property
    def debt(self) -> Real:
        """What the position's shares are worth, rounded up."""
        return self.assets_up(self.owed_shares)

    def health_value(self) -> Real:
        """The most that the position may owe."""
        return down(down(self.collateral * self.oracle.quote()) * self.liquidation_threshold)

    def healthy(self) -> Bool:
        return self.debt <= self.health_value()

    def incentive(self) -> Real:
        """What is seized is worth so many times what is repaid."""
        margin = down(self.cursor * (1 - self.liquidation_threshold), 18)
        return minimum(self.most_incentive, down(1 / (1 - margin), 18))

    # Liquidation, by the collateral to be seized or by the shares to be repaid.

    @rule(by="liquidator")
    def liquidate(self, seized: Collateral) -> Step:
        """Anyone takes this much collateral of an unhealthy position and repays what it is worth less the incentive."""
        repaid = self.shares_up(up(up(seized * self.oracle.quote()) / self.incentive()))
        return self.closed(seized > 0, seized, repaid)

    @rule(by="liquidator")
    def liquidate_shares(self, repaid: Shares) -> Step:
        """Anyone repays so many shares of an unhealthy position's debt and takes their worth and the incentive."""
        seized = down(down(self.assets_down(repaid) * self.incentive()) / self.oracle.quote())
        return self.closed(repaid > 0, seized, repaid)

    def closed(self, asked: Bool, seized: Real, repaid: Real) -> Step:
        """Debt that is left without collateral is written off: the lenders have lost it."""
        paid = self.assets_up(repaid)
        post = self.after(
            collateral=self.collateral - seized,
            owed_shares=self.owed_shares - repaid,
            borrow_shares=self.borrow_shares - repaid,
            borrow_assets=maximum(0, self.borrow_assets - paid),
            collateral_outside=self.collateral_outside + seized,
            cash_outside=self.cash_outside - paid,
        )
        emptied = post.collateral == 0
        bad = where(emptied, minimum(post.borrow_assets, post.debt), 0)
        return require(
            inconsistent_input=asked,
            healthy_position=~self.healthy(),
            underflow=(repaid <= self.owed_shares) & (seized <= self.collateral),
        ).then(
            post.after(
                owed_shares=where(emptied, 0, post.owed_shares),
                borrow_shares=post.borrow_shares - where(emptied, post.owed_shares, 0),
                borrow_assets=post.borrow_assets - bad,
                supply_assets=self.supply_assets - bad,
                deficit=self.deficit + bad,
            ),
            self.market.sell(seized),
        )

    # What holds of it. The contract's rounding costs at most ``slack``, nothing where numbers are not rounded.

    @invariant
    def solvent_but_for_rounding(self) -> Bool:
        """What was written off is at most the slack, and the collateral is worth the debt but for two of it."""
        covered = self.debt <= self.collateral * self.market.price() + 2 * self.slack
        return (self.deficit <= self.slack) & covered

    @lemma
    def part_of_all(self) -> Bool:
        return self.owed_shares <= self.borrow_shares

    @lemma
    def no_share_is_worth_less_than_the_first(self) -> Bool:
        return (self.slack > 0) | (self.borrow_shares / VIRTUAL_SHARES <= self.borrow_assets / VIRTUAL_ASSETS)

    @lemma
    def covered_at_the_floor(self) -> Bool:
        """The debt with the incentive is at most what all collateral is worth at the lowest price to come."""
        owed = self.owed_shares * (self.borrow_assets + VIRTUAL_ASSETS) * self.incentive()
        least = self.collateral * self.market.shock.floor() + self.slack * self.incentive()
        return owed <= least * (self.borrow_shares + VIRTUAL_SHARES)

    @lemma
    def written_off_with_nothing_left(self) -> Bool:
        return (self.deficit == 0) | ((self.owed_shares == 0) & (self.deficit <= self.slack))


class MorphoWethUsdc(Design, name="morpho-blue"):
    """Morpho Blue, WETH against USDC at an LLTV of 86 %."""

    shock = ScaledDrawdown(bound="0.1022")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = MorphoBlue(market=market, oracle=oracle, book=book, **deployed("morpho-weth-usdc"))

    proved = (
        solvency(),
        given(MorphoBlue.solvent_but_for_rounding, arithmetic="fixed", slack="0.000001"),
    )

"""Ajna: lending without an oracle. Whoever thinks that a loan is bad starts its auction, and stakes a bond on that.

Source: ajna-finance/ajna-core at 0f59e780, ``PoolHelper.sol``, ``KickerActions.sol``, ``TakerActions.sol`` and
``SettlerActions.sol``. Lenders lend at prices that they name; the lowest of those in use is the line, and it moves with
their deposits. An auction's price halves every 20 minutes from 256 times the reference price, after 2 hours every 2
hours, after 14 hours every hour. A tick is one halving here, and between two of them every price in between is asked.
Without interest, bucket takes, and what an owner may do while the loan is auctioned.
"""

from typing import Any

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Real,
    Step,
    amount,
    assumption,
    down,
    each_tick,
    implies,
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
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .properties import (
    conservation,
    healthy_is_safe,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Wick
from .units import TICKS, Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio, Ticks

LAST = amount(70, TICKS)  # halvings in 72 hours, after which an auction is settled


class Buckets(Spot):
    """Where lenders' deposits are, in place of an oracle: the lowest price at which some are lent out is the line."""

    stay: Bool = param(False)  # whether lenders leave their deposits where they are

    lowest: Price = state(like=2000)

    def quote(self) -> Real:
        return self.lowest

    @rule
    def move(self, to: Price) -> Step:
        """Lenders deposit or withdraw, and the line moves."""
        return require(to > 0).then(self.after(lowest=to))

    @assumption(on=move)
    def lenders_stay(self) -> Bool:
        """Lenders leave their deposits where they are."""
        return ~self.stay


class Ajna(Loan):
    """A loan, the auction of its collateral, and the bond of who started that."""

    oracle: Buckets

    first_multiple: Ratio = param(256)  # of the reference price, asked until the first halving
    neutral_over_threshold: Ratio = param  # the neutral price over debt per collateral; it grows with the interest

    running: Bool = state(False)
    halvings: Ticks = state(0)
    multiple: Ratio = state(0)  # of the reference price: the most that is asked until the next halving
    reference: Price = state(0)
    neutral: Price = state(0)  # sold above it the kicker pays, sold below it is paid
    bond: Debt = state(0)

    kicker_cash: DebtFlow = state(0, tally=True)
    reserves: DebtFlow = state(0, tally=True)
    lender_collateral: CollateralFlow = state(0, tally=True)

    @assumption
    def neutral_is_above_the_threshold(self) -> Bool:
        """The neutral price is no less than the debt per collateral, and an auction begins at some price."""
        return (self.neutral_over_threshold >= 1) & (self.first_multiple > 0)

    def share(self) -> Real:
        """The bond's share of the debt: a tenth of what the neutral price is above it, from half to three per cent."""
        above = (self.neutral_over_threshold / self.liquidation_threshold - 1) / 10
        return down(minimum(amount("0.03", RATIO), maximum(amount("0.005", RATIO), above)), 18)

    def reward(self, asked: Real) -> Real:
        """The kicker's share of what a purchase pays: the bond's at the debt's price, none at the neutral one."""
        owed, away = self.debt / self.collateral, self.neutral - asked
        within = minimum(1, maximum(-1, down(away / (self.neutral - owed), 18)))
        sign = where(away > 0, 1, where(away < 0, -1, amount(0, RATIO)))
        return self.share() * where(owed < self.neutral, within, sign)

    def penalty(self, asked: Real) -> Real:
        """The share of what a purchase pays that does not go to the debt."""
        return up((5 * self.share() - self.reward(asked)) / 4, 18)

    # The owner does nothing while its loan is auctioned.

    @assumption(on=(Loan.deposit, Loan.repay, Loan.withdraw, Loan.borrow))
    def auctions_are_left_alone(self) -> Bool:
        """Owners do nothing while their loan is auctioned, though they could pay it back."""
        return ~self.running

    # Kickers, takers and settlers.

    @rule(by="liquidator")
    def kick(self, highest: Price) -> Step:
        """Anyone starts the auction of a loan beyond the line, and puts a bond in; the price starts far above."""
        bond, neutral = up(self.share() * self.debt), down(self.neutral_over_threshold * self.margin_price(), 8)
        return require(~self.running, ~self.healthy(), self.collateral > 0).then(
            self.after(
                running=True, halvings=0, multiple=self.first_multiple, neutral=neutral,
                reference=maximum(highest, neutral), bond=self.bond + bond, kicker_cash=self.kicker_cash - bond,
            )
        )  # fmt: skip

    def margin_price(self) -> Real:
        """The line's price at which the loan would be just healthy."""
        return self.debt / (self.liquidation_threshold * self.collateral)

    @rule(by="liquidator")
    def take(self, wanted: Collateral, asked: Price) -> Step:
        """Anyone buys collateral at a price between two halvings; the kicker gains or loses by it."""
        most = self.multiple * self.reference
        kept = 1 - self.penalty(asked)
        bought = minimum(wanted, self.collateral, down(self.debt / (asked * kept)))
        paid = up(bought * asked)
        to_debt = minimum(self.debt, down(paid * kept))
        reward = down(paid * self.reward(asked))
        moved = where(reward < -self.bond, -self.bond, reward)
        left = self.debt - to_debt
        over = left == 0
        between = (asked > 0) & (asked <= most) & (2 * asked >= most)
        return require(self.running, wanted > 0, between, bought > 0).then(
            self.after(
                collateral=self.collateral - bought,
                debt=left,
                running=~over,
                bond=where(over, 0, self.bond + minimum(0, moved)),
                kicker_cash=self.kicker_cash + (maximum(0, moved) + where(over, self.bond + minimum(0, moved), 0)),
                reserves=self.reserves + (paid - to_debt - moved),
                liquidator_collateral=self.liquidator_collateral + bought,
                liquidator_cash=self.liquidator_cash - paid,
                pool_cash=self.pool_cash + (paid - moved),
            )
        )

    @rule(by="liquidator")
    def settle(self) -> Step:
        """After 72 hours, or when all is sold, what is still owed is lenders' loss, and what is left is theirs."""
        return require(self.running, (self.halvings >= LAST) | (self.collateral == 0)).then(
            self.after(
                collateral=0, debt=0, running=False, bond=0, kicker_cash=self.kicker_cash + self.bond,
                deficit=self.deficit + self.debt, lender_collateral=self.lender_collateral + self.collateral,
            )
        )  # fmt: skip

    @each_tick
    def halve(self) -> "Ajna":
        return self.after(
            halvings=where(self.running, self.halvings + amount(1, TICKS), 0),
            multiple=where(self.running, down(self.multiple / 2, 18), 0),
        )

    def due(self) -> Bool:
        return super().due() & ~self.running

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.lender_collateral

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash with the bond, and what lenders are owed."""
        cash = self.owner_cash + self.liquidator_cash + self.kicker_cash + self.bond + self.pool_cash
        return (self.accounts_of_collateral(), cash, self.pool_cash + self.debt + self.deficit - self.reserves)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {"line": self.oracle.quote()} | super().columns() | {"most asked": self.multiple * self.reference}

    # What holds of it.

    @invariant(on=take)
    def reserves_pay_no_kicker(self, post: "Ajna") -> Bool:
        """What a kicker is paid comes out of the borrower's penalty: reserves never fall."""
        return post.reserves >= self.reserves

    @invariant(on=take)
    def kickers_pay_above_the_neutral_price(self, post: "Ajna", asked: Price) -> Bool:
        """Sold above the neutral price, a kicker gains nothing, so that kicking what is worth it costs money."""
        gain = (post.kicker_cash + post.bond) - (self.kicker_cash + self.bond)
        return implies(asked >= self.neutral, gain <= 0)

    @invariant(on=take)
    def takes_pay_the_debt_but_for_the_penalty(self, post: "Ajna") -> Bool:
        """Of what a purchase pays at most one and a half times the bond's share is kept from the debt."""
        paid, repaid = self.liquidator_cash - post.liquidator_cash, self.debt - post.debt
        return repaid >= paid * (1 - 1.5 * self.share())

    @invariant(on=take)
    def no_giveaway(self, post: "Ajna") -> Bool:
        """No purchase moves collateral for nothing."""
        return post.liquidator_cash < self.liquidator_cash

    @invariant(on=take)
    def sold_above_half_the_threshold(self, post: "Ajna") -> Bool:
        """Collateral is sold for at least half of the debt that it secured."""
        paid, bought = self.liquidator_cash - post.liquidator_cash, self.collateral - post.collateral
        return 2 * paid * self.collateral >= self.debt * bought

    @invariant(on=kick)
    def only_loans_beyond_the_line_are_kicked(self, post: "Ajna") -> Bool:
        """No auction begins of a loan within the line."""
        del post
        return ~self.healthy()

    @invariant(exits=(take, settle))
    def bad_debt_is_realised(self) -> Bool:
        """Whoever is left without collateral, or not sold in time, can be settled."""
        late = (self.halvings >= LAST) | (self.collateral == 0)
        return implies(self.running & late, self.settle().enabled())

    @invariant(on="liquidator")
    def bond_is_staked(self, post: "Ajna") -> Bool:
        """Who starts an auction stakes the bond's share of the debt, and no auction runs without."""
        started = ~self.running & post.running
        return implies(started, post.bond - self.bond >= self.share() * self.debt)

    @lemma
    def line_is_positive(self) -> Bool:
        return self.oracle.lowest > 0

    @lemma
    def auctions_have_prices(self) -> Bool:
        return ~self.running | ((self.neutral > 0) & (self.reference >= self.neutral) & (self.multiple > 0))

    @lemma
    def bond_while_it_runs(self) -> Bool:
        return (self.bond >= 0) & (self.running | (self.bond == 0))


class AjnaPool(Design, name="ajna"):
    """A margin of 4 %, a neutral price 15 % above the threshold, auctions that begin at any multiple of it."""

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle: Spot = Buckets(market=market)
    book = AnyPosition()
    pool = Ajna(
        market=market,
        oracle=oracle,
        book=book,
        liquidation_threshold="25/26",
        neutral_over_threshold="1.15",
        first_multiple=ANY,
    )

    proved = (
        own_acts_keep_health(),
        Ajna.only_loans_beyond_the_line_are_kicked,
        wick_survival(shock=Wick(bound="0.99"), stay=True),
        Ajna.reserves_pay_no_kicker,
        Ajna.kickers_pay_above_the_neutral_price,
        Ajna.takes_pay_the_debt_but_for_the_penalty,
        Ajna.no_giveaway,
        Ajna.bad_debt_is_realised,
        Ajna.bond_is_staked,
        oracle_noninterference(rules="kick withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(Ajna.bad_debt_is_realised),
        in_fixed(Ajna.no_giveaway),
    )
    refuted = {
        solvency(): "no price but the lenders' own counts, and nobody has to act on the market's",
        healthy_is_safe(): "an auction goes on when lenders move the line back, until its owner pays",
        wick_survival(shock=Wick(bound=0)): "lenders who withdraw move the line, however steady the market",
        Ajna.sold_above_half_the_threshold: "the price halves until somebody comes",
    }

"""Ajna: lending without an oracle. Whoever thinks that a loan is bad starts its auction, and stakes a bond on that.

Source: ajna-finance/ajna-core at 0f59e780, ``PoolHelper.sol``, ``KickerActions.sol``, ``TakerActions.sol`` and
``SettlerActions.sol``. Lenders lend at prices that they name; the lowest of those in use is the line, and it moves with
their deposits. An auction's price halves every 20 minutes from 256 times the reference price, after 2 hours every 2
hours, after 14 hours every hour. A tick is one halving here, and between two of them every price in between is asked.
Without interest, the limit on what reserves pay in the first 144 hours, and what an owner may do while the loan is
auctioned; how a bucket's deposit and collateral are shared among its lenders does not show.
"""

from types import MappingProxyType
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
    given,
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
from .keepers import Nobody
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
from .units import PRICE, TICKS, Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio, Ticks

LAST = amount(70, TICKS)  # halvings in 72 hours, after which an auction is settled


class Buckets(Spot):
    """Where lenders' deposits are, in place of an oracle: the lowest price at which some are lent out is the line."""

    stay: Bool = param(False)  # whether lenders leave their deposits where they are

    lowest: Price = state(like=2000)

    def quote(self) -> Real:
        return self.lowest

    def shown(self) -> Real | None:
        """Lenders may follow the market or not."""
        return None

    def harmless(self, health: Real) -> Real | None:
        """Any dip, if lenders leave their deposits where they are."""
        del health
        return amount(1, RATIO) if self.stay.leaf is True else None

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
    neutral_over_threshold: Ratio = param  # the neutral price over the margin price; it grows with the interest rate

    running: Bool = state(False)
    halvings: Ticks = state(0)
    multiple: Ratio = state(0)  # of the reference price: the most that is asked until the next halving
    reference: Price = state(0)
    neutral: Price = state(0)  # sold above it the kicker pays, sold below it is paid
    bond: Debt = state(0)

    exchanged: Debt = state(0, tally=True)  # lenders' deposits that have become collateral
    kicker_cash: DebtFlow = state(0, tally=True)
    kicker_deposit: Debt = state(0, tally=True)
    reserves: Debt = state(0)
    lender_collateral: CollateralFlow = state(0, tally=True)

    @assumption
    def neutral_is_above_the_threshold(self) -> Bool:
        """The neutral price is no less than the margin price, that is above the debt's, and auctions begin at some."""
        above = (self.neutral_over_threshold >= 1) & (self.liquidation_threshold < 1)
        return above & (self.first_multiple > 0)

    def share(self) -> Real:
        """The bond's share of the debt: a tenth of what the neutral price is above it, from half to three per cent."""
        above = (self.neutral_over_threshold - 1) / 10
        return down(minimum(amount("0.03", RATIO), maximum(amount("0.005", RATIO), above)), 18)

    def reward(self, asked: Real) -> Real:
        """The kicker's share of what a purchase pays: the bond's at the debt's price, none at the neutral one."""
        owed = self.neutral * self.liquidation_threshold / self.neutral_over_threshold  # when the auction began
        return self.share() * minimum(1, maximum(-1, down((self.neutral - asked) / (self.neutral - owed), 18)))

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
                reference=maximum(highest, neutral), bond=self.bond + bond,
                kicker_cash=self.kicker_cash - bond,
            )
        )  # fmt: skip

    def margin_price(self) -> Real:
        """The line's price at which the loan would be just healthy."""
        return self.debt / (self.liquidation_threshold * self.collateral)

    def sold(self, wanted: Real, asked: Real, in_bond: bool) -> tuple["Ajna", Real, Real, Real]:
        """The loan after a sale at this price, what was bought and paid, and the kicker's gain or loss."""
        kept = 1 - self.penalty(asked)
        bought = minimum(wanted, self.collateral, up(self.debt / (asked * kept)))
        paid = up(bought * asked)
        left = self.debt - minimum(self.debt, down(paid * kept))
        moved = maximum(-self.bond, down(paid * self.reward(asked)))
        bond = self.bond + (moved if in_bond else minimum(0, moved))
        post = self.after(
            collateral=self.collateral - bought, debt=left, running=left > 0, bond=where(left > 0, bond, 0),
            kicker_cash=self.kicker_cash + where(left > 0, 0, bond),
            reserves=self.reserves + (paid - (self.debt - left) - moved),
        )  # fmt: skip
        return post, bought, paid, moved

    @rule(by="liquidator")
    def take(self, wanted: Collateral, asked: Price) -> Step:
        """Anyone buys collateral at a price between two halvings; the kicker's gain joins the bond, its loss leaves."""
        most = self.multiple * self.reference
        post, bought, paid, moved = self.sold(wanted, asked, in_bond=True)
        between = (asked > 0) & (asked <= most) & (2 * asked >= most)
        return require(self.running, wanted > 0, between, bought > 0).then(
            post.after(
                liquidator_collateral=self.liquidator_collateral + bought,
                liquidator_cash=self.liquidator_cash - paid, pool_cash=self.pool_cash + (paid - moved),
            )
        )  # fmt: skip

    @rule(by="liquidator")
    def bucket_take(self, wanted: Collateral, asked: Price) -> Step:
        """Anyone has a bucket buy from its deposit at its price or at the auction's, if that is less."""
        post, bought, paid, moved = self.sold(wanted, asked, in_bond=False)
        enough = (asked > 0) & (2 * asked >= self.multiple * self.reference)
        return require(self.running, wanted > 0, enough, bought > 0).then(
            post.after(
                exchanged=self.exchanged + paid, lender_collateral=self.lender_collateral + bought,
                kicker_deposit=self.kicker_deposit + maximum(0, moved), pool_cash=self.pool_cash - minimum(0, moved),
            )
        )  # fmt: skip

    @rule(by="liquidator")
    def settle(self, highest: Price) -> Step:
        """After 72 hours, or when all is sold: the highest bucket buys the rest, reserves pay, lenders forgive."""
        exchanged = minimum(self.debt, down(self.collateral * highest))
        bought = minimum(self.collateral, up(exchanged / highest))
        rest = self.debt - exchanged
        paid = minimum(rest, self.reserves)
        late = (self.halvings >= LAST) | (self.collateral == 0)
        return require(self.running, late, highest > 0).then(
            self.after(
                collateral=where(rest > 0, 0, self.collateral - bought), debt=0, running=False, bond=0,
                kicker_cash=self.kicker_cash + self.bond, reserves=self.reserves - paid,
                exchanged=self.exchanged + exchanged, deficit=self.deficit + (rest - paid),
                lender_collateral=self.lender_collateral + where(rest > 0, self.collateral, bought),
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

    def lender_loss(self) -> Real:
        """The same, and what the collateral that deposits have become is worth less than they were."""
        return super().lender_loss() + maximum(0, self.exchanged - self.lender_collateral * self.market.price())

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash with the bond, and lenders' deposits with their losses."""
        cash = self.owner_cash + self.liquidator_cash + self.kicker_cash + self.bond + self.pool_cash
        deposits = self.pool_cash + self.debt + self.deficit + (self.exchanged - self.kicker_deposit) - self.reserves
        return (self.accounts_of_collateral(), cash, deposits)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {"line": self.oracle.quote()} | super().columns() | {"most asked": self.multiple * self.reference}

    # What holds of it.

    def gain(self, post: "Ajna") -> Real:
        """The kicker's, in cash, in the bond and as a lender."""
        mine = self.kicker_cash + self.bond + self.kicker_deposit
        return post.kicker_cash + post.bond + post.kicker_deposit - mine

    @invariant(on=(take, bucket_take))
    def reserves_pay_no_kicker(self, post: "Ajna") -> Bool:
        """What a kicker is paid comes out of the borrower's penalty: reserves never fall."""
        return post.reserves >= self.reserves

    @invariant(on=(take, bucket_take))
    def kickers_pay_above_the_neutral_price(self, post: "Ajna", asked: Price) -> Bool:
        """Sold above the neutral price, a kicker gains nothing, so that kicking what is worth it costs money."""
        return implies(asked >= self.neutral, self.gain(post) <= 0)

    @invariant(on=(take, bucket_take))
    def kicking_what_the_market_covers_is_no_gain(self, post: "Ajna", asked: Price) -> Bool:
        """Sold at the market or above, a kicker gains nothing by a loan that was healthy there."""
        price = self.market.price()
        covered = self.neutral <= self.neutral_over_threshold * price
        return implies((asked >= price) & covered, self.gain(post) <= 0)

    @invariant(on=(take, bucket_take))
    def purchases_pay_the_debt_but_for_the_penalty(self, post: "Ajna") -> Bool:
        """Of what a purchase pays at most one and a half times the bond's share is kept from the debt."""
        paid = (self.liquidator_cash - post.liquidator_cash) + (post.exchanged - self.exchanged)
        return self.debt - post.debt >= paid * (1 - 1.5 * self.share())

    @invariant(on=take)
    def no_giveaway(self, post: "Ajna") -> Bool:
        """No purchase moves collateral for nothing."""
        return post.liquidator_cash < self.liquidator_cash

    @invariant(on=take)
    def sold_above_half_the_threshold(self, post: "Ajna") -> Bool:
        """Collateral is sold for at least half of the debt that it secured."""
        paid, bought = self.liquidator_cash - post.liquidator_cash, self.collateral - post.collateral
        return 2 * paid * self.collateral >= self.debt * bought

    @invariant(on=bucket_take)
    def buckets_pay_their_price(self, post: "Ajna", asked: Price) -> Bool:
        """A bucket gives no more of its deposit for collateral than at its own price, and the pool's cash stays."""
        bought = post.lender_collateral - self.lender_collateral
        return (post.exchanged - self.exchanged == bought * asked) & (post.pool_cash >= self.pool_cash)

    @invariant(on=settle)
    def lenders_forgive_last(self, post: "Ajna") -> Bool:
        """Debt is forgiven only when neither collateral nor reserves are left to pay it."""
        return (post.deficit == self.deficit) | ((post.collateral == 0) & (post.reserves == 0))

    @invariant(on=kick)
    def only_loans_beyond_the_line_are_kicked(self, post: "Ajna") -> Bool:
        """No auction begins of a loan within the line."""
        del post
        return ~self.healthy()

    @invariant(exits=(settle,))
    def bad_debt_is_realised(self) -> Bool:
        """Whoever is left without collateral, or not sold in time, can be settled."""
        late = (self.halvings >= LAST) | (self.collateral == 0)
        return implies(self.running & late, self.settle(amount(1, PRICE)).enabled())

    @invariant(on=kick)
    def bond_is_staked(self, post: "Ajna") -> Bool:
        """Who starts an auction stakes the bond's share of the debt."""
        return post.bond - self.bond >= self.share() * self.debt

    @invariant
    def bond_backs_an_auction(self) -> Bool:
        """A kicker never owes more than its bond, and none is held without an auction."""
        return (self.bond >= 0) & (self.running | (self.bond == 0))

    @lemma
    def line_is_positive(self) -> Bool:
        return self.oracle.lowest > 0

    @lemma
    def auctions_have_prices(self) -> Bool:
        return ~self.running | ((self.neutral > 0) & (self.reference >= self.neutral) & (self.multiple > 0))

    @lemma
    def reserves_are_not_negative(self) -> Bool:
        return self.reserves >= 0


LINE_MOVES = "the line moves with lenders' deposits, whatever the market's price, and no figure was proved"


class AjnaPool(Design, name="ajna"):
    """A margin of 4 %, a neutral price 15 % above it, auctions that begin at any multiple of the reference price."""

    not_settled = MappingProxyType(dict.fromkeys(("solvency", "lender_loss", "collateral", "wick"), LINE_MOVES))

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle: Spot = Buckets(market=market)
    book = AnyPosition()
    pool = Ajna(
        market=market, oracle=oracle, book=book, liquidation_threshold="25/26", neutral_over_threshold="1.15",
        first_multiple=ANY,
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        own_acts_keep_health(),
        Ajna.only_loans_beyond_the_line_are_kicked,
        wick_survival(shock=Wick(bound="0.99"), stay=True),
        Ajna.reserves_pay_no_kicker,
        Ajna.kickers_pay_above_the_neutral_price,
        given(Ajna.kicking_what_the_market_covers_is_no_gain, neutral_over_threshold=1),
        Ajna.purchases_pay_the_debt_but_for_the_penalty,
        Ajna.no_giveaway,
        Ajna.buckets_pay_their_price,
        Ajna.lenders_forgive_last,
        Ajna.bad_debt_is_realised,
        Ajna.bond_is_staked,
        Ajna.bond_backs_an_auction,
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
        Ajna.kicking_what_the_market_covers_is_no_gain: "a neutral price 15 % above the margin, as high interest rates "
        "make it, pays who kicks a loan whose health at the market is less than that",
    }

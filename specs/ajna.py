"""Ajna: lending without an oracle. Whoever thinks that a loan is bad starts its auction, and stakes a bond on that.

Source: ajna-finance/ajna-core at 0f59e780, with the auction in ``bonded_auction.py``. Lenders lend at prices that they
name; the lowest of those in use is the line, and it moves with their deposits.
"""

from verifier.language import ANY, Bool, Design, Real, amount, given, implies, in_fixed, invariant, lemma

from .bonded_auction import LAST, Auctioned, Buckets
from .books import AnyPosition
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .properties import (
    conservation,
    healthy_is_safe,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Wick
from .units import PRICE, Price


class Ajna(Auctioned):
    """A loan that is auctioned, and what holds of its auction."""

    def gain(self, post: "Ajna") -> Real:
        """The kicker's, in cash, in the bond and as a lender."""
        mine = self.kicker_cash + self.bond + self.kicker_deposit
        return post.kicker_cash + post.bond + post.kicker_deposit - mine

    @invariant(on=(Auctioned.take, Auctioned.bucket_take))
    def reserves_pay_no_kicker(self, post: "Ajna") -> Bool:
        """What a kicker is paid comes out of the borrower's penalty: reserves never fall."""
        return post.reserves >= self.reserves

    @invariant(on=(Auctioned.take, Auctioned.bucket_take))
    def kickers_pay_above_the_neutral_price(self, post: "Ajna", asked: Price) -> Bool:
        """Sold above the neutral price, a kicker gains nothing, so that kicking what is worth it costs money."""
        return implies(asked >= self.neutral, self.gain(post) <= 0)

    @invariant(on=(Auctioned.take, Auctioned.bucket_take))
    def kicking_what_the_market_covers_is_no_gain(self, post: "Ajna", asked: Price) -> Bool:
        """Sold at the market or above, a kicker gains nothing by a loan that was healthy there."""
        price = self.market.price()
        covered = self.neutral <= self.neutral_over_threshold * price
        return implies((asked >= price) & covered, self.gain(post) <= 0)

    @invariant(on=(Auctioned.take, Auctioned.bucket_take))
    def purchases_pay_the_debt_but_for_the_penalty(self, post: "Ajna") -> Bool:
        """Of what a purchase pays at most one and a half times the bond's share is kept from the debt."""
        paid = (self.liquidator_cash - post.liquidator_cash) + (post.exchanged - self.exchanged)
        return self.debt - post.debt >= paid * (1 - 1.5 * self.share())

    @invariant(on=Auctioned.take)
    def no_giveaway(self, post: "Ajna") -> Bool:
        """No purchase moves collateral for nothing."""
        return post.liquidator_cash < self.liquidator_cash

    @invariant(on=Auctioned.take)
    def sold_above_half_the_threshold(self, post: "Ajna") -> Bool:
        """Collateral is sold for at least half of the debt that it secured."""
        paid, bought = self.liquidator_cash - post.liquidator_cash, self.collateral - post.collateral
        return 2 * paid * self.collateral >= self.debt * bought

    @invariant(on=Auctioned.bucket_take)
    def buckets_pay_their_price(self, post: "Ajna", asked: Price) -> Bool:
        """A bucket gives no more of its deposit for collateral than at its own price, and the pool's cash stays."""
        bought = post.lender_collateral - self.lender_collateral
        return (post.exchanged - self.exchanged == bought * asked) & (post.pool_cash >= self.pool_cash)

    @invariant(on=Auctioned.settle)
    def lenders_forgive_last(self, post: "Ajna") -> Bool:
        """Debt is forgiven only when neither collateral nor reserves are left to pay it."""
        return (post.deficit == self.deficit) | ((post.collateral == 0) & (post.reserves == 0))

    @invariant(on=Auctioned.kick)
    def only_loans_beyond_the_line_are_kicked(self, post: "Ajna") -> Bool:
        """No auction begins of a loan within the line."""
        del post
        return ~self.healthy()

    @invariant(exits=(Auctioned.settle,))
    def bad_debt_is_realised(self) -> Bool:
        """Whoever is left without collateral, or not sold in time, can be settled."""
        late = (self.halvings >= LAST) | (self.collateral == 0)
        return implies(self.running & late, self.settle(amount(1, PRICE)).enabled())

    @invariant(on=Auctioned.kick)
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

    not_settled = dict.fromkeys(("solvency", "lender_loss", "collateral", "wick"), LINE_MOVES)

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
        liquidation_improves_health(): "once more is owed than is asked for all, each purchase makes the rest worse",
        Ajna.sold_above_half_the_threshold: "the price halves until somebody comes",
        Ajna.kicking_what_the_market_covers_is_no_gain: "a neutral price 15 % above the margin, as high interest rates "
        "make it, pays who kicks a loan whose health at the market is less than that",
    }

"""What a constant product takes of a liquidation at any bonus, and up to where its own slippage does no harm.

Source: Uniswap v2's public model of a pool; S. McFarlane, "Toxicity Bounds for Dynamic Liquidation Incentives", arXiv
2510.10171, for a step of any size, where it has one that is infinitely small.
"""

from verifier.language import ANY, Bool, Design, Real, implies, invariant

from .books import AnyPosition
from .markets import ConstantProduct
from .oracles import Spot
from .seizure import FixedSpread, Seizure, SlopedSpread
from .shocks import Drawdown
from .units import Debt, Ratio


class SoldOnPool(Seizure):
    """A loan whose liquidators sell at once what they seize, in a pool of any depth and fee."""

    market: ConstantProduct

    def taken(self, post: "SoldOnPool") -> Real:
        """What the liquidator seized."""
        return post.liquidator_collateral - self.liquidator_collateral

    def reserve(self) -> Real:
        """The collateral in the pool."""
        return self.market.depth + self.market.sold

    def slippage(self) -> Real:
        """λ = 1 + 2·c/y: how much more a sale costs than what is sold, since what is left is worth less, too."""
        return 1 + 2 * self.collateral / self.reserve()

    def within_the_frontier(self) -> Bool:
        """Whether the loan-to-value is at most 1/((1 + i)·λ), where i is the bonus now."""
        return self.debt * self.spread() * self.slippage() <= self.collateral * self.oracle.quote()

    @invariant(on=Seizure.liquidate)
    def health_does_not_fall_within_the_frontier(self, post: "SoldOnPool") -> Bool:
        """Up to a loan-to-value of 1/((1 + i)·λ) no liquidation lowers health, whatever is repaid.

        What is seized is paid for, and times λ is then at most the share of the collateral that is repaid of the debt.
        """
        paid = self.liquidator_cash - post.liquidator_cash
        paid_for = self.taken(post) * self.oracle.quote() <= paid * self.spread()
        cheap = self.taken(post) * self.slippage() * self.debt <= paid * self.collateral
        kept = post.health_value() * self.debt >= self.health_value() * post.debt
        return ~self.within_the_frontier() | (paid_for & implies(paid_for, cheap) & implies(cheap, kept))

    @invariant(on=Seizure.liquidate)
    def pays_exactly_within_capacity(self, post: "SoldOnPool") -> Bool:
        """A repayment pays if it is at most y·((1 - f)·(1 + i) - 1)/((1 - f)·(1 + i)), y in the pool, and only then."""
        paid = self.liquidator_cash - post.liquidator_cash
        pays = self.market.proceeds(self.taken(post)) >= paid
        capacity = self.capacity(self.liquidation_bonus, self.market.reserve())
        return implies(post.collateral > 0, pays == (paid <= capacity))

    def capacity(self, bonus: Real, reserve: Real) -> Real:
        """The most that pays: y·((1 - f)·(1 + i) - 1)/((1 - f)·(1 + i))."""
        return reserve * (1 - 1 / ((1 - self.market.fee) * (1 + bonus)))

    @invariant
    def capacity_grows_with_the_bonus(self, bonus: Ratio, more: Ratio, reserve: Debt) -> Bool:
        """A higher bonus lowers no capacity."""
        return self.capacity(bonus, reserve) <= self.capacity(bonus + more, reserve)

    @invariant
    def capacity_grows_with_the_pool(self, bonus: Ratio, reserve: Debt, more: Debt) -> Bool:
        """In a larger pool more pays, where anything does: with a bonus that is worth the fee."""
        pays = (1 - self.market.fee) * (1 + bonus) >= 1
        return implies(pays, self.capacity(bonus, reserve) <= self.capacity(bonus, reserve + more))

    @invariant(on=Seizure.liquidate)
    def share_that_moves_the_price(self, post: "SoldOnPool", fall: Ratio) -> Bool:
        """Selling a share φ of the pool's collateral moves the price by d at most if φ is at most 1/√(1 - d) - 1."""
        before, after = self.reserve(), self.reserve() + self.taken(post)
        within = (1 - fall) * after * after <= before * before
        return (post.market.price() >= (1 - fall) * self.market.price()) == within

    @invariant(on=Seizure.liquidate)
    def price_falls_with_the_square(self, post: "SoldOnPool") -> Bool:
        """Selling a share φ of the pool's collateral leaves 1/(1 + φ)² of the price."""
        after = self.reserve() + self.taken(post)
        return post.market.price() * after * after == self.market.price() * self.reserve() * self.reserve()

    @invariant(on=Seizure.liquidate)
    def average_price_falls_with_the_share(self, post: "SoldOnPool") -> Bool:
        """Without a fee, selling a share φ of the pool's collateral brings 1/(1 + φ) of its value."""
        value, brought = self.market.price() * self.taken(post), self.market.proceeds(self.taken(post))
        exact = brought * (self.reserve() + self.taken(post)) == value * self.reserve()
        return implies(self.market.fee == 0, exact)


class FixedOnPool(SoldOnPool, FixedSpread):
    """The same at a fixed bonus."""


class SlopedOnPool(SoldOnPool, SlopedSpread):
    """The same at a bonus of i·(1 - health)."""

    @invariant(on=Seizure.liquidate)
    def frontier_is_the_published_one(self, post: "SlopedOnPool") -> Bool:
        """That frontier is a loan-to-value of (1 + i·v·λ)/((1 + i)·λ)."""
        del post
        bonus, slippage, worth = self.liquidation_bonus, self.slippage(), self.collateral * self.oracle.quote()
        most = worth * (1 + bonus * self.liquidation_threshold * slippage)
        return self.within_the_frontier() == ((1 + bonus) * slippage * self.debt <= most)


class PoolCapacity(Design, name="pool-capacity"):
    """What a constant product can take, for any depth, fee, bonus and threshold."""

    shock = Drawdown(bound=ANY)
    market = ConstantProduct(shock=shock, depth=ANY, fee=ANY)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = FixedOnPool(market=market, oracle=oracle, book=book, liquidation_threshold=ANY, liquidation_bonus=ANY)

    proved = (
        SoldOnPool.health_does_not_fall_within_the_frontier,
        SoldOnPool.pays_exactly_within_capacity,
        SoldOnPool.price_falls_with_the_square,
        SoldOnPool.average_price_falls_with_the_share,
        SoldOnPool.share_that_moves_the_price,
        SoldOnPool.capacity_grows_with_the_bonus,
        SoldOnPool.capacity_grows_with_the_pool,
    )


class SlopedOnAnyPool(Design, name="sloped-on-pool"):
    """A bonus that grows with ill health, sold in a constant product: any depth, bonus and threshold."""

    shock = Drawdown(bound=ANY)
    market = ConstantProduct(shock=shock, depth=ANY)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = SlopedOnPool(market=market, oracle=oracle, book=book, liquidation_threshold=ANY, liquidation_bonus=ANY)

    proved = (SoldOnPool.health_does_not_fall_within_the_frontier, SlopedOnPool.frontier_is_the_published_one)

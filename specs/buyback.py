"""A stablecoin whose issuer has to buy it back as collateral falls, at a price that rises as it buys.

Source: A. Klages-Mundt, A. Minca, "(In)stability for the blockchain", arXiv 1906.02152, and "While stability lasts",
arXiv 2004.01304, of which the abstracts were read: there is a stable and an unstable region. Here the stablecoin is
bought in a pool that keeps the product of its reserves, without a fee.
"""

from typing import Annotated, Any

from verifier.language import (
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    assumption,
    base,
    given,
    implies,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
)

from .shocks import Drop
from .units import DEBT, Collateral, Debt, Ratio

COIN = base("stablecoin", decimals=18)
Coin = Annotated[Real, COIN]
CoinPrice = Annotated[Real, DEBT / COIN]


class Issuer(Mechanism):
    """An issuer that must hold collateral worth ``cover`` for each stablecoin, and sells some of it to buy back."""

    shock: Drop

    cover: CoinPrice = param
    slack: Ratio = param(1)  # at the start the collateral is worth so many times what it must be

    collateral: Collateral = state(like=10)
    issued: Coin = state(like=10000)
    pool_coins: Coin = state()
    pool_cash: Debt = state()

    @assumption
    def cover_is_positive(self) -> Bool:
        """Something is asked for each stablecoin."""
        return self.cover * self.slack > 0

    @initially
    def there_is_a_pool(self) -> Bool:
        return (self.pool_coins > 0) & (self.pool_cash > 0)

    @assumption(on="start")
    def covered_with_slack(self) -> Bool:
        """At the start the collateral is worth what it must be, times the slack."""
        return self.margin(self.slack) >= 0

    def margin(self, slack: Real | int = 1) -> Real:
        """What the collateral is worth beyond what it must be."""
        return self.collateral * self.shock.price - slack * self.cover * self.issued

    def covered(self) -> Bool:
        return self.margin() >= 0

    def cost(self, bought: Real) -> Real:
        """What so many stablecoins cost."""
        return self.pool_cash * bought / (self.pool_coins - bought)

    def price(self) -> Real:
        """What the next stablecoin costs."""
        return self.pool_cash / self.pool_coins

    @rule(by="owner")
    def buy_back(self, bought: Coin) -> Step:
        """An issuer that is not covered buys stablecoins back, and pays with collateral at its price."""
        paid = self.cost(bought)
        there = (bought > 0) & (bought < self.pool_coins) & (bought <= self.issued)
        return require(there, paid <= self.collateral * self.shock.price, ~self.covered()).then(
            self.after(
                collateral=self.collateral - paid / self.shock.price,
                issued=self.issued - bought,
                pool_coins=self.pool_coins - bought,
                pool_cash=self.pool_cash + paid,
            )
        )

    @lemma
    def pool_stays(self) -> Bool:
        return (self.pool_coins > 0) & (self.pool_cash > 0)

    @invariant(on=buy_back)
    def more_costs_more(self, post: "Issuer", bought: Coin, more: Coin) -> Bool:
        """The more is bought back the more it costs in all, and for each unit."""
        del post
        further = (more > bought) & (more < self.pool_coins)
        return implies(
            further, (self.cost(more) * bought > self.cost(bought) * more) & (self.cost(more) > self.cost(bought))
        )

    @invariant(on=buy_back)
    def buying_raises_the_price(self, post: "Issuer") -> Bool:
        """Each purchase makes the stablecoin dearer."""
        return post.price() > self.price()

    @invariant(on=buy_back)
    def buying_helps_while_cheap(self, post: "Issuer") -> Bool:
        """As long as a stablecoin costs no more than what covers it, a purchase brings the issuer closer to cover."""
        return implies(post.price() <= self.cover, post.margin() >= self.margin())

    @invariant(on=buy_back)
    def buying_hurts_once_dear(self, post: "Issuer") -> Bool:
        """Once a stablecoin costs more than what covers it, a purchase takes the issuer further from cover."""
        return implies(self.price() >= self.cover, post.margin() < self.margin())

    @invariant(on=buy_back)
    def buying_helps(self, post: "Issuer") -> Bool:
        """A purchase brings the issuer closer to cover."""
        return post.margin() >= self.margin()

    @invariant
    def stays_covered(self) -> Bool:
        """The shock forces nobody to buy back."""
        return self.covered()

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.shock.price, "collateral": self.collateral, "issued": self.issued,
            "stablecoin": self.price(), "margin": self.margin(),
        }  # fmt: skip


class Buyback(Design, name="stablecoin-buyback"):
    """A cover of 1.5 for each stablecoin. Default shock: the price falls by a tenth."""

    shock = Drop(bound="0.1")
    issuer = Issuer(shock=shock, cover="1.5")

    proved = (
        Issuer.more_costs_more,
        Issuer.buying_raises_the_price,
        Issuer.buying_helps_while_cheap,
        Issuer.buying_hurts_once_dear,
        given(Issuer.stays_covered, slack="10/9"),
    )
    refuted = {
        Issuer.buying_helps: "where the stablecoin costs more than its cover each purchase calls for a larger one",
        given(Issuer.stays_covered, slack="1.11"): "a fall by a tenth takes more than a slack of 11 %",
    }

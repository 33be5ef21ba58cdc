"""Designs for the tests of the comparison: one whose author knows, one who boasts, one who is modest, one who is mute."""

from verifier.language import Design, Real, closed_form, maximum
from verifier_specs.books import Still
from verifier_specs.keepers import Nobody
from verifier_specs.loans import Loan
from verifier_specs.markets import Infinite
from verifier_specs.oracles import Spot
from verifier_specs.properties import lender_loss_cap, solvency
from verifier_specs.shocks import Drop
from verifier.language import minimum, require, rule, Step


class Sale(Loan):
    """All collateral is sold at the market once the position is unhealthy; nothing is said about bounds."""

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """The venue sells it."""
        raised = self.market.proceeds(self.collateral)
        paid = minimum(raised, self.debt)
        return require(self.due()).then(
            self.after(
                collateral=0, debt=0, deficit=self.deficit + (self.debt - paid),
                liquidator_collateral=self.liquidator_collateral + self.collateral,
                liquidator_cash=self.liquidator_cash - raised, owner_cash=self.owner_cash + (raised - paid),
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(self.collateral),
        )  # fmt: skip


class Known(Sale):
    """And the author knows its bounds under a drop."""

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real:
        return maximum(0, 1 - (1 - self.market.shock.bound) * self.book.health / self.liquidation_threshold)

    @closed_form(solvency, "bound")
    def largest_drop(self) -> Real:
        return 1 - self.liquidation_threshold / self.book.health


class Boasting(Sale):
    """And the author claims more than is true."""

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real:
        return maximum(0, 1 - (1 - self.market.shock.bound) * self.book.health / self.liquidation_threshold) / 2


class Modest(Sale):
    """And the author claims less than is true."""

    @closed_form(lender_loss_cap, "cap")
    def worst_loss(self) -> Real:
        return self.market.shock.bound


class KnownSale(Design, name="known"):
    """The author knows."""

    position = "collateral and debt as they are"
    not_applicable = {"borrower_loss_cap": "the tests do not ask"}

    shock = Drop(bound="0.2")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool: Loan = Known(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Nobody(pool=pool)

    proved = (solvency(),)


class BoastingSale(KnownSale, name="boasting"):
    """The author boasts."""

    pool = Boasting(market=KnownSale.market, oracle=KnownSale.oracle, book=KnownSale.book, liquidation_threshold="0.83")
    proved = (solvency(),)


class ModestSale(KnownSale, name="modest"):
    """The author is modest."""

    pool = Modest(market=KnownSale.market, oracle=KnownSale.oracle, book=KnownSale.book, liquidation_threshold="0.83")
    proved = (solvency(),)


class MuteSale(KnownSale, name="mute"):
    """The author says nothing."""

    pool = Sale(market=KnownSale.market, oracle=KnownSale.oracle, book=KnownSale.book, liquidation_threshold="0.83")
    proved = (solvency(),)

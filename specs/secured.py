"""A debt secured by collateral, however either is counted: whose a loss is, and what it comes to.

The closed forms say where a position of the book that is left alone by its owner ends under a shock, once it is known
down to which health a mechanism pays its debt in full. They hold for a spot oracle.
"""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    all_of,
    amount,
    at_start,
    closed_form,
    lemma,
    maximum,
    minimum,
    param,
    where,
    whole,
)

from .books import AnyPosition
from .keepers import Attended
from .oracles import Spot
from .properties import wick_survival
from .shocks import Drop, Slide, Wick
from .units import ROUNDED, Ratio


class SecuredDebt(Attended):
    """A position that owes a debt against collateral, either of them a quantity of its own or worked out of others."""

    oracle: Spot
    book: AnyPosition

    liquidation_threshold: Ratio = param  # share of the collateral's value at which the health factor is 1

    @property
    def collateral(self) -> Real:
        """What secures the debt."""
        raise NotImplementedError

    @property
    def debt(self) -> Real:
        """What is owed."""
        raise NotImplementedError

    @property
    def deficit(self) -> Real:
        """Debt that was written off."""
        raise NotImplementedError

    def exact_debt(self) -> Real:
        """What is owed, before it is rounded: a form of it in which solvers find lemmas easily."""
        return self.debt

    def health_value(self) -> Real:
        """The numerator of the health factor; the debt is its denominator."""
        raise NotImplementedError

    def good_at(self, price: Real) -> Bool:
        """Whether it is as healthy at this price as all are at the start, before the debt is rounded."""
        return self.exact_debt() * self.book.floor() <= self.liquidation_threshold * self.collateral * price

    @lemma
    def was_good_at_the_peak(self) -> Bool:
        """At the price that a wick has fallen from a position is as healthy as at first, as long as nobody acts."""
        wick = isinstance(self.market.shock, Wick)
        return ROUNDED | self.good_at(at_start(self.market.price())) if wick else all_of()

    # Whose a loss is.

    def lender_claim(self) -> Real:
        """What lenders are owed."""
        return self.debt

    def lender_loss(self) -> Real:
        """What lenders have lost: debt written off, and debt that the collateral does not cover at the market price."""
        return self.deficit + maximum(0, self.exact_debt() - self.collateral * self.market.price())

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, who may walk away from it."""
        return maximum(0, self.collateral * self.market.price() - self.exact_debt())

    def overrun(self) -> Real:
        """The largest share that the price loses between the last moment of health and the keepers' act."""
        late = whole(self.patience)
        return amount(1, RATIO) if late is None else self.market.shock.fastest(1 + late)

    def worn_to(self, left: Real) -> Bool:
        return (self.exact_debt() * left <= self.health_value()) | (self.collateral == 0)

    def lasting_price(self) -> Real:
        """What the market asks at least from now on, once a drop has come."""
        shock = self.market.shock
        return self.market.price() if isinstance(shock, Drop) else shock.floor()

    def never_unhealthy(self) -> Bool:
        """Whether the shock cannot make anybody unhealthy."""
        return (1 - self.market.shock.bound) * self.book.floor() >= 1

    def loss_beyond(self, spent: Real) -> Real | None:
        """What is lost at most, if a debt is paid in full down to this health factor."""
        shock = self.market.shock
        if type(self.oracle) is not Spot:
            return None
        left = (1 - shock.bound) * self.book.floor()
        if isinstance(shock, Slide):
            left = maximum(left, 1 - self.overrun())
        return where(self.never_unhealthy(), 0, maximum(0, 1 - left / spent))

    def fall_before(self, spent: Real) -> Real | None:
        """The largest fall after which it is paid in full; 1 if it always is, in time."""
        shock = self.market.shock
        if type(self.oracle) is not Spot:
            return None
        deepest = 1 - minimum(1, spent) / self.book.floor()
        return where(1 - self.overrun() >= spent, 1, deepest) if isinstance(shock, Slide) else deepest

    def dearest(self, bonus: Real) -> Real | None:
        """What seizing the debt's worth and this bonus costs at most, as a share of the collateral's last value."""
        shock, threshold = self.market.shock, self.liquidation_threshold
        if type(self.oracle) is not Spot or not isinstance(shock, (Drop, Wick)):
            return None
        low = 1 - shock.bound
        sold_at, worth = (low, 1) if isinstance(shock, Wick) else (1, low)
        owed = threshold / self.book.floor() / worth  # the debt as a share of the collateral's value at the end
        everything = 1 - sold_at / (1 + bonus)
        most = minimum(everything, owed * ((1 + bonus) / sold_at - 1), 1 - threshold * sold_at)
        return where(self.never_unhealthy(), 0, most)

    def dearest_whole(self, brought: Real) -> Real | None:
        """What a sale of all collateral that brings this share of its worth costs, as a share of its last value."""
        shock = self.market.shock
        if type(self.oracle) is not Spot or not isinstance(shock, (Drop, Wick)):
            return None
        sold_at = 1 - shock.bound if isinstance(shock, Wick) else amount(1, RATIO)
        return where(self.never_unhealthy(), 0, 1 - sold_at * brought)

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real | None:
        """That of which the oracle shows no more than health can bear; 1 if no wick is too deep."""
        return self.oracle.harmless(self.book.floor())

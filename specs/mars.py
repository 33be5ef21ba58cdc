"""Mars: a bonus that grows as health falls, and never takes more than the collateral's surplus over the debt.

Source: the crate mars-params 1.0.7, ``types/asset.rs``: the bonus is min(b + slope·(1 - HF), max(min(CR - 1, max_lb),
min_lb)), with HF the health factor and CR collateral over debt. Here one call may repay any part of the debt, and one
collateral secures one debt at par with the unit of account; no interest accrues.
"""

from verifier.language import (
    Bool,
    Design,
    Q,
    Real,
    assumption,
    down,
    given,
    implies,
    in_fixed,
    invariant,
    maximum,
    minimum,
    param,
)

from .books import AnyPosition, Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .seizure import BoundedSpread, Seizure
from .shocks import Drop, Wick
from .units import Ratio


class Mars(BoundedSpread):
    """A loan whose bonus is bounded by the surplus; ``liquidation_bonus`` is the largest there is."""

    starting_bonus: Ratio = param
    slope: Ratio = param  # how much the bonus grows per unit of health factor lost
    least_bonus: Ratio = param  # what is paid even where there is no such surplus

    @assumption
    def bonuses_are_in_order(self) -> Bool:
        """The least bonus is at most the starting one, and that at most the largest."""
        return (self.least_bonus <= self.starting_bonus) & (self.starting_bonus <= self.liquidation_bonus)

    def surplus(self) -> Real:
        """What the collateral is worth beyond the debt, per unit of debt."""
        return maximum(0, down(self.collateral * self.oracle.quote() / self.debt - 1, 18))

    def spread(self) -> Real:
        sloped = self.starting_bonus + down(self.slope * (1 - self.health_value() / self.debt), 18)
        return 1 + minimum(sloped, maximum(minimum(self.surplus(), self.liquidation_bonus), self.least_bonus))

    def last_spread(self) -> Real:
        """Where nothing is left of the surplus, the least bonus is paid."""
        return 1 + self.least_bonus

    @invariant(on=Seizure.liquidate)
    def bonus_is_within_its_bounds(self, post: "Mars") -> Bool:
        """The bonus is at least the least one, and at most the largest."""
        del post
        return (self.spread() >= 1 + self.least_bonus) & (self.spread() <= 1 + self.liquidation_bonus)

    @invariant(on=Seizure.liquidate)
    def within_the_surplus_never_toxic(self, post: "Mars") -> Bool:
        """A liquidation whose bonus the surplus covers leaves health no lower and writes nothing off."""
        improves = post.health_value() * self.debt >= self.health_value() * post.debt
        return implies(self.spread() <= 1 + self.surplus(), improves & (post.deficit == self.deficit))

    @invariant(on=Seizure.liquidate)
    def only_the_least_bonus_is_toxic(self, post: "Mars") -> Bool:
        """A liquidation lowers health only where the least bonus exceeds the surplus."""
        worse = post.health_value() * self.debt < self.health_value() * post.debt
        return implies(worse, self.least_bonus > self.surplus())

    @invariant(on=Seizure.liquidate)
    def splitting_never_pays(self, post: "Mars") -> Bool:
        """The bonus after a partial liquidation is no larger than it was: who splits one gets no more."""
        return (post.debt == 0) | (post.spread() <= self.spread())


class MarsTextbook(Design, name="mars"):
    """Threshold 83 %, bonus from 2 % to 10 %, no least one. Default shock: a drop by 17 %, all of the buffer."""

    shock = Drop(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Mars(market=market, oracle=oracle, book=book, **deployed("mars"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap=Q("13/83"), shock="0.3"),
        borrower_loss_cap(cap=Q("1/11"), shock="0.3"),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        given(Mars.one_liquidation_can_restore_health, shock="0.5"),
        given(Mars.bonus_is_within_its_bounds, shock="0.5"),
        given(Mars.within_the_surplus_never_toxic, shock="0.5", least_bonus="0.02"),
        given(Mars.only_the_least_bonus_is_toxic, shock="0.5", least_bonus="0.02"),
        given(Mars.splitting_never_pays, shock="0.5", least_bonus="0.02"),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(healthy_is_safe()),
    )
    refuted = {
        solvency(shock="0.1701"): "a threshold of 83 % leaves a buffer of 17 %, none of which the bonus takes",
        solvency(least_bonus="0.02"): "a least bonus is paid from what lenders are owed: 1 - 0.83·1.02 = 15.34 %",
        liquidation_improves_health(least_bonus="0.02"): "beyond a loan-to-value of 1/(1 + min_lb) the bonus exceeds "
        "the surplus",
        lender_loss_cap(cap="0.1566", shock="0.3"): "0.7 of the price pays 0.7/0.83, the bonus being nothing",
        borrower_loss_cap(cap="0.0909", shock="0.3"): "a surplus of 10 % is the largest bonus, and all of it",
    }

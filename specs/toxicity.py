"""When a liquidation leaves a position less healthy than it found it, and what that costs.

Source: J. Warmuz, A. Chaudhary, D. Pinna, "Toxic Liquidation Spirals", arXiv 2212.07306, equation 4, for one
collateral; the attack is that of Lilyjjo/ToxicLiquidationSpiralExploration at aaff285, on a fork of Compound v2. For
several, the release notes v0.5.62 of solanaqubits/leanbook.
"""

from verifier.language import (
    Bool,
    Design,
    Mechanism,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    implies,
    invariant,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
)

from .books import Exactly
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .properties import lender_loss_cap
from .seizure import FixedSpread
from .shocks import Drop
from .units import PRICE, Debt, Ratio


class SeveralCollaterals(Mechanism):
    """A debt on several collaterals, one of which is seized; all are counted by their value, and prices stand still."""

    liquidation_threshold: Ratio = param  # of the collateral that is seized
    liquidation_bonus: Ratio = param

    others: Debt = param  # the value of all other collaterals
    others_count: Debt = param  # and each of them times its threshold

    collateral: Debt = state()  # the value of the one that is seized
    debt: Debt = state()

    @assumption
    def parameters_are_sane(self) -> Bool:
        """The threshold is a share, and the bonus not negative."""
        share = (self.liquidation_threshold > 0) & (self.liquidation_threshold <= 1)
        return share & (self.liquidation_bonus >= 0)

    @assumption
    def thresholds_are_shares(self) -> Bool:
        """The other collaterals count for at most their value."""
        return self.others_count <= self.others

    @rule(by="liquidator")
    def liquidate(self, repaid: Debt) -> Step:
        """A part of a debt at the line or beyond is repaid, for as much of the one collateral and a bonus."""
        seized = repaid * (1 + self.liquidation_bonus)
        return require(repaid > 0, repaid < self.debt, seized <= self.collateral, self.counted() <= self.debt).then(
            self.after(collateral=self.collateral - seized, debt=self.debt - repaid)
        )

    def counted(self) -> Real:
        """The numerator of the health factor; the debt is its denominator."""
        return self.liquidation_threshold * self.collateral + self.others_count

    def spent(self) -> Real:
        """What a unit of repaid debt takes of the health factor's numerator."""
        return self.liquidation_threshold * (1 + self.liquidation_bonus)

    def improves(self, post: "SeveralCollaterals") -> Bool:
        """Whether the health factor rose."""
        return post.counted() * self.debt > self.counted() * post.debt

    @invariant(on=liquidate)
    def health_rises_exactly_above_what_is_spent(self, post: "SeveralCollaterals") -> Bool:
        """The health factor rises if it was more than LT·(1 + b), and only then: the size repaid plays no part."""
        return self.improves(post) == (self.counted() > self.spent() * self.debt)

    @invariant(on=liquidate)
    def frontier_of_one_collateral(self, post: "SeveralCollaterals") -> Bool:
        """With one collateral, health does not fall if debt·(1 + b) is at most the collateral, and only then."""
        lowered = self.counted() * post.debt > post.counted() * self.debt
        within = self.debt * (1 + self.liquidation_bonus) <= self.collateral
        return implies((self.others == 0) & (self.others_count == 0), lowered == ~within)

    @invariant(on=liquidate)
    def at_the_onset_it_helps(self, post: "SeveralCollaterals") -> Bool:
        """Where LT·(1 + b) is at most one, health does not fall as long as the debt is what the collateral allows."""
        at_onset = (self.spent() <= 1) & (self.debt == self.counted())
        return implies(at_onset, post.counted() * self.debt >= self.counted() * post.debt)

    @invariant(on=liquidate)
    def a_sane_bonus_is_enough(self, post: "SeveralCollaterals") -> Bool:
        """Where LT·(1 + b) is at most one, no liquidation lowers health."""
        return implies(self.spent() <= 1, post.counted() * self.debt >= self.counted() * post.debt)

    @invariant(on=liquidate)
    def shortfall_stays(self, post: "SeveralCollaterals") -> Bool:
        """What the seized collateral lacks of the debt and its bonus is the same after every liquidation."""
        gap = self.debt * (1 + self.liquidation_bonus) - self.collateral
        return post.debt * (1 + self.liquidation_bonus) - post.collateral == gap

    @lemma
    def shortfall_is_that_of_the_start(self) -> Bool:
        gap = self.debt * (1 + self.liquidation_bonus) - self.collateral
        return gap == at_start(self.debt) * (1 + self.liquidation_bonus) - at_start(self.collateral)

    @invariant
    def bad_debt_is_the_shortfall_of_the_start(self) -> Bool:
        """Once the collateral is gone, q - c/(1 + i) of the start is owed, if positive, whatever was repaid when."""
        start = at_start(self.debt) - at_start(self.collateral) / (1 + self.liquidation_bonus)
        return implies(self.collateral == 0, self.debt == maximum(0, start))

    @invariant(on=liquidate)
    def rest_is_covered_while_the_bonus_is(self, post: "SeveralCollaterals") -> Bool:
        """What is left covers the debt that is left if the bonus paid was at most the surplus, and only then."""
        paid = (self.debt - post.debt) * self.liquidation_bonus
        covered = post.debt <= post.collateral + post.others
        return covered == (paid <= self.collateral + self.others - self.debt)

    @invariant(on=liquidate)
    def half_the_debt_doubles_the_distance(self, post: "SeveralCollaterals") -> Bool:
        """Half the debt repaid takes a health factor of HF to 2·HF - LT·(1 + b)."""
        return implies(post.debt * 2 == self.debt, post.counted() * 2 == 2 * self.counted() - self.spent() * self.debt)


class Toxicity(Design, name="several-collaterals"):
    """Any thresholds, bonuses and collaterals."""

    pool = SeveralCollaterals()

    proved = (
        SeveralCollaterals.health_rises_exactly_above_what_is_spent,
        SeveralCollaterals.frontier_of_one_collateral,
        SeveralCollaterals.at_the_onset_it_helps,
        SeveralCollaterals.shortfall_stays,
        SeveralCollaterals.bad_debt_is_the_shortfall_of_the_start,
        SeveralCollaterals.rest_is_covered_while_the_bonus_is,
        SeveralCollaterals.half_the_debt_doubles_the_distance,
    )
    refuted = {
        SeveralCollaterals.a_sane_bonus_is_enough: "not once a position is past the frontier: LT 1/4, bonus 1, LTV 1",
    }


class PartOfAPool(FixedSpread):
    """One borrower of a pool that lent more than this: whatever the borrower fails to pay is all lenders' loss."""

    lent: Debt = param

    def lender_claim(self) -> Real:
        return self.lent


class ToxicSpiral(Design, name="toxic-spiral"):
    """The target of the published attack: collateral factor 85.5 %, incentive 10 %, and 40 000 lent in all.

    It owes 6840 tokens on 10 000 in cash, whose price in tokens falls by 11/27 when the attacker makes the token dear;
    cash is the collateral here, and the token the unit of account.
    """

    shock = Drop(bound=Q("11/27"))
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Exactly(health="1.25", size=10000)
    pool = PartOfAPool(
        market=market, oracle=oracle, book=book, lent=40000, liquidation_threshold="0.855", liquidation_bonus="0.1"
    )
    keepers = Nobody(pool=pool)

    @assumption(on="start")
    def token_costs_as_much_as_cash(self) -> Bool:
        """Before the attack a token is worth a unit of cash."""
        return self.market.price() == amount(1, PRICE)

    proved = (lender_loss_cap(cap="0.04"), lender_loss_cap(cap="0.036321"))
    refuted = {
        lender_loss_cap(cap="0.03"): "6840 - 10000·(16/27)/1.1 = 1452.8 tokens stay unpaid",
        lender_loss_cap(cap="0.036319"): "that is 3.632 % of what was lent",
    }

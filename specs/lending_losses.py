"""What a lender loses of its own claim when borrowers fail to pay, and who bears it.

Source: the pool of arXiv 2506.15295 with what deployed pools (Aave, Morpho, Euler) add to it: bad debt is written off,
which lowers the exchange rate for whoever still holds credits. How much is written off is the liquidating mechanism's
business: ``loss`` is a lender_loss_cap proved of one, as a share of what was owed.

The lenders' loss is shared in proportion only while all of them stay: whoever redeems before the write-off is paid in
full from the reserves, and leaves the loss to the others.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    all_of,
    assumption,
    at_start,
    holding,
    implies,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
    up,
)

from .lending_theorems import LendingPool
from .properties import conservation, lender_loss_cap
from .units import Debt, Ratio


class LossyPool(LendingPool):
    """The pool whose borrowers may fail to pay: what a liquidation left uncovered is written off."""

    loss: Ratio = param  # the most that is written off, as a share of what is owed at the start
    patient: Bool = param(True)  # whether lenders stay

    deficit: Debt = state(0)
    redeemed: Debt = state(0)
    own_redeemed: Debt = holding("redeemed")

    @assumption
    def loss_is_a_share(self) -> Bool:
        """Borrowers lose the lenders no more than they were lent: a lender_loss_cap of the design that liquidates."""
        return self.loss <= 1

    @rule
    def redeem(self, units: Debt) -> Step:
        """Whoever has credits gives them back for what they are worth, as far as the reserves go."""
        step = super().redeem(units)
        post: Any = step.posts[0]
        paid = self.reserves - post.reserves
        return require(step.guard).then(
            post.after(redeemed=self.redeemed + paid, own_redeemed=self.own_redeemed + paid)
        )

    @rule
    def write_off(self, units: Debt) -> Step:
        """Debt that nobody will pay is written off."""
        return require(units > 0, units <= self.own_debts).then(
            self.after(
                debts=self.debts - units,
                own_debts=self.own_debts - units,
                deficit=self.deficit + up(units * self.index),
            )
        )

    @assumption(on=write_off)
    def losses_are_bounded(self, units: Debt) -> Bool:
        """All that is written off is at most the stated share of what was owed at the start."""
        return self.deficit + up(units * self.index) <= self.loss * at_start(self.owed())

    @assumption(on=(LendingPool.deposit, LendingPool.liquidate, LendingPool.liquidate_credits))
    def frozen_book(self) -> Bool:
        """Nobody deposits, or gets or loses credits by a liquidation, after the start."""
        return ~all_of()

    @assumption(on=redeem)
    def lenders_stay(self) -> Bool:
        """Nobody redeems after the start."""
        return ~self.patient

    def lender_claim(self) -> Real:
        """What the lender's own credits are worth."""
        return self.own_claim()

    def lender_loss(self) -> Real:
        """What the lender's own credits have lost in worth since the start, less what it redeemed."""
        return maximum(0, at_start(self.own_claim()) - self.own_claim() - self.own_redeemed)

    @lemma
    def assets_lose_the_deficit(self) -> Bool:
        kept = (self.credits == at_start(self.credits)) & (self.own_credits == at_start(self.own_credits))
        return implies(self.patient, kept & (self.assets() + self.deficit >= at_start(self.assets())))

    @lemma
    def deficit_is_bounded(self) -> Bool:
        return self.deficit <= self.loss * at_start(self.owed())


class Lossy(Design, name="lending-pool-losses"):
    """The pool with losses of up to a third of its loans: what does a lender lose of its own claim?"""

    pool = LossyPool(reward="1.1", threshold="0.8", loss="1/3", lived=True)

    proved = (lender_loss_cap(cap="1/3"), conservation())
    refuted = {
        lender_loss_cap(cap="0.33"): "all may be lent out",
        lender_loss_cap(cap="1/3", patient=False): "who redeems before the write-off leaves the loss to who stays",
        LossyPool.rate_is_at_least_one: "a write-off lowers the exchange rate",
    }

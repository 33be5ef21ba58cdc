"""A lending pool as its lenders see it: one token's reserves, credits and debts, for any number of users and tokens.

Source: M. Bartoletti and E. Lipparini, "A theory of lending protocols in DeFi", arXiv 2506.15295: the rules of its
section 2 and, under their numbers, its lemmas and theorems 3.2 to 4.2. Debts grow together, as with the indices of
Compound and Aave: a user owes so many debt units, each worth ``index`` tokens.

One user is told apart and all others act as one; what users have in all other tokens is a value that liquidations move
between them. Who may borrow, redeem or be liquidated depends on values in all tokens, and is not asked here: more may
happen in this pool than in the paper's, so what is proved of it holds there, too.

Two statements need more words than their titles: 3.4, since a redeem of the last credit sets the exchange rate back to
1, and 3.6, since only the sum of all users' net worth is preserved by accruals and liquidations, not that of each.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    amount,
    assumption,
    down,
    given,
    holding,
    implies,
    in_fixed,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
    up,
    where,
)

from .properties import conservation
from .units import DEBT, Debt, DebtFlow, Ratio

NOTHING = amount(0, DEBT)


class LendingPool(Mechanism):
    """One token's pool, and one of its users."""

    reward: Ratio = param  # the value of what a liquidator seizes, for each unit of value that it repays
    threshold: Ratio = param  # the share of credits' value that may be owed

    lived: Bool = param(False)  # whether a run may begin in a pool that was used before

    reserves: Debt = state()
    credits: Debt = state()
    own_credits: Debt = holding("credits", None)
    debts: Debt = state()  # in debt units
    own_debts: Debt = holding("debts", None)
    index: Ratio = state(1)  # tokens owed for each debt unit
    price: Ratio = state(1)
    wallets: DebtFlow = state()  # what users have of the token outside; who needs more gets it from elsewhere
    own_wallet: DebtFlow = holding("wallets", None)
    elsewhere: DebtFlow = state(0)  # the value of what users have in other tokens, less what they had at the start
    own_elsewhere: DebtFlow = holding("elsewhere")

    @assumption
    def liquidators_are_rewarded(self) -> Bool:
        """A liquidator gets at least what it pays, and some of the credits' value may be owed."""
        return (self.reward >= 1) & (self.threshold > 0)

    @initially
    def empty_or_as_runs_leave_it(self) -> Bool:
        """Each such pool is left by some run: deposits, a loan, interest on it, and a repayment."""
        used = self.lived & (self.credits > 0) & (self.assets() >= self.credits)
        return (used | (self.credits == 0)) & self.no_credits_nothing_left() & (self.own_wallet >= 0)

    def owed(self) -> Real:
        """What all users owe."""
        return self.debts * self.index

    def assets(self) -> Real:
        """What stands behind the credits: reserves, and what is owed."""
        return self.reserves + self.owed()

    def rate(self) -> Real:
        """The exchange rate: tokens for each credit; by convention 1 where there are no credits."""
        return where(self.credits == 0, 1, down(self.assets() / self.credits, 18))

    # Rules.

    @rule
    def deposit(self, paid: Debt) -> Step:
        """Anyone pays tokens in and gets credits."""
        units = down(paid / self.rate())
        return require(paid > 0).then(
            self.after(
                reserves=self.reserves + paid,
                credits=self.credits + units,
                own_credits=self.own_credits + units,
                wallets=self.wallets - paid,
                own_wallet=self.own_wallet - paid,
            )
        )

    @rule
    def borrow(self, units: Debt) -> Step:
        """Anyone takes tokens out of the reserves, and owes them."""
        drawn = down(units * self.index)
        return require(units > 0, drawn <= self.reserves).then(
            self.after(
                reserves=self.reserves - drawn,
                debts=self.debts + units,
                own_debts=self.own_debts + units,
                wallets=self.wallets + drawn,
                own_wallet=self.own_wallet + drawn,
            )
        )

    @rule
    def repay(self, units: Debt) -> Step:
        """Whoever owes pays back."""
        paid = up(units * self.index)
        return require(units > 0, units <= self.own_debts).then(
            self.after(
                reserves=self.reserves + paid,
                debts=self.debts - units,
                own_debts=self.own_debts - units,
                wallets=self.wallets - paid,
                own_wallet=self.own_wallet - paid,
            )
        )

    @rule
    def redeem(self, units: Debt) -> Step:
        """Whoever has credits gives them back for what they are worth, as far as the reserves go."""
        paid = down(units * self.rate())
        return require(units > 0, paid <= self.reserves, units <= self.own_credits).then(
            self.after(
                reserves=self.reserves - paid,
                credits=self.credits - units,
                own_credits=self.own_credits - units,
                wallets=self.wallets + paid,
                own_wallet=self.own_wallet + paid,
            )
        )

    @rule(by="environment")
    def accrue(self, interest: Ratio) -> Step:
        """Every debt grows by the same share."""
        return require(interest > 0).then(self.after(index=self.index + up(self.index * interest, 18)))

    @rule(by="environment")
    def reprice(self, price: Ratio) -> Step:
        """The token's price moves."""
        return require(price > 0).then(self.after(price=price))

    @rule
    def act_elsewhere(self, gain: DebtFlow) -> Step:
        """What a user has in other tokens gets more or less worth, by whatever happens there."""
        return require().then(self.after(elsewhere=self.elsewhere + gain, own_elsewhere=self.own_elsewhere + gain))

    # A liquidator pays some of a debtor's debt, and gets credits of the debtor worth ``reward`` times as much.

    @rule(by="liquidator")
    def liquidate(self, units: Debt) -> Step:
        """Both in this token."""
        paid = up(units * self.index)
        seized = down(paid * self.reward / self.rate())
        return require(units > 0, seized <= self.own_credits, units <= self.own_debts).then(
            self.after(
                reserves=self.reserves + paid,
                debts=self.debts - units,
                own_debts=self.own_debts - units,
                own_credits=self.own_credits - seized,
                wallets=self.wallets - paid,
            )
        )

    @rule(by="liquidator")
    def liquidate_debt(self, units: Debt) -> Step:
        """The debt is in this token, and the credits are in another."""
        paid = up(units * self.index)
        seized = down(paid * self.price * self.reward)
        return require(units > 0, units <= self.own_debts).then(
            self.after(
                reserves=self.reserves + paid,
                debts=self.debts - units,
                own_debts=self.own_debts - units,
                own_elsewhere=self.own_elsewhere - seized,
                wallets=self.wallets - paid,
            )
        )

    @rule(by="liquidator")
    def liquidate_credits(self, units: Debt) -> Step:
        """The credits are in this token, and the debt is in another."""
        paid = up(units * self.rate() * self.price / self.reward)
        return require(units > 0, units <= self.own_credits).then(
            self.after(own_credits=self.own_credits - units, own_elsewhere=self.own_elsewhere + paid)
        )

    # What users have.

    def own_worth(self) -> Real:
        """The user's net worth: tokens and credits less debts, and what it has elsewhere."""
        tokens = self.own_wallet + self.own_credits * self.rate() - self.own_debts * self.index
        return tokens * self.price + self.own_elsewhere

    def worth(self) -> Real:
        """The net worth of all users."""
        tokens = self.wallets + self.credits * self.rate() - self.owed()
        return tokens * self.price + self.elsewhere

    def totals(self) -> tuple[Real, ...]:
        """All tokens, inside and outside."""
        return (self.reserves + self.wallets,)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "reserves": self.reserves,
            "credits": self.credits,
            "owed": self.owed(),
            "exchange rate": self.rate(),
            "own credits": self.own_credits,
            "own debt": self.own_debts * self.index,
            "own net worth": self.own_worth(),
        }

    @lemma
    def index_is_positive(self) -> Bool:
        return (self.index >= 1) & (self.price > 0)

    @invariant
    def rate_is_at_least_one(self) -> Bool:
        """Corollary 3.5: the exchange rate is at least one."""
        return self.assets() >= self.credits

    @invariant
    def no_credits_nothing_left(self) -> Bool:
        """Lemma 3.3: without credits there are neither reserves nor debts."""
        return implies(self.credits == 0, (self.reserves == 0) & (self.debts == 0))

    @invariant(on="every rule")
    def reserves_are_never_overdrawn(self, post: "LendingPool") -> Bool:
        """No step pays out more than is there."""
        return post.reserves >= 0

    @invariant(on="every rule")
    def rate_changes_by_interest_only(self, post: "LendingPool") -> Bool:
        """Lemma 3.4: while credits remain, the exchange rate rises by debt per credit times the interest, if any."""
        interest = self.debts * (post.index - self.index)
        kept = post.rate() * self.credits == self.rate() * self.credits + interest
        return implies((self.credits > 0) & (post.credits > 0), kept)

    @invariant(on="every rule")
    def rate_never_falls(self, post: "LendingPool") -> Bool:
        """Lemma 3.4 without its exception: no step lowers the exchange rate."""
        return post.rate() >= self.rate()

    @invariant(on=(deposit, borrow, repay, redeem))
    def own_acts_preserve_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 for each user: nobody's net worth changes by anybody's deposit, borrow, repayment or redeem."""
        return post.own_worth() == self.own_worth()

    @invariant(on=(deposit, borrow, repay, redeem, accrue, liquidate, liquidate_debt, liquidate_credits))
    def total_net_worth_is_preserved(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 for all users: the sum of their net worth changes by price updates only."""
        return post.worth() == self.worth()

    @invariant(on=accrue)
    def accrual_preserves_own_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 read as "each user's": an accrual changes nobody's net worth."""
        return post.own_worth() == self.own_worth()

    @invariant(on=liquidate)
    def liquidation_preserves_own_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 read as "each user's": the liquidation of an unhealthy user changes nobody's net worth."""
        debtor = ~self.healthy() & (post.own_debts < self.own_debts)
        return implies(debtor, post.own_worth() == self.own_worth())

    @invariant(on=reprice)
    def price_preserves_total_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 with price updates: a new price does not change the sum of net worth."""
        return post.worth() == self.worth()

    @invariant(on=(liquidate, liquidate_credits))
    def who_gets_credits_gains(self, post: "LendingPool") -> Bool:
        """Theorem 4.1: who gets credits gains, who loses them loses: (1 - 1/reward) of their value."""
        got = (post.own_credits - self.own_credits) * self.rate() * self.price
        return (post.own_worth() - self.own_worth()) * self.reward == got * (self.reward - 1)

    @invariant(on=liquidate_debt)
    def who_gets_credits_elsewhere_gains(self, post: "LendingPool") -> Bool:
        """Theorem 4.1 where what is seized is in another token."""
        got = post.own_elsewhere - self.own_elsewhere
        return (post.own_worth() - self.own_worth()) * self.reward == got * (self.reward - 1)

    @invariant(on=liquidate)
    def liquidators_gain(self, post: "LendingPool") -> Bool:
        """Theorem 4.1 as an inequality: who pays another's debt is better off."""
        return implies(post.own_wallet < self.own_wallet, post.own_worth() > self.own_worth())

    @invariant(on=reprice)
    def gain_from_a_price(self, post: "LendingPool") -> Bool:
        """Theorem 4.2: a price change gains a user what it has of the token, less what it owes, times the change."""
        tokens = self.own_wallet + self.own_credits * self.rate() - self.own_debts * self.index
        return post.own_worth() - self.own_worth() == tokens * (post.price - self.price)

    def own_worth_after(self, interest: Real) -> Real:
        """The user's net worth once this interest has accrued."""
        accrued: Any = self.accrue(interest).posts[0]
        worth: Real = accrued.own_worth()
        return worth

    @invariant(on=(deposit, repay))
    def paying_in_before_interest_gains(self, post: "LendingPool", share: Ratio) -> Bool:
        """Theorem 5.1: who deposits or repays before interest has no less after it than without the act."""
        own = post.own_wallet != self.own_wallet
        return implies(own & (share > 0), post.own_worth_after(share) >= self.own_worth_after(share))

    @invariant(on=(borrow, redeem))
    def taking_out_before_interest_loses(self, post: "LendingPool", share: Ratio) -> Bool:
        """Theorem 5.1: who borrows or redeems before interest has no more after it than without the act."""
        own = post.own_wallet != self.own_wallet
        return implies(own & (share > 0), post.own_worth_after(share) <= self.own_worth_after(share))

    # Health, in this token alone.

    def own_claim(self) -> Real:
        """What the user's credits are worth, in tokens."""
        return self.own_credits * self.rate()

    def healthy(self) -> Bool:
        """Whether the user owes at most the threshold's share of its credits."""
        return self.own_debts * self.index <= self.threshold * self.own_claim()

    @invariant(on=liquidate)
    def health_rises_above_the_reward(self, post: "LendingPool") -> Bool:
        """A liquidation raises health exactly if the credits are worth more than ``reward`` times the debt."""
        rises = post.own_claim() * self.own_debts > self.own_claim() * post.own_debts
        above = self.own_claim() > self.reward * self.own_debts * self.index
        return implies(post.own_debts < self.own_debts, (rises & above) | (~rises & ~above))

    @invariant(on=liquidate)
    def liquidation_improves_health(self, post: "LendingPool") -> Bool:
        """A liquidation never lowers the health of an unhealthy debtor."""
        debtor = ~self.healthy() & (post.own_debts < self.own_debts)
        return implies(debtor, post.own_claim() * self.own_debts >= self.own_claim() * post.own_debts)

    @invariant
    def deposit_and_redeem_gains_nothing(self, act: Debt) -> Bool:
        """Whoever deposits and redeems at once gets back what was paid in, and no more."""
        there = self.deposit(act)
        used: Any = there.posts[0]
        back = used.redeem(used.credits - self.credits)
        again: Any = back.posts[0]
        return implies(there.enabled() & back.enabled(), again.own_wallet == self.own_wallet)

    @invariant(exits=(redeem,))
    def redeem_is_enabled(self) -> Bool:
        """Whoever has credits can redeem them all."""
        return implies(self.own_credits > 0, self.redeem(self.own_credits).enabled())


class Pool(Design, name="lending-pool"):
    """One token's pool of any reward and threshold."""

    pool = LendingPool(reward=ANY, threshold=ANY)

    proved = (
        conservation(),
        LendingPool.no_credits_nothing_left,
        LendingPool.rate_is_at_least_one,
        LendingPool.reserves_are_never_overdrawn,
        LendingPool.rate_changes_by_interest_only,
        LendingPool.own_acts_preserve_net_worth,
        LendingPool.total_net_worth_is_preserved,
        LendingPool.who_gets_credits_gains,
        LendingPool.who_gets_credits_elsewhere_gains,
        given(LendingPool.liquidators_gain, reward="1.3"),
        LendingPool.gain_from_a_price,
        LendingPool.paying_in_before_interest_gains,
        LendingPool.taking_out_before_interest_loses,
        LendingPool.health_rises_above_the_reward,
        LendingPool.deposit_and_redeem_gains_nothing,
        *map(in_fixed, (conservation(), LendingPool.rate_is_at_least_one)),
    )
    refuted = {
        given(
            LendingPool.rate_never_falls, lived=True
        ): "the redeem of the last credit sets the rate back to one, by convention",
        LendingPool.accrual_preserves_own_net_worth: "an accrual moves wealth from debtors to lenders",
        given(
            LendingPool.liquidation_preserves_own_net_worth, reward="1.3", threshold="2/3"
        ): "a liquidation moves the reward from debtor to liquidator",
        LendingPool.price_preserves_total_net_worth: "what there is of the token is worth more or less",
        given(LendingPool.liquidators_gain, reward=1): "without a reward nobody gains",
        given(
            LendingPool.liquidation_improves_health, reward="1.3", threshold="2/3"
        ): "below a collateralisation of the reward, more is seized than is repaid",
        LendingPool.redeem_is_enabled: "what is lent out cannot be redeemed",
        given(
            LendingPool.no_credits_nothing_left, arithmetic="fixed", lived=True
        ): "the last redeem is rounded down, and leaves something",
    }


class SwappingPool(LendingPool):
    """The same where users also swap tokens with an exchange, which is none of them."""

    @rule
    def swap(self, sold: Debt) -> Step:
        """Anyone swaps the token for another, at its price."""
        value = sold * self.price
        return require(sold > 0, sold <= self.own_wallet).then(
            self.after(
                wallets=self.wallets - sold,
                own_wallet=self.own_wallet - sold,
                elsewhere=self.elsewhere + value,
                own_elsewhere=self.own_elsewhere + value,
            )
        )


class PoolWithSwaps(Design, name="lending-pool-with-swaps"):
    """The same pool for users who swap tokens with an exchange: net worth is kept, and tokens are not."""

    pool = SwappingPool(reward=ANY, threshold=ANY)

    proved = (LendingPool.total_net_worth_is_preserved, LendingPool.own_acts_preserve_net_worth)
    refuted = {conservation(): "what is swapped away is no longer the users' or the pool's"}

"""A lending pool as its lenders see it: one token's reserves, credits and debts, for any number of users and tokens.

Source: M. Bartoletti and E. Lipparini, "A theory of lending protocols in DeFi", arXiv 2506.15295: the rules of its
section 2 with 3.3 and 3.5, which say that nothing is left without credits, and that each is worth a token. Debts grow
together, as with the indices of Compound and Aave: a user owes so many debt units, each worth ``index`` tokens.

One user is told apart and all others act as one; what users have in all other tokens is a value that liquidations move
between them. Who may borrow, redeem or be liquidated depends on values in all tokens, and is not asked here: more may
happen in this pool than in the paper's, so what is proved of it holds there, too.
"""

from typing import Any

from verifier.language import (
    Bool,
    Mechanism,
    Real,
    Step,
    assumption,
    down,
    holding,
    implies,
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

from .units import Debt, DebtFlow, Ratio


class CreditPool(Mechanism):
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

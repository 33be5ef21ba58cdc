"""What a public benchmark asks of a lending contract, under its own names.

Source: bitbart/contracts-verification-benchmark, use case lending-protocol, its properties with their labels of
ad9858c, 16 July 2026.

The label of int-xr-gneq, "an accrual with debt raises the exchange rate", is wrong for v1, v3, v4 and v7 in the
contract's integers, in two ways: a debt of 1 to 9 earns floor(debt / 10) = 0 (deposit 100, borrow 9, accrue: the rate
stays 1000000), and with more than 10^6 credits one unit of interest is lost in the rate's last digit (deposit 1000002,
borrow 11, accrue: the debt is 12, the rate stays 1000000). With every debt 0 or at least 10 and at most 10^6 credits it
is true. In exact arithmetic it is true without conditions, except for v4, whose redeem may leave debt without credits.
"""

from typing import Any, Self

from verifier.language import Bool, Q, Real, Step, all_of, amount, down, generic, implies, invariant, where

from .lending_contract import TOKEN, LendingContract, Token

RATE_DIGIT = Q("0.000001")


class LendingProtocol(LendingContract):
    """The contract, and what is asked of it."""

    def same(self, other: Self) -> Bool:
        """Whether two states agree in all that the contract keeps, and in the user's wallet."""
        totals = (self.reserves == other.reserves) & (self.credits == other.credits)
        own = (self.credit == other.credit) & (self.debit == other.debit) & (self.wallet == other.wallet)
        return totals & own & (self.balance == other.balance) & (self.debits == other.debits)

    def acts(self, step: Step, paid: Real, credit: Real, debit: Real) -> Bool:
        """Whether a step of the user brings the contract this, and changes the user's credit and debit so."""
        post: Any = step.posts[0]
        own = (post.credit == self.credit + credit) & (post.debit == self.debit + debit)
        return implies(step.enabled(), own & (post.reserves == self.reserves + paid))

    def pays(self, step: Step, paid: Real) -> Bool:
        """Whether a step of the user moves so many tokens from the user's wallet to the contract."""
        post: Any = step.posts[0]
        return implies(step.enabled(), (post.balance == self.balance + paid) & (post.wallet == self.wallet - paid))

    def adds_up(self, act: str, first: Real, second: Real) -> Bool:
        """Whether two acts can be done as one, with the same effect."""
        one, both = getattr(self, act)(first, all_of()), getattr(self, act)(first + second, all_of())
        then = getattr(one.posts[0], act)(second, all_of())
        return implies(one.enabled() & then.enabled(), both.guard & then.posts[0].same(both.posts[0]))

    @invariant
    def dep_state(self, act: Token) -> Bool:
        """A deposit raises the reserves by its amount, and the user's credit by that over the exchange rate."""
        return self.acts(self.deposit(act, all_of()), act, down(act / self.rate(), 0), amount(0, TOKEN))

    @invariant
    def bor_state(self, act: Token) -> Bool:
        """A borrow lowers the reserves by its amount and raises the user's debit by it."""
        return self.acts(self.borrow(act, all_of()), -act, amount(0, TOKEN), act)

    @invariant
    def rpy_state(self, act: Token) -> Bool:
        """A repayment raises the reserves by its amount and lowers the user's debit by it."""
        return self.acts(self.repay(act, all_of()), act, amount(0, TOKEN), -act)

    @invariant
    def rdm_state(self, act: Token) -> Bool:
        """A redeem lowers the user's credit by its amount, and the reserves by that times the exchange rate."""
        return self.acts(self.redeem(act, all_of()), -down(act * self.rate(), 0), -act, amount(0, TOKEN))

    @invariant
    def dep_tokens(self, act: Token) -> Bool:
        """A deposit moves its amount from the user to the contract."""
        return self.pays(self.deposit(act, all_of()), act)

    @invariant
    def bor_tokens(self, act: Token) -> Bool:
        """A borrow moves its amount from the contract to the user."""
        return self.pays(self.borrow(act, all_of()), -act)

    @invariant
    def rpy_tokens(self, act: Token) -> Bool:
        """A repayment moves its amount from the user to the contract."""
        return self.pays(self.repay(act, all_of()), act)

    @invariant
    def rdm_tokens(self, act: Token) -> Bool:
        """A redeem moves its amount times the exchange rate from the contract to the user."""
        return self.pays(self.redeem(act, all_of()), -down(act * self.rate(), 0))

    @invariant
    def dep_additivity(self, first: Token, second: Token) -> Bool:
        """Two deposits are as good as one of the sum."""
        return self.adds_up("deposit", first, second)

    @invariant
    def bor_additivity(self, first: Token, second: Token) -> Bool:
        """Two borrows are as good as one of the sum."""
        return self.adds_up("borrow", first, second)

    @invariant
    def rpy_additivity(self, first: Token, second: Token) -> Bool:
        """Two repayments are as good as one of the sum."""
        return self.adds_up("repay", first, second)

    @invariant
    def rdm_additivity(self, first: Token, second: Token) -> Bool:
        """Two redeems are as good as one of the sum."""
        return self.adds_up("redeem", first, second)

    @invariant(on=LendingContract.deposit)
    def dep_xr(self, post: "LendingProtocol") -> Bool:
        """A deposit does not lower the exchange rate, and raises it by at most its amount per credit and one digit."""
        paid, digit = post.reserves - self.reserves, RATE_DIGIT
        most = where(self.credits == 0, post.rate(), self.rate() + down(paid / self.credits, 6) + digit)
        return (self.rate() <= post.rate()) & (post.rate() <= most)

    @invariant(on=LendingContract.deposit)
    def dep_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A deposit preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=LendingContract.borrow)
    def bor_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A borrow preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=LendingContract.repay)
    def rpy_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A repayment preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=LendingContract.redeem)
    def rdm_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A redeem preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=(LendingContract.deposit, LendingContract.borrow, LendingContract.repay))
    def xr_invariant(self, post: "LendingProtocol") -> Bool:
        """Deposits, borrows and repayments preserve the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=(LendingContract.deposit, LendingContract.borrow, LendingContract.repay, LendingContract.redeem))
    def xr_increasing(self, post: "LendingProtocol") -> Bool:
        """No act of a user lowers the exchange rate."""
        return post.rate() >= self.rate()

    @invariant(on=(LendingContract.deposit, LendingContract.borrow, LendingContract.repay, LendingContract.redeem))
    def xr_increasing_but_rdm(self, post: "LendingProtocol") -> Bool:
        """No act of a user lowers the exchange rate, except a redeem of the last credits."""
        return implies((post.credits > 0) | (self.credits == 0), post.rate() >= self.rate())

    @invariant(on=LendingContract.accrue)
    def expected_interest(self, post: "LendingProtocol") -> Bool:
        """An accrual adds the interest on the user's debt once."""
        return post.debit == self.debit + down(self.debit * self.interest, 0)

    @invariant(on=LendingContract.accrue)
    def int_xr_gneq(self, post: "LendingProtocol") -> Bool:
        """An accrual raises the exchange rate if the user has any debt."""
        return implies(self.debit > 0, post.rate() > self.rate())

    @invariant(on=LendingContract.accrue)
    def int_xr_gneq_above_ten(self, post: "LendingProtocol") -> Bool:
        """An accrual raises the exchange rate if the user owes at least 10 and there are at most 10^6 credits."""
        enough = (self.debit >= amount(10, TOKEN)) & (self.credits > 0) & (self.credits <= amount(10**6, TOKEN))
        return implies(enough, post.rate() > self.rate())

    @invariant(on=LendingContract.deposit)
    def dep_gain_eq(self, post: "LendingProtocol") -> Bool:
        """A deposit preserves what the user has: wallet and credit at the exchange rate, less debit."""
        return post.worth() == self.worth()

    def worth(self) -> Real:
        """What the user has in this token."""
        return self.wallet + self.credit * self.rate() - self.debit


@generic
def xr_geq_one(it: LendingProtocol) -> Bool:
    """The exchange rate is always at least one."""
    return it.rate() >= 1


@generic
def credits_zero(it: LendingProtocol) -> Bool:
    """Without credits there are no reserves and no debits."""
    return implies(it.credits == 0, (it.reserves == 0) & (it.debits == 0))

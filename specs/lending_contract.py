"""A lending contract: one token, one user, and all others as their sums.

Source: bitbart/contracts-verification-benchmark, use case lending-protocol, version v1 at ad9858c, 16 July 2026. The
exchange rate has six decimals, amounts are whole, all conversions round down. In the fixed-point reading these are the
contract's integers; the real reading is the benchmark's "notrunc".

The contract asks a borrower to be collateralised in value over all its tokens: whoever has first deposited enough of
another token always is, so this is not asked here, and a run of this system is one of the contract's after that
deposit.
"""

from typing import Annotated, Self

from verifier.language import (
    SIGNED,
    Bool,
    Mechanism,
    Real,
    Step,
    amount,
    base,
    down,
    implies,
    initially,
    lemma,
    param,
    require,
    rule,
    state,
    where,
)

from .units import Ratio

TOKEN = base("token", decimals=0)

Token = Annotated[Real, TOKEN]
TokenFlow = Annotated[Real, TOKEN, SIGNED]


class LendingContract(Mechanism):
    """Version 1: deposit, borrow, repay, redeem, and interest that the contract's owner adds to every debt."""

    interest: Ratio = param("0.1")

    # A run may begin in the middle, in a state to which four steps lead: the user deposited ``begun``, somebody else
    # borrowed all of it and, after an accrual, repaid all.
    begun: Token = param(0)

    reserves: Token = state()
    balance: Token = state()  # what the contract holds of the token
    wallet: TokenFlow = state()  # what the user took out of the contract, less what it paid in
    credit: Token = state()
    debit: Token = state(0)
    credits: Token = state()  # the user's and all others'
    debits: Token = state(0)

    @initially
    def empty_or_in_the_middle(self) -> Bool:
        held = (self.credits == self.begun) & (self.credit == self.begun) & (self.wallet == -self.begun)
        left = self.begun + self.grown(self.begun)
        return held & (self.reserves == left) & (self.balance == left)

    def rate(self) -> Real:
        """The exchange rate: what one credit is worth."""
        return where(self.credits == 0, 1, down((self.reserves + self.debits) / self.credits, 6))

    def minted(self, paid: Real) -> Real:
        """The credits for a deposit."""
        return down(paid / self.rate(), 0)

    def redeemed(self, units: Real) -> Real:
        """What so many credits pay."""
        return down(units * self.rate(), 0)

    def grown(self, debt: Real) -> Real:
        """The interest on one debt."""
        return down(debt * self.interest, 0)

    def moved(self, paid: Real, own: Bool, **changes: Real) -> Self:
        """The state after the contract was paid this, by the user or by somebody else."""
        changes |= {"reserves": self.reserves + paid, "balance": self.balance + paid}
        return self.after(wallet=self.wallet - where(own, paid, 0), **changes)

    def payable(self, paid: Real) -> Bool:
        """Whether so much can be paid out."""
        return (paid >= 0) & (paid <= self.reserves)

    # Rules: each is an act of the user, or of somebody else.

    @rule
    def deposit(self, paid: Token, own: Bool) -> Step:
        """Somebody pays in and gets credits."""
        minted = self.minted(paid)
        return require(paid > 0).then(
            self.moved(paid, own, credits=self.credits + minted, credit=self.credit + where(own, minted, 0))
        )

    @rule
    def borrow(self, drawn: Token, own: Bool) -> Step:
        """Somebody draws debt."""
        return require(drawn > 0, self.payable(drawn)).then(
            self.moved(-drawn, own, debits=self.debits + drawn, debit=self.debit + where(own, drawn, 0))
        )

    @rule
    def repay(self, paid: Token, own: Bool) -> Step:
        """Somebody pays debt back."""
        return require(paid > 0, paid <= where(own, self.debit, self.debits - self.debit)).then(
            self.moved(paid, own, debits=self.debits - paid, debit=self.debit - where(own, paid, 0))
        )

    @rule
    def redeem(self, units: Token, own: Bool) -> Step:
        """Somebody gives credits back for what they are worth."""
        paid = self.redeemed(units)
        held = where(own, self.credit, self.credits - self.credit)
        return require(units > 0, units <= held, self.payable(paid)).then(
            self.moved(-paid, own, credits=self.credits - units, credit=self.credit - where(own, units, 0))
        )

    def earns(self, own: Real) -> Bool:
        """Whether the user's debt may grow by this in one accrual."""
        return own == self.grown(self.debit)

    @rule
    def accrue(self, own: Token, others: Token) -> Step:
        """Every debt earns its interest, rounded down for each: all others' at most that of their sum."""
        return require(self.earns(own), others <= self.grown(self.debits - self.debit)).then(
            self.after(debit=self.debit + own, debits=self.debits + own + others)
        )

    def exact(self) -> Bool:
        """Whether nothing is rounded in the reading at hand."""
        half = amount("0.5", TOKEN)
        return down(half, 0) == half

    @lemma
    def nothing_is_left_without_credits(self) -> Bool:
        nothing = (self.reserves == 0) & (self.debits == 0)
        return implies(self.exact() & (self.credits == 0), nothing)

    @lemma
    def parts_of_the_totals(self) -> Bool:
        return (self.credit <= self.credits) & (self.debit <= self.debits)

    @lemma
    def credits_are_backed(self) -> Bool:
        return self.reserves + self.debits >= self.credits

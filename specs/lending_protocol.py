"""A lending contract and four faulty or simpler versions of it, with what a public benchmark says of each.

Source: bitbart/contracts-verification-benchmark, use case lending-protocol, versions v1, v3, v4, v7 and v8, labels of
ad9858c, 16 July 2026. The exchange rate has six decimals, amounts are whole, all conversions round down. In the
fixed-point reading these are the contract's integers; the real reading is the benchmark's "notrunc".

One token, one user, and all others as their sums. The contract asks a borrower to be collateralised in value over all
its tokens: whoever has first deposited enough of another token always is, so this is not asked here, and a run of this
system is one of the contract's after that deposit.

The label of int-xr-gneq, "an accrual with debt raises the exchange rate", is wrong for v1, v3, v4 and v7 in the
contract's integers, in two ways: a debt of 1 to 9 earns floor(debt / 10) = 0 (deposit 100, borrow 9, accrue: the rate
stays 1000000), and with more than 10^6 credits one unit of interest is lost in the rate's last digit (deposit 1000002,
borrow 11, accrue: the debt is 12, the rate stays 1000000). With every debt 0 or at least 10 and at most 10^6 credits it
is true. In exact arithmetic it is true without conditions, except for v4, whose redeem may leave debt without credits.
"""

from typing import Annotated, Any, Self

from verifier.language import (
    RATIO,
    SIGNED,
    Bool,
    Design,
    Mechanism,
    Property,
    Q,
    Real,
    Step,
    all_of,
    amount,
    base,
    down,
    generic,
    given,
    implies,
    in_fixed,
    initially,
    invariant,
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

RATE_DIGIT = Q("0.000001")


class LendingProtocol(Mechanism):
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

    # The benchmark's properties, under its names.

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

    @invariant(on=deposit)
    def dep_xr(self, post: "LendingProtocol") -> Bool:
        """A deposit does not lower the exchange rate, and raises it by at most its amount per credit and one digit."""
        paid, digit = post.reserves - self.reserves, RATE_DIGIT
        most = where(self.credits == 0, post.rate(), self.rate() + down(paid / self.credits, 6) + digit)
        return (self.rate() <= post.rate()) & (post.rate() <= most)

    @invariant(on=deposit)
    def dep_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A deposit preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=borrow)
    def bor_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A borrow preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=repay)
    def rpy_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A repayment preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=redeem)
    def rdm_xr_eq(self, post: "LendingProtocol") -> Bool:
        """A redeem preserves the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=(deposit, borrow, repay))
    def xr_invariant(self, post: "LendingProtocol") -> Bool:
        """Deposits, borrows and repayments preserve the exchange rate."""
        return post.rate() == self.rate()

    @invariant(on=(deposit, borrow, repay, redeem))
    def xr_increasing(self, post: "LendingProtocol") -> Bool:
        """No act of a user lowers the exchange rate."""
        return post.rate() >= self.rate()

    @invariant(on=(deposit, borrow, repay, redeem))
    def xr_increasing_but_rdm(self, post: "LendingProtocol") -> Bool:
        """No act of a user lowers the exchange rate, except a redeem of the last credits."""
        return implies((post.credits > 0) | (self.credits == 0), post.rate() >= self.rate())

    @invariant(on=accrue)
    def expected_interest(self, post: "LendingProtocol") -> Bool:
        """An accrual adds the interest on the user's debt once."""
        return post.debit == self.debit + down(self.debit * self.interest, 0)

    @invariant(on=accrue)
    def int_xr_gneq(self, post: "LendingProtocol") -> Bool:
        """An accrual raises the exchange rate if the user has any debt."""
        return implies(self.debit > 0, post.rate() > self.rate())

    @invariant(on=accrue)
    def int_xr_gneq_above_ten(self, post: "LendingProtocol") -> Bool:
        """An accrual raises the exchange rate if the user owes at least 10 and there are at most 10^6 credits."""
        enough = (self.debit >= amount(10, TOKEN)) & (self.credits > 0) & (self.credits <= amount(10**6, TOKEN))
        return implies(enough, post.rate() > self.rate())

    @invariant(on=deposit)
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


class ListsTwice(LendingProtocol):
    """Version 3: whoever borrows with no debit in the token is listed once more; two entries stand for more."""

    entries: Ratio = state(0)  # 1: listed once; 2: more than once

    @rule
    def borrow(self, drawn: Token, own: Bool) -> Step:
        """Somebody draws debt; the user is listed unless it has debit in this token."""
        listed = where(own & (self.debit == 0) & (self.entries <= 1), self.entries + 1, self.entries)
        step = super().borrow(drawn, own)
        post: Any = step.posts[0]
        return require(step.guard).then(post.after(entries=listed))

    @rule
    def borrow_other_token(self) -> Step:
        """The user borrows another token, by which it is listed, too."""
        return require(self.entries <= 1).then(self.after(entries=self.entries + 1))

    def earns(self, own: Real) -> Bool:
        once = self.grown(self.debit)
        twice = once + self.grown(self.debit + once)
        return own == where(self.entries > 1, twice, once)


class KeepsOne(LendingProtocol):
    """Version 4: a redeem pays one unit less than the credits are worth."""

    def redeemed(self, units: Real) -> Real:
        return super().redeemed(units) - amount(1, TOKEN)


class RepaysSecond(LendingProtocol):
    """Version 7: a repayment is always one of the contract's second token."""

    is_second: Bool = param  # whether the token looked at is that one

    debit_in_second: Token = state(0)  # the user's, if it is not

    @rule
    def borrow_second(self, drawn: Token) -> Step:
        """The user borrows the second token."""
        return require(drawn > 0, ~self.is_second).then(self.after(debit_in_second=self.debit_in_second + drawn))

    @rule
    def repay(self, paid: Token, own: Bool) -> Step:
        """Somebody pays debt in the second token back; what others owe in it, if it is not this one, is not kept."""
        here = where(self.is_second, paid, 0)
        step = super().repay(here, own)
        post: Any = step.posts[0]
        elsewhere = where(own, paid - here, 0)
        enough = implies(~self.is_second, elsewhere <= self.debit_in_second)
        return require(paid > 0, enough, implies(self.is_second, step.guard)).then(
            post.after(debit_in_second=self.debit_in_second - elsewhere)
        )


class FixedRate(LendingProtocol):
    """Version 8: the exchange rate is one."""

    def rate(self) -> Real:
        return amount(1, RATIO)

    @lemma
    def credits_are_backed(self) -> Bool:
        return self.reserves + self.debits >= self.credits


P = LendingProtocol
ROUNDED = "the exchange rate and the credits are rounded down, by more in one state than in the other"
EMPTIED = "a redeem of the last credits leaves a rate of one by convention"
NO_INTEREST = "a debt below 10 earns floor(debt / 10) = 0, and the rate's last digit may be too coarse: mislabelled"


def begun(claim: Any, deposited: int) -> Property:
    """The claim in integers, of runs that begin after a deposit of this, its loan, an accrual and the repayment."""
    return given(claim, arithmetic="fixed", begun=deposited)


ACTS = tuple(
    map(
        in_fixed,
        (P.dep_state, P.bor_state, P.dep_tokens, P.bor_tokens, P.bor_additivity, P.rpy_additivity, P.bor_xr_eq,
         P.rpy_xr_eq, P.dep_xr, xr_geq_one(), P.xr_increasing_but_rdm),
    )
)  # fmt: skip
REPAYS = (in_fixed(P.rpy_state), in_fixed(P.rpy_tokens))
REDEEMS = (in_fixed(P.rdm_state), in_fixed(P.rdm_tokens))
ONCE = (in_fixed(P.expected_interest),)
EXACT = (credits_zero(), P.dep_xr_eq)
RISES = (in_fixed(P.int_xr_gneq_above_ten), P.int_xr_gneq)
ROUNDS = {
    begun(credits_zero(), 13): "a redeem of all credits, rounded down, leaves something",
    begun(P.dep_additivity, 10): ROUNDED,
    begun(P.rdm_additivity, 10): ROUNDED,
    begun(P.dep_xr_eq, 10): ROUNDED,
    begun(P.rdm_xr_eq, 10): ROUNDED,
    begun(P.xr_increasing, 10): EMPTIED,
    begun(P.int_xr_gneq, 10): NO_INTEREST,
}


class Version1(Design, name="lending-protocol-v1"):
    """The minimal contract, without liquidation."""

    pool = LendingProtocol()

    proved = (*ACTS, *REPAYS, *REDEEMS, *ONCE, *EXACT, *RISES, P.xr_invariant, P.dep_gain_eq)
    refuted = {**ROUNDS, begun(P.xr_invariant, 10): ROUNDED, begun(P.dep_gain_eq, 10): ROUNDED}


class Version3(Design, name="lending-protocol-v3"):
    """The contract with a list of borrowers that may name one twice."""

    pool = ListsTwice()

    proved = (*ACTS, *REPAYS, *REDEEMS, *EXACT, *RISES)
    refuted = {**ROUNDS, in_fixed(P.expected_interest): "who is listed twice pays twice"}


class Version4(Design, name="lending-protocol-v4"):
    """The contract with a redeem that keeps one unit."""

    pool = KeepsOne()

    proved = (*ACTS, *REPAYS, *ONCE, *RISES[:1])
    refuted = {
        **ROUNDS,
        P.int_xr_gneq: "the last credits may be redeemed while a debt of what was kept is left: the rate stays one",
        credits_zero(): "what was kept is left",
        P.dep_xr_eq: "what was kept is the next depositor's",
        in_fixed(P.rdm_state): "one unit is kept",
        in_fixed(P.rdm_tokens): "one unit is kept",
    }


class Version7(Design, name="lending-protocol-v7"):
    """The contract with a repayment of the wrong token."""

    pool = RepaysSecond()

    proved = (*ACTS, *REDEEMS, *ONCE, *EXACT, *RISES)
    refuted = {
        **ROUNDS,
        in_fixed(P.rpy_state): "what is repaid is another token",
        in_fixed(P.rpy_tokens): "what is repaid is another token",
    }


class Version8(Design, name="lending-protocol-v8"):
    """The contract with an exchange rate of one."""

    pool = FixedRate()

    fixed = (P.dep_additivity, P.rdm_additivity, P.dep_xr_eq, P.rdm_xr_eq, P.xr_increasing)
    proved = (*ACTS, *REPAYS, *REDEEMS, *ONCE, P.dep_xr_eq, *map(in_fixed, fixed))
    refuted = {
        begun(credits_zero(), 10): "interest is nobody's credit",
        credits_zero(): "interest is nobody's credit",
        begun(P.int_xr_gneq, 10): "the rate is fixed",
    }

"""Physical settlement: a loan of fixed maturity that is repaid or forfeited, without an oracle and without liquidation.

Source: MYSO v1 (Sardon, Zero-Liquidation Loans, preprint of 18 November 2022) and Timeswap: the borrower may repay a
fixed amount and have the collateral back until maturity; afterwards the collateral is the lenders', pro rata and
rounded down. How the amount is set at the start is left open; a start no lower than ``line`` stands in for it.
"""

from typing import Annotated, Any

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Mechanism,
    Q,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    base,
    closed_form,
    down,
    each_tick,
    implies,
    in_fixed,
    initially,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .books import AnyPosition, Still
from .keepers import Attended, Nobody, unsold
from .markets import POOL, Infinite
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    nothing_is_sold,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drop, Floor, Slide, Wick
from .units import COLLATERAL, TICKS, Collateral, Debt, DebtFlow, Ratio, Ticks

COUNT = base("lender", decimals=0)
Count = Annotated[Real, COUNT]
UNIT = amount(Q("1e-18"), COLLATERAL / COUNT)


class PhysicalLoan(Attended):
    """One loan, whose borrower may do as it likes."""

    market: Infinite
    book: AnyPosition

    line: Ratio = param  # the largest loan-to-value at the start, from health 1
    maturity: Ticks = param
    holders_sell: Bool = param(False)

    now: Ticks = state(0)
    collateral: Collateral = state(like=10)
    debt: Debt = state()  # what is to be repaid, its interest included

    returned: Collateral = state(0)
    forfeited: Collateral = state(0)
    unpaid: Debt = state(0)  # the debt that the forfeited collateral stood for
    sold: Collateral = state(0)  # what lenders sold of it
    raised: Debt = state(0)  # what they got for that
    owner_cash: DebtFlow = state(0)
    lender_cash: DebtFlow = state(0)

    @assumption
    def line_is_a_share(self) -> Bool:
        """The line is a share."""
        return (self.line > 0) & (self.line <= 1)

    @assumption(on="start")
    def within_the_line_at_the_start(self) -> Bool:
        """The position's health, measured by the line, is at least the book's floor."""
        covered = self.debt * self.book.floor() <= self.health_value()
        return covered & self.book.holds(self.collateral)

    @initially
    def there_is_a_loan(self) -> Bool:
        return (self.collateral > 0) & (self.debt > 0)

    @rule(by="owner")
    def repay(self) -> Step:
        """Until maturity the borrower may repay everything and has its collateral back."""
        return require(self.now <= self.maturity, self.debt > 0).then(
            self.after(
                collateral=0,
                debt=0,
                returned=self.returned + self.collateral,
                owner_cash=self.owner_cash - self.debt,
                lender_cash=self.lender_cash + self.debt,
            )
        )

    @each_tick
    def mature(self) -> "PhysicalLoan":
        """When the tick of maturity is over, the collateral of an unpaid loan is the lenders'."""
        over = self.now >= self.maturity
        return self.after(
            now=self.now + amount(1, TICKS),
            collateral=where(over, 0, self.collateral),
            debt=where(over, 0, self.debt),
            forfeited=self.forfeited + where(over, self.collateral, 0),
            unpaid=self.unpaid + where(over, self.debt, 0),
        )

    @rule
    def sell(self, quantity: Collateral) -> Step:
        """Lenders sell some of the forfeited collateral."""
        return require(quantity <= self.forfeited - self.sold).then(
            self.after(sold=self.sold + quantity, raised=self.raised + self.market.proceeds(quantity)),
            self.market.sell(quantity),
        )

    holders_keep = unsold(sell)

    # Whose a loss is.

    def health_value(self) -> Real:
        """The health that the loan starts with; no rule looks at it."""
        return self.line * self.collateral * self.market.price()

    def healthy(self) -> Bool:
        return self.debt <= self.health_value()

    @property
    def deficit(self) -> Real:
        """What forfeited collateral lacks of the debt that it stood for."""
        return maximum(0, self.unpaid - self.forfeited_wealth())

    def forfeited_wealth(self) -> Real:
        """What lenders have of forfeited collateral: what it is worth and what it brought."""
        return (self.forfeited - self.sold) * self.market.price() + self.raised

    def lender_claim(self) -> Real:
        """What lenders are owed."""
        return self.debt

    def lender_loss(self) -> Real:
        """What collateral, pledged or forfeited, lacks of its debt at the market price."""
        return self.deficit + maximum(0, self.debt - self.collateral * self.market.price())

    def lender_wealth(self) -> Real:
        """What lenders have: cash, forfeited collateral, and of an open loan the lesser of debt and collateral."""
        price = self.market.price()
        return self.lender_cash + self.forfeited_wealth() + minimum(self.debt, self.collateral * price)

    def borrower_wealth(self) -> Real:
        """What is left to the borrower after its debt; that it repaid before the price fell was its own choice."""
        held = (self.collateral + self.returned) * self.market.price()
        return maximum(0, held - self.debt + self.owner_cash)

    def due(self) -> Bool:
        """There is never anything for a liquidator to do."""
        return ~all_of()

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what lenders are owed."""
        return (
            self.collateral + self.returned + self.forfeited,
            self.owner_cash + self.lender_cash,
            self.debt + self.unpaid + self.lender_cash,
        )

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "tick": self.now,
            "price": self.market.price(),
            "collateral": self.collateral,
            "debt": self.debt,
            "unpaid": self.unpaid,
            "returned": self.returned,
            "forfeited": self.forfeited,
        }

    # What holds of it.

    @lemma
    def open_repaid_or_forfeited(self) -> Bool:
        collateral, debt = at_start(self.collateral), at_start(self.debt)
        closed = (self.collateral == 0) & (self.debt == 0)
        unpaid = (self.owner_cash == 0) & (self.lender_cash == 0) & (self.returned == 0)
        paid = (self.owner_cash == -debt) & (self.lender_cash == debt) & (self.returned == collateral)
        kept = (self.forfeited == 0) & (self.unpaid == 0)
        lost = (self.forfeited == collateral) & (self.unpaid == debt)
        untouched = (self.collateral == collateral) & (self.debt == debt) & unpaid & kept
        return untouched | (closed & paid & kept) | (closed & unpaid & lost)

    @lemma
    def lent_within_the_line(self) -> Bool:
        collateral, debt = at_start(self.collateral), at_start(self.debt)
        worth = self.line * collateral * at_start(self.market.price())
        return (collateral > 0) & (debt * self.book.floor() <= worth)

    @lemma
    def nothing_is_sold(self) -> Bool:
        return self.sold == 0

    @invariant
    def claims_add_up(self) -> Bool:
        """What lenders have and what the borrower has add up to the collateral's value."""
        price = self.market.price()
        borrower = self.returned * price + self.owner_cash + maximum(0, self.collateral * price - self.debt)
        return self.lender_wealth() + borrower == at_start(self.collateral) * price

    @invariant
    def settled_after_maturity(self) -> Bool:
        """From the tick after maturity on nothing is outstanding and nothing pledged."""
        late = self.now >= self.maturity + amount(1, TICKS)
        return implies(late, (self.debt == 0) & (self.collateral == 0))

    @invariant(on="every rule")
    def wick_before_maturity_changes_nothing(self, post: "PhysicalLoan") -> Bool:
        """Before maturity no step but repayment takes or gives anything, whatever the price does."""
        same = (post.collateral == self.collateral) & (post.debt == self.debt)
        return implies((self.now < self.maturity) & (post.returned == self.returned), same)

    def settled_at(self, post: "PhysicalLoan") -> Real:
        """What a step that settles the loan brings lenders, at the price before it."""
        forfeited = (post.forfeited - self.forfeited) * self.market.price()
        return post.lender_cash - self.lender_cash + forfeited

    @invariant(on="every rule")
    def lenders_get_the_lesser_at_least(self, post: "PhysicalLoan") -> Bool:
        """Whoever repays or does not, lenders get no less than the lesser of debt and collateral."""
        lesser = minimum(self.debt, self.collateral * self.market.price())
        return implies((self.debt > 0) & (post.debt == 0), self.settled_at(post) >= lesser)

    @invariant(on="every rule")
    def lenders_get_the_lesser(self, post: "PhysicalLoan") -> Bool:
        """What settles a loan brings lenders exactly the lesser of its debt and its collateral."""
        lesser = minimum(self.debt, self.collateral * self.market.price())
        return implies((self.debt > 0) & (post.debt == 0), self.settled_at(post) == lesser)

    # How far the general properties hold.

    def room(self) -> Real:
        """The share by which the price may fall before collateral is worth less than the largest debt."""
        return 1 - self.line / self.book.floor()

    @closed_form(solvency, "bound")
    def solvent_up_to(self) -> Real:
        return self.room()

    @closed_form(lender_loss_cap, "cap")
    def lenders_lose(self) -> Real:
        return maximum(0, 1 - (1 - self.market.shock.bound) * self.book.floor() / self.line)

    @closed_form(borrower_loss_cap, "cap")
    def borrower_loses(self) -> Real:
        """Who does not repay may lose everything."""
        return amount(1, RATIO)


class RationallyRepaid(PhysicalLoan):
    """The loan, whose borrower repays by maturity if and only if the collateral is worth its debt."""

    def worth_repaying(self) -> Bool:
        """Whether the collateral is worth the debt."""
        return self.collateral * self.market.price() >= self.debt

    @assumption(on=PhysicalLoan.repay)
    def nobody_overpays(self) -> Bool:
        """The borrower repays only what its collateral is worth."""
        return self.worth_repaying()

    @assumption(on="environment")
    def nobody_forfeits_a_gain(self) -> Bool:
        """The borrower repays by maturity if the collateral is worth the debt."""
        return implies((self.debt > 0) & (self.now >= self.maturity), ~self.worth_repaying())

    @lemma
    def forfeited_for_less(self) -> Bool:
        return self.forfeited * self.market.shock.floor() <= self.unpaid

    @closed_form(borrower_loss_cap, "cap")
    def borrower_loses(self) -> Real | None:
        """What the price may recover after maturity: nothing after a drop, a wick's depth, without limit otherwise."""
        shock = self.market.shock
        if type(shock) is Drop:
            return amount(0, RATIO)
        recovered = {Slide: amount(1, RATIO), Wick: shock.bound}.get(type(shock))
        return None if recovered is None else where(shock.bound > self.room(), recovered, 0)

    @closed_form(wick_survival, "bound")
    def survives_up_to(self) -> Real:
        """A deeper wick that lasts through maturity takes the collateral."""
        return self.room()


class BeforeMaturity(PhysicalLoan):
    """The loan, watched until it matures."""

    @assumption(on="environment")
    def watched_until_maturity(self) -> Bool:
        """Nothing is said of what happens at maturity and later."""
        return self.now + amount(1, TICKS) < self.maturity


class PoolClaims(Mechanism):
    """What lenders take of collateral that is theirs, each its share rounded down, in whatever order."""

    total: Debt = param  # what all lenders contributed
    forfeited: Collateral = param

    claimed: Debt = state(0)  # the contributions of those who came
    paid: Collateral = state(0)
    lenders: Count = state(0)

    @assumption
    def something_was_lent(self) -> Bool:
        """Lenders contributed something."""
        return self.total > 0

    @rule
    def claim(self, contributed: Debt) -> Step:
        """A lender that has not come yet takes its share."""
        return require(contributed > 0, self.claimed + contributed <= self.total).then(
            self.after(
                claimed=self.claimed + contributed,
                paid=self.paid + down(self.forfeited * contributed / self.total),
                lenders=self.lenders + amount(1, COUNT),
            )
        )

    @invariant
    def claims_are_covered(self) -> Bool:
        """Whoever comes first, what was paid is at most the share of those who came, and they are no more than all."""
        return (self.paid * self.total <= self.claimed * self.forfeited) & (self.claimed <= self.total)

    @invariant(on=claim)
    def each_gets_its_share(self, post: "PoolClaims") -> Bool:
        """Whoever came before, a lender gets its share of all of it, less a rounding of less than one unit."""
        got, share = (post.paid - self.paid) * self.total, (post.claimed - self.claimed) * self.forfeited
        return (got <= share) & (share < got + UNIT * amount(1, COUNT) * self.total)

    @invariant
    def splitting_gains_nothing(self, one: Debt, other: Debt) -> Bool:
        """Who lends under two names gets no more than under one."""
        apart = down(self.forfeited * one / self.total) + down(self.forfeited * other / self.total)
        return apart <= down(self.forfeited * (one + other) / self.total)

    @invariant
    def dust_is_small(self) -> Bool:
        """Of the share of those who came, rounding leaves less than one unit for each of them."""
        left = self.claimed * self.forfeited - self.paid * self.total
        return (left < self.lenders * UNIT * self.total) | ((left == 0) & (self.lenders == 0))


SHARING = (
    PoolClaims.claims_are_covered,
    PoolClaims.each_gets_its_share,
    PoolClaims.splitting_gains_nothing,
    in_fixed(PoolClaims.claims_are_covered),
    in_fixed(PoolClaims.each_gets_its_share),
    in_fixed(PoolClaims.splitting_gains_nothing),
    in_fixed(PoolClaims.dust_is_small),
)


class Physical(Design, name="physical-settlement"):
    """A rational borrower, any maturity. Default shock: a fall of at most half, in whatever way, from health 1.25."""

    position = "the debt is what is to be repaid; no threshold, so the start stays within the line"
    capital = "the borrower's cash at maturity, or the lenders' own, who are left with the collateral"
    shock = Floor(bound="0.5")
    market = Infinite(shock=shock)
    book = Still(health="1.25")
    pool = RationallyRepaid(market=market, book=book, line="0.83")
    keepers = Nobody(pool=pool)

    proved = (
        RationallyRepaid.lenders_get_the_lesser,
        RationallyRepaid.claims_add_up,
        RationallyRepaid.settled_after_maturity,
        lender_loss_cap(cap=Q("41/166")),
        solvency(shock="0.336"),
        borrower_loss_cap(cap=0, shock=Drop(bound="0.5")),
        borrower_loss_cap(cap="0.5", shock=Wick(bound="0.5")),
        wick_survival(shock=Wick(bound="0.336")),
        conservation(),
    )
    refuted = {
        lender_loss_cap(cap="0.2469"): "all collateral at half its price pays 0.5·1.25/0.83 of the debt",
        solvency(shock="0.3361"): "from 1 - 0.83/1.25 = 33.6 % on the collateral is worth less than the debt",
        borrower_loss_cap(
            cap="0.4999", shock=Wick(bound="0.5")
        ): "forfeited at the bottom, the collateral rises without its borrower",
        wick_survival(shock=Wick(bound="0.3361")): "a wick that lasts through maturity makes repaying a loss",
    }


class PhysicalAnyBorrower(Design, name="physical-any-borrower"):
    """A borrower that does as it likes."""

    shock = Floor(bound="0.5")
    market = Infinite(shock=shock)
    book = Still(health="1.25")
    pool = PhysicalLoan(market=market, book=book, line="0.83")
    keepers = Nobody(pool=pool)

    proved = (
        PhysicalLoan.lenders_get_the_lesser_at_least,
        PhysicalLoan.claims_add_up,
        PhysicalLoan.settled_after_maturity,
        PhysicalLoan.wick_before_maturity_changes_nothing,
        lender_loss_cap(cap=Q("41/166")),
        nothing_is_sold(**POOL),
        oracle_noninterference(rules=""),
        conservation(),
        in_fixed(conservation()),
        in_fixed(PhysicalLoan.settled_after_maturity),
    )
    refuted = {
        PhysicalLoan.lenders_get_the_lesser: "a borrower that repays too much, or not at all, makes lenders a present",
        borrower_loss_cap(cap="0.99", shock=Drop(bound="0.5")): "who forgets to repay loses all of its equity",
    }


class PhysicalUntilMaturity(Design, name="physical-until-maturity"):
    """Before maturity: wicks of every depth are survived. Default shock: one of any depth and duration."""

    shock = Wick(bound=ANY, duration=ANY)
    market = Infinite(shock=shock)
    book = Still()
    pool = BeforeMaturity(market=market, book=book, line="0.83")
    keepers = Nobody(pool=pool)

    proved = (wick_survival(),)


class PhysicalClaims(Design, name="physical-claims"):
    """Any number of lenders share a settled loan's collateral."""

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    claims = PoolClaims()

    proved = SHARING

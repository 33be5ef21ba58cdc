"""Twyne v1: a borrower rents others' unused borrowing power; whoever liquidates inherits the position.

Source: 0xTwyne/twyne-contracts-v1 at ac8e5461, ``CollateralVaultBase.sol``. The user's collateral and the credit that
it rents secure one debt at an external market, whose own liquidation comes later and is not modelled: what is left to
whom is split three ways then. Credit costs no interest here. The ratios are a textbook example: those deployed were
not confirmed.
"""

from typing import Any

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    given,
    implies,
    in_fixed,
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
from .keepers import Nobody
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Wick
from .units import Collateral, CollateralFlow, Debt, Ratio


class Twyne(Loan):
    """A position with rented credit; ``liquidation_threshold`` is the loan-to-value that its user chose."""

    external_threshold: Ratio = param  # of the market where the debt is owed
    buffer: Ratio = param  # the share of it that may be used
    largest: Ratio = param  # the largest loan-to-value that may be chosen

    deficit: Debt = param(0)  # nothing is written off here

    credit: Collateral = state(like=2)
    inherited: Bool = state(False)

    credit_lenders: CollateralFlow = state(0, tally=True)

    @assumption
    def ratios_are_in_order(self) -> Bool:
        """What is chosen is at least what may be used of the external threshold, and at most the largest."""
        shares = (self.external_threshold > 0) & (self.buffer > 0) & (self.buffer <= 1) & (self.largest <= 1)
        chosen = (self.usable() <= self.liquidation_threshold) & (self.liquidation_threshold <= self.largest)
        return shares & (self.usable() < self.largest) & chosen

    def usable(self) -> Real:
        """The loan-to-value that the user has without any credit."""
        return self.buffer * self.external_threshold

    def line(self, price: Real) -> Real:
        """The most that may be owed at a price."""
        chosen = self.liquidation_threshold * self.collateral
        return price * minimum(self.usable() * (self.collateral + self.credit), chosen)

    def health_value(self) -> Real:
        return self.line(self.oracle.quote())

    def kept(self) -> Real:
        """What the user keeps of its collateral: all equity at the usable loan-to-value, nothing at the largest."""
        value, least = self.collateral * self.oracle.quote(), self.usable()
        short = maximum(0, self.largest * value - self.debt)
        share = minimum(1, down(short / (value * (self.largest - least)), 18))
        return down((1 - least) * self.collateral * share)

    @rule(by="owner")
    def rent(self, more: Collateral) -> Step:
        """The user rents credit."""
        return require(more > 0).then(self.after(credit=self.credit + more, credit_lenders=self.credit_lenders - more))

    @rule(by="owner")
    def give_back(self, less: Collateral) -> Step:
        """The user gives credit back, as far as the position stays healthy."""
        post = self.after(credit=self.credit - less, credit_lenders=self.credit_lenders + less)
        return require(less > 0, less <= self.credit, post.healthy()).then(post)

    @assumption(on=(rent, give_back))
    def credit_stays(self) -> Bool:
        """No credit is rented or given back after the start."""
        return self.book.may_take_risk()

    @assumption(on="owner")
    def heirs_do_nothing_more(self) -> Bool:
        """Only the first user's position is followed: who inherits it does nothing more with it."""
        return ~self.inherited

    @rule(by="liquidator")
    def liquidate(self, paid: Debt, added: Collateral) -> Step:
        """Anyone inherits an unhealthy position, pays its user what it keeps, and makes it healthy at once."""
        post = self.after(
            collateral=self.collateral - self.kept() + added,
            debt=self.debt - paid,
            inherited=True,
            owner_collateral=self.owner_collateral + self.kept(),
            liquidator_collateral=self.liquidator_collateral - added,
            liquidator_cash=self.liquidator_cash - paid,
            pool_cash=self.pool_cash + paid,
        )
        return require(self.liquidatable(), ~self.inherited, paid <= self.debt, post.healthy()).then(post)

    def due(self) -> Bool:
        return super().due() & ~self.inherited

    def borrower_wealth(self) -> Real:
        """The position's equity, or what was kept of it."""
        kept = (self.owner_collateral - at_start(self.owner_collateral)) * self.market.price()
        return where(self.inherited, kept, super().borrower_wealth())

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum, the credit's on its own."""
        return (*super().totals(), self.credit + self.credit_lenders)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return super().columns() | {"credit": self.credit, "inherited": self.inherited}

    # What holds of it.

    @invariant
    def comes_before_the_external_liquidation(self) -> Bool:
        """Who is healthy here is within the buffer's share of what the external market allows."""
        allowed = self.external_threshold * (self.collateral + self.credit) * self.oracle.quote()
        return implies(self.healthy(), self.debt <= self.buffer * allowed)

    @invariant
    def external_liquidation_is_not_reached(self) -> Bool:
        """The external market never liquidates."""
        return self.debt <= self.external_threshold * (self.collateral + self.credit) * self.oracle.quote()

    @invariant(on=liquidate)
    def heirs_do_not_lose(self, post: "Twyne") -> Bool:
        """While the collateral is worth the debt, what is inherited is worth at least what is paid for it."""
        price, paid = self.oracle.quote(), self.liquidator_cash - post.liquidator_cash
        added = self.liquidator_collateral - post.liquidator_collateral
        gain = post.collateral * price - post.debt - paid - added * price
        return implies(self.collateral * price >= self.debt, gain >= 0)

    @invariant(on=liquidate)
    def heirs_never_lose(self, post: "Twyne") -> Bool:
        """What is inherited is worth at least what is paid for it."""
        price, paid = self.oracle.quote(), self.liquidator_cash - post.liquidator_cash
        added = self.liquidator_collateral - post.liquidator_collateral
        return post.collateral * price - post.debt >= paid + added * price

    @invariant(on=liquidate)
    def heirs_gain_what_exceeds_the_usable(self, post: "Twyne") -> Bool:
        """Up to the largest loan-to-value the heir gains (1 - λmax)/(λmax - u) of what exceeds the usable u."""
        value, price = self.collateral * self.oracle.quote(), self.oracle.quote()
        lost = value - self.debt - (post.owner_collateral - self.owner_collateral) * price
        share = (self.debt - self.usable() * value) * (1 - self.largest)
        return implies(self.debt <= self.largest * value, lost * (self.largest - self.usable()) == share)

    @invariant(on=liquidate)
    def users_keep_nothing_from_the_largest_on(self, post: "Twyne") -> Bool:
        """From the largest loan-to-value on the user keeps nothing."""
        nothing = post.owner_collateral == self.owner_collateral
        return implies(self.debt >= self.largest * self.collateral * self.oracle.quote(), nothing)

    @invariant(on=liquidate)
    def inherited_is_healthy(self, post: "Twyne") -> Bool:
        """What was inherited is healthy, its lenders are owed no more, and no credit was touched."""
        return post.healthy() & (post.debt <= self.debt) & (post.credit == self.credit)

    @lemma
    def untouched_or_inherited(self) -> Bool:
        as_begun = (self.collateral == at_start(self.collateral)) & (self.debt == at_start(self.debt))
        return self.inherited | (as_begun & (self.owner_collateral == at_start(self.owner_collateral)))

    @lemma
    def inherited_stays_healthy_after_a_drop(self) -> Bool:
        shock = self.market.shock
        settled = self.healthy() & shock.moved_once if isinstance(shock, Drop) else self.inherited
        return ~self.inherited | settled

    @lemma
    def within_the_line_at_the_peak(self) -> Bool:
        return self.debt <= self.line(self.market.shock.peak)

    @lemma
    def as_healthy_as_at_the_first_price(self) -> Bool:
        return self.inherited | (self.debt * self.book.floor() <= self.line(at_start(self.market.price())))

    @lemma
    def heirs_paid_what_is_kept(self) -> Bool:
        kept = self.owner_collateral - at_start(self.owner_collateral)
        value = at_start(self.collateral) * self.market.price()
        short = (1 - self.usable()) * (self.largest * value - at_start(self.debt))
        paid = (kept >= 0) & (kept * self.market.price() * (self.largest - self.usable()) >= short)
        return ~self.inherited | (paid if isinstance(self.market.shock, Drop) else kept >= 0)

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """1 - λ/h: nothing but the price takes cover away."""
        drop = isinstance(self.market.shock, Drop) and type(self.oracle) is Spot
        return 1 - self.liquidation_threshold / self.book.floor() if drop else None

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What the lowest price lacks of the debt."""
        shock = self.market.shock
        missing = 1 - (1 - shock.bound) * self.book.floor() / self.liquidation_threshold
        return maximum(0, missing) if isinstance(shock, Drop) and type(self.oracle) is Spot else None

    @closed_form(borrower_loss_cap, "cap")
    def dearest_inheritance(self) -> Real | None:
        """All equity at the largest loan-to-value, 1 - λmax, if the drop goes so far."""
        shock = self.market.shock
        if not isinstance(shock, Drop) or type(self.oracle) is not Spot:
            return None
        reached = minimum(self.largest, self.liquidation_threshold / self.book.floor() / (1 - shock.bound))
        lost = (reached - self.usable()) * (1 - self.largest) / (self.largest - self.usable())
        return where((1 - shock.bound) * self.book.floor() >= 1, amount(0, RATIO), maximum(0, lost))


class TwyneVault(Design, name="twyne"):
    """External threshold 85 %, buffer 98 %, chosen 90 %, largest 93 %. Default shock: a drop by a tenth."""

    shock = Drop(bound="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Twyne(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.9", external_threshold="0.85", buffer="0.98",
        largest="0.93",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap=Q("11/36"), shock="0.5", book=Still(health="1.25")),
        borrower_loss_cap(cap="0.07"),
        wick_survival(shock=Wick(bound="0.2"), book=Still(health="1.25")),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        Twyne.comes_before_the_external_liquidation,
        given(Twyne.external_liquidation_is_not_reached, shock="0.02"),
        given(Twyne.heirs_do_not_lose, shock="0.5"),
        given(Twyne.heirs_gain_what_exceeds_the_usable, shock="0.5"),
        given(Twyne.users_keep_nothing_from_the_largest_on, shock="0.5"),
        given(Twyne.inherited_is_healthy, shock="0.5"),
        oracle_noninterference(rules="liquidate withdraw borrow give_back"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(Twyne.inherited_is_healthy),
    )
    refuted = {
        solvency(shock="0.1001"): "from a drop by 1 - 90 % on what the user has is worth less than the debt",
        lender_loss_cap(cap="0.3055", shock="0.5", book=Still(health="1.25")): "0.5·1.25/0.9 of the debt is covered, "
        "the rest is the credit's to pay",
        borrower_loss_cap(cap="0.0699"): "at 93 % all equity is the heir's",
        given(Twyne.external_liquidation_is_not_reached, shock="0.0201"): "a drop by more than the buffer of 2 %",
        given(Twyne.heirs_never_lose, shock="0.5"): "nobody inherits what is worth less than its debt",
    }

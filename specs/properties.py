"""The properties that any design may claim, under the names that everybody uses for them.

Each is written for one generic position ``it`` of a mechanism that shows what its view asks for. Where a property sums
over positions, such as a loss cap, the sum of these claims over all positions is that property.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from verifier.language import (
    Bool,
    Elsewhere,
    Real,
    Step,
    Words,
    all_of,
    amount,
    at_start,
    count,
    generic,
    implies,
    lowest,
    maximum,
    once,
    where,
)

from .units import COLLATERAL, DEBT


class Fundamental(Protocol):
    """A shock, as these properties see it."""

    price: Real


class Priced(Protocol):
    """A market, as these properties see it."""

    shock: Fundamental
    depth: Real

    def price(self) -> Real: ...
    def impact(self, sold: Real) -> Real: ...
    def reserve(self) -> Real: ...
    def proceeds(self, quantity: Real) -> Real: ...


class Listed(Protocol):
    """A book that knows its positions one by one."""

    def floor(self) -> Real: ...
    def most(self) -> Real: ...


class Lending(Protocol):
    """What a mechanism that lends against collateral shows of one position."""

    market: Priced
    collateral: Real
    debt: Real
    deficit: Real

    book: Listed

    def health_value(self) -> Real: ...
    def healthy(self) -> Bool: ...


class Owed(Protocol):
    """A mechanism that lends against collateral, says what its lenders lose, and when keepers have something to do."""

    collateral: Real
    debt: Real
    deficit: Real

    def lender_loss(self) -> Real: ...
    def due(self) -> Bool: ...
    def loss_if_closed(self) -> Real: ...


class Shared(Lending, Owed, Protocol):
    """A mechanism that says whose a loss is: who stands in the lender's and in the borrower's place."""

    def lender_claim(self) -> Real: ...
    def borrower_wealth(self) -> Real: ...


Seats = Iterable[tuple[Lending, Lending]]
"""All positions, each as it is and as it would be seen had nobody ever sold anything."""


class Traded(Lending, Protocol):
    """A mechanism whose liquidators are paid in collateral, which they sell."""

    liquidator_collateral: Real
    liquidator_cash: Real


class Booked(Protocol):
    """A mechanism that names its accounts: for each token the sum of all of them."""

    def totals(self) -> Iterable[Real]: ...


@generic
def solvency(it: Lending) -> Bool:
    """No debt was written off, and the collateral is worth the debt at the market price."""
    return (it.deficit == 0) & (it.collateral * it.market.price() >= it.debt)


@generic
def lender_loss_cap(it: Shared, cap: Real) -> Bool:
    """What the lender has lost, realised or not, is at most the cap's share of its claim at the start."""
    return it.lender_loss() <= cap * at_start(it.lender_claim())


@generic
def borrower_loss_cap(it: Shared, cap: Real) -> Bool:
    """What the mechanism cost the borrower is at most the cap's share of the initial collateral at today's price."""
    price, collateral = it.market.price(), at_start(it.collateral)
    untouched = maximum(0, collateral * price - at_start(it.debt))
    return untouched - it.borrower_wealth() <= cap * collateral * price


@generic(on="liquidator")
def liquidation_improves_health(it: Lending, post: Lending) -> Bool:
    """A liquidation never lowers the health of the position it touches."""
    return post.health_value() * it.debt >= it.health_value() * post.debt


@generic(on="owner")
def own_acts_keep_health(it: Lending, post: Lending) -> Bool:
    """No act of its owner makes a healthy position unhealthy, not even one that draws all that it may."""
    return implies(it.healthy(), post.healthy())


@generic(on="liquidator")
def healthy_is_safe(it: Lending, post: Lending) -> Bool:
    """Nobody liquidates a healthy position, such as one just opened at its maximum."""
    del post
    return ~it.healthy()


@generic(on="every rule")
def conservation(it: Booked, post: Booked) -> Bool:
    """No unit of any token appears or vanishes, whatever the step: each token's accounts sum to the same."""
    return all_of(*(after == before for before, after in zip(it.totals(), post.totals(), strict=True)))


@generic(on="not the owner")
def wick_survival(it: Lending, post: Lending) -> Bool:
    """No collateral leaves the position by anyone's act but its owner's."""
    return post.collateral >= it.collateral


@generic(on="not the environment")
def oracle_noninterference(it: Any, post: Any, elsewhere: Elsewhere, rules: str) -> Bool:
    """Only the named rules read the price: any other step can be taken, and ends the same, at any other price."""
    del it, post
    named = [part for rule in rules.split() for part in (rule, f"{rule} by others")]
    return all_of() if elsewhere.rule in named else elsewhere.same


@generic(on="not the environment")
def no_overflow(it: Any, post: Any, words: Words, bits: Real) -> Bool:
    """Every whole number that the contract computes fits into its machine word."""
    del it, post
    return words.fit(bits)


# The same to a margin, in debt tokens: what the units make of it in which a contract counts.


@generic(on="liquidator", name="liquidation_improves_health")
def improves_health_to(it: Lending, post: Lending, margin: Real) -> Bool:
    """A liquidation lowers health by no more than the margin makes, once less is owed or more may be owed by it."""
    spared = post.debt - margin * amount(1, DEBT)
    return post.health_value() * it.debt >= it.health_value() * spared


def both_stand_alike_unless_somebody_is_due(it: Owed, beside: Owed) -> Bool:
    alike = (it.debt == beside.debt) & (it.deficit == beside.deficit)
    held = implies(it.debt > 0, it.collateral == beside.collateral)
    return implies(alike_at_the_start(it, beside), (alike & held) | it.due() | beside.due())


def both_stand_alike_while_both_are_due(it: Owed, beside: Owed) -> Bool:
    alike = (it.debt == beside.debt) & (it.deficit == beside.deficit) & (it.collateral == beside.collateral)
    return implies(alike_at_the_start(it, beside) & it.due() & beside.due(), alike)


def who_is_closed_first_owes_nothing(it: Owed, beside: Owed) -> Bool:
    first = (~it.due() | beside.due() | (beside.debt == 0)) & (~beside.due() | it.due() | (it.debt == 0))
    return implies(alike_at_the_start(it, beside), first)


def losses_are_equal(it: Owed, beside: Owed) -> Bool:
    return implies(alike_at_the_start(it, beside), it.lender_loss() == beside.lender_loss())


def untouched_until_closed(it: Owed, beside: Owed) -> Bool:
    def untouched(one: Owed) -> Bool:
        return (one.debt == 0) | ((one.debt == at_start(one.debt)) & (one.collateral == at_start(one.collateral)))

    return untouched(it) & untouched(beside)


def the_other_closes_later(it: Owed, beside: Owed) -> Bool:
    return implies(alike_at_the_start(it, beside) & (beside.debt == 0), (it.debt == 0) | it.due())


def closing_it_later_costs_no_less(it: Owed, beside: Owed) -> Bool:
    first = alike_at_the_start(it, beside) & (it.debt == 0) & (beside.debt > 0)
    return implies(first, it.lender_loss() <= beside.loss_if_closed())


def closing_this_now_costs_no_more(it: Owed, beside: Owed) -> Bool:
    last = alike_at_the_start(it, beside) & (beside.debt == 0) & (it.debt > 0)
    return implies(last, it.due() & (it.loss_if_closed() <= beside.lender_loss()))


def alike_at_the_start(it: Owed, beside: Owed) -> Bool:
    """Whether both positions started with the same debt and collateral."""
    return (at_start(it.debt) == at_start(beside.debt)) & (at_start(it.collateral) == at_start(beside.collateral))


@generic(
    beside=True,
    slots={"keepers": "in-full", "book": "still"},
    lemmas=(
        both_stand_alike_unless_somebody_is_due,
        both_stand_alike_while_both_are_due,
        who_is_closed_first_owes_nothing,
        losses_are_equal,
        untouched_until_closed,
        the_other_closes_later,
        closing_it_later_costs_no_less,
        closing_this_now_costs_no_more,
    ),
)
def no_worse_than(it: Owed, beside: Owed, other: str) -> Bool:
    """From the same start on one price path, lenders lose no more than in the other design, once keepers have acted."""
    del other
    settled = ~it.due() & ~beside.due()
    return implies(alike_at_the_start(it, beside) & settled, it.lender_loss() <= beside.lender_loss())


def add_up(act: Callable[..., Step], one: Real, other: Real, accounts: str) -> Bool:
    """Whether an act in two portions, where both and all at once can be done, leaves in the accounts what that does."""
    first, whole = act(one), act(one + other)
    second = getattr(first.posts[0], act.__name__)(other)
    same = [getattr(second.posts[0], name) == getattr(whole.posts[0], name) for name in accounts.split()]
    return implies(first.enabled() & second.enabled() & whole.enabled(), all_of(*same))


# The market as a whole. Over the tiers of a book these speak of any number of borrowers.


@generic(crowd=True)
def price_floor(it: Lending, floor: Real) -> Bool:
    """The market price never falls below the floor's share of the first one."""
    return it.market.price() >= floor * at_start(it.market.price())


@generic(crowd=True)
def amplification(it: Lending, factor: Real) -> Bool:
    """However deep the fundamental price fell, the market price fell at most so many times as far."""
    fundamental, price = it.market.shock.price, it.market.price()
    lost = (at_start(price) - price) * at_start(fundamental)
    return lost <= factor * (at_start(fundamental) - lowest(fundamental)) * at_start(price)


@generic(on="liquidator", crowd=True)
def no_cascade(it: Lending, post: Lending, fundamental: Lending) -> Bool:
    """No liquidation is caused by a liquidation: who is liquidated was unhealthy at the fundamental price, too."""
    del it, post
    return once(~fundamental.healthy(), since_owner=True)


@generic(on="liquidator", crowd=True)
def no_spread(it: Lending, post: Lending, fundamental: Lending) -> Bool:
    """No tier is reached by sales that the fundamental price alone would not have reached."""
    del it, post
    return once(~fundamental.healthy(), since_owner=True)


@generic(crowd=True, name="no_cascade")
def no_cascade_beyond(it: Lending, seats: Seats, tolerance: Real) -> Bool:
    """Sales drag along collateral of at most the tolerance's share of the market's depth.

    Dragged along is what was sold of positions that the fundamental price, at its lowest, would have left healthy.
    """
    first, reached = at_start(it.market.shock.price), lowest(it.market.shock.price)
    dragged: Real | int = 0
    for seat, _ in seats:
        sold = maximum(0, at_start(seat.collateral) - seat.collateral)
        dragged = where(seat.book.floor() * reached < first, 0, sold) + dragged
    return dragged <= tolerance * it.market.depth


@generic(crowd=True)
def rounds(it: Lending, seats: Seats, most: Real) -> Bool:
    """Nobody is reached later than in this round: the price keeps what so many rounds of sales leave of it."""
    first, reached = at_start(it.market.price()), lowest(it.market.shock.price)
    books = [seat.book for seat, _ in seats]
    price = reached * it.market.impact(amount(0, COLLATERAL))
    for _ in range(count(most) + 1):
        sold: Real | int = 0
        for book in books:
            sold = where(book.floor() * price < first, book.most(), 0) + sold
        price = reached * it.market.impact(sold)  # type: ignore[arg-type]
    return it.market.price() >= price


# Liquidators, and what their sales do to the price.


@generic(on="liquidator")
def liquidation_pays(it: Traded, post: Traded, most: Real) -> Bool:
    """Repaying at most this share of what the market has to pay with is no loss after the sale of what is seized."""
    paid, taken = it.liquidator_cash - post.liquidator_cash, post.liquidator_collateral - it.liquidator_collateral
    return implies(paid <= most * it.market.reserve(), it.market.proceeds(taken) >= paid)


@generic(on="liquidator")
def liquidators_need_no_cash(it: Traded, post: Traded) -> Bool:
    """Whoever liquidates pays nothing but for its transaction: it takes neither capital nor a market to sell in."""
    return post.liquidator_cash >= it.liquidator_cash


@generic(on="not the environment")
def nothing_is_sold(it: Lending, post: Lending) -> Bool:
    """While who is given collateral keeps it, no act moves the market's price, so that none causes another."""
    return post.market.price() == it.market.price()


@generic(on="liquidator")
def covered_up_to(it: Lending, post: Lending, loan_to_value: Real) -> Bool:
    """The debt of a position with at most this loan-to-value is paid in full by the sale of all its collateral."""
    covered = it.debt <= loan_to_value * it.collateral * it.market.price()
    return implies(covered, post.deficit == it.deficit)


@generic(on="liquidator")
def improves_health_up_to(it: Lending, post: Lending, loan_to_value: Real) -> Bool:
    """A position with at most this loan-to-value is not made less healthy, slippage included."""
    covered = it.debt <= loan_to_value * it.collateral * it.market.price()
    return implies(covered, post.health_value() * it.debt >= it.health_value() * post.debt)

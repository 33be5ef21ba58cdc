"""Who bears what a bankrupt perpetual position lacks: insurance fund, auto-deleveraging, socialised loss.

Source: Hyperliquid's documentation of auto-deleveraging (the other side, ranked, closes below zero; no loss for a
user without a position); dydxprotocol/v4-chain, ``x/subaccounts`` and ``x/clob`` (insurance fund, then offsetting
accounts at the bankruptcy price); T. Chitra, arXiv 2512.01112, for the two rules: a queue of whole positions, and pro
rata. Which rank the queue goes by does not matter here: claims hold for every order. How a socialised loss is shared
out is in ``socialised_loss``.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    assumption,
    at_start,
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
    up,
    where,
)

from .units import Collateral, Debt, Price


class Deleveraging(Mechanism):
    """Who bears what a bankrupt long lacks: the insurance fund, then the shorts that win, then everybody.

    A short's haircut is taken by closing a part of it at the bankruptcy price. Shorts, of any number, are met one after
    another, in order of their rank where there is one; each kind of rule says how much the next one bears.
    """

    mark: Price = param
    bankruptcy_price: Price = param
    shorts: Collateral = param  # the size of all shorts that are to be met
    screened: Bool = param(True)  # whether shorts without equity at the bankruptcy price are left out

    fund: Debt = state()
    lacking: Debt = state()  # what nobody has borne yet
    from_fund: Debt = state(0)
    drawn: Bool = state(False)
    uncovered: Debt = state(0)  # what the fund left to the shorts
    bearable: Debt = state(0)  # what they bear of it in all: no more than all of them forgo when closed whole
    met: Collateral = state(0)  # the size of the shorts met so far
    haircuts: Debt = state(0)
    largest: Debt = state(0)  # the largest haircut so far
    socialised: Debt = state(0)

    # The short met last: its size, what it was sold for with its margin, its haircut, and how much of it was closed.
    size: Collateral = state(0)
    cash: Debt = state(0)
    haircut: Debt = state(0)
    closed: Collateral = state(0)

    @assumption
    def long_is_bankrupt(self) -> Bool:
        """The mark price is below the bankruptcy price, and there are shorts."""
        return (self.mark > 0) & (self.mark < self.bankruptcy_price) & (self.shorts > 0)

    def gap(self) -> Real:
        """What a short forgoes on each unit that is closed at the bankruptcy price."""
        return self.bankruptcy_price - self.mark

    def next_haircut(self, size: Real) -> Real:
        """What the next short bears, by its size."""
        raise NotImplementedError

    def next_haircuts(self, *sizes: Real) -> list[Real]:
        """What the next shorts bear, met in this order."""
        pool, haircuts = self, []
        for size in sizes:
            haircut = pool.next_haircut(size)
            lacking = maximum(0, pool.lacking - haircut)
            pool = pool.after(met=pool.met + size, haircuts=pool.haircuts + haircut, lacking=lacking)
            haircuts.append(haircut)
        return haircuts

    def are_next(self, *sizes: Real) -> Bool:
        """Whether shorts of these sizes may be met now."""
        return self.drawn & (sum(sizes, self.met) <= self.shorts)

    @rule
    def draw(self) -> Step:
        """The insurance fund pays what it can."""
        paid = minimum(self.fund, self.lacking)
        uncovered = self.lacking - paid
        return require(~self.drawn).then(
            self.after(
                drawn=True,
                fund=self.fund - paid,
                from_fund=self.from_fund + paid,
                lacking=uncovered,
                uncovered=uncovered,
                bearable=minimum(uncovered, down(self.shorts * self.gap())),
            )
        )

    @rule
    def meet(self, size: Collateral, cash: Debt) -> Step:
        """The next short bears its part."""
        haircut = self.next_haircut(size)
        solvent = cash >= size * self.bankruptcy_price
        return require(self.drawn, self.met + size <= self.shorts, ~self.screened | solvent).then(
            self.after(
                met=self.met + size,
                haircuts=self.haircuts + haircut,
                largest=maximum(self.largest, haircut),
                lacking=maximum(0, self.lacking - haircut),
                size=size,
                cash=cash,
                haircut=haircut,
                closed=down(haircut / self.gap()),
            )
        )

    @rule
    def socialise(self) -> Step:
        """What no short can bear is borne by all."""
        return require(self.drawn, self.met == self.shorts, self.lacking > 0).then(
            self.after(socialised=self.socialised + self.lacking, lacking=0)
        )

    # What holds of it.

    def equity_before(self, price: Real) -> Real:
        """What the short met last had at a price."""
        return self.cash - self.size * price

    def equity_after(self, price: Real) -> Real:
        """What it has at that price once its part is closed at the bankruptcy price."""
        return self.cash - self.closed * self.bankruptcy_price - (self.size - self.closed) * price

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "lacking": self.lacking,
            "from the fund": self.from_fund,
            "size": self.size,
            "cash": self.cash,
            "haircut": self.haircut,
            "haircuts": self.haircuts,
            "socialised": self.socialised,
        }

    @lemma
    def not_more_than_all_are_met(self) -> Bool:
        return self.met <= self.shorts

    @lemma
    def before_the_fund_nobody_pays(self) -> Bool:
        untouched = (self.met == 0) & (self.haircuts == 0) & (self.uncovered == 0) & (self.bearable == 0)
        return self.drawn | (untouched & (self.from_fund == 0) & (self.lacking == at_start(self.lacking)))

    @lemma
    def fund_pays_first(self) -> Bool:
        return ~self.drawn | ((self.uncovered == 0) | (self.fund == 0)) & (
            self.uncovered + self.from_fund == at_start(self.lacking)
        )

    @lemma
    def shorts_bear_what_they_can(self) -> Bool:
        return ~self.drawn | (self.bearable == minimum(self.uncovered, down(self.shorts * self.gap())))

    @lemma
    def nothing_is_borne_twice(self) -> Bool:
        open_still = (self.haircuts + self.lacking == self.uncovered) & (self.socialised == 0)
        return ~self.drawn | (self.lacking == 0) | open_still

    @lemma
    def shorts_and_everybody_bear_the_rest(self) -> Bool:
        return ~self.drawn | (self.haircuts + self.lacking + self.socialised == self.uncovered)

    @invariant
    def layers_add_up(self) -> Bool:
        """What fund, shorts and everybody bore and what is still lacking is the deficit: no more, no less."""
        borne = self.from_fund + self.haircuts + self.socialised
        return borne + self.lacking == at_start(self.lacking)

    @invariant
    def layers_wait_their_turn(self) -> Bool:
        """No short bears anything while the fund has money; nothing is socialised before shorts bear all they can."""
        fund_first = (self.haircuts == 0) | (self.fund == 0)
        shorts_next = (self.socialised == 0) | (self.haircuts >= self.bearable)
        return fund_first & shorts_next

    @invariant
    def haircuts_add_up(self) -> Bool:
        """Once all shorts are met, they bear together what the fund left to them, as far as they can."""
        return implies(self.drawn & (self.met == self.shorts), self.haircuts == self.bearable)

    @invariant
    def haircuts_stay_within_one_position(self) -> Bool:
        """What the shorts bear beyond what is needed is less than the largest haircut."""
        return (self.haircuts <= self.uncovered) | (self.haircuts - self.uncovered < self.largest)

    @invariant
    def nobody_is_closed_twice(self) -> Bool:
        """A short bears at most what closing all of it costs; without a position, nothing."""
        return (self.haircut <= up(self.size * self.gap())) & implies(self.size == 0, self.haircut == 0)

    @invariant
    def no_worse_at_the_bankruptcy_price(self) -> Bool:
        """Valued at the bankruptcy price, a short has what it had."""
        return self.equity_after(self.bankruptcy_price) == self.equity_before(self.bankruptcy_price)

    @invariant
    def loses_its_haircut_at_the_mark(self) -> Bool:
        """Valued at the mark price, a short has lost exactly its haircut."""
        return self.equity_before(self.mark) - self.equity_after(self.mark) == self.haircut

    @invariant
    def no_short_ends_negative(self) -> Bool:
        """A short that is closed in part or whole still has equity at the mark price."""
        return self.equity_after(self.mark) >= 0

    @invariant
    def splitting_changes_nothing(self, one: Collateral, other: Collateral) -> Bool:
        """A short that is split into two accounts, met one after the other, bears as much as before."""
        first, second = self.next_haircuts(one, other)
        return implies(self.are_next(one, other), first + second == self.next_haircut(one + other))

    @invariant
    def splitting_across_ranks_changes_nothing(self, one: Collateral, between: Collateral, other: Collateral) -> Bool:
        """So does one that is split into two, of which the second is met after another short."""
        first, _, second = self.next_haircuts(one, between, other)
        return implies(self.are_next(one, between, other), first + second == self.next_haircut(one + other))


class ProRata(Deleveraging):
    """Shorts bear in proportion to their size; sums are rounded, not each haircut, so that they end on the deficit."""

    def next_haircut(self, size: Real) -> Real:
        return down(self.bearable * (self.met + size) / self.shorts) - self.haircuts

    @lemma
    def in_proportion_so_far(self) -> Bool:
        return (self.haircuts == self.in_proportion()) & (self.haircuts <= self.bearable)

    def in_proportion(self) -> Real:
        """What the shorts met so far bear in all."""
        return down(self.bearable * self.met / self.shorts)

    @invariant
    def haircuts_are_in_proportion(self) -> Bool:
        """The shorts met so far bear their size's share."""
        return self.haircuts == self.in_proportion()


class Queue(Deleveraging):
    """Shorts are closed whole by rank, the last one as far as it is needed."""

    def next_haircut(self, size: Real) -> Real:
        return minimum(down(size * self.gap()), self.lacking)

    def closed_whole_so_far(self) -> Bool:
        return self.haircuts == self.met * self.gap()

    @lemma
    def closed_whole_while_something_is_lacking(self) -> Bool:
        return (self.lacking == 0) | ~self.drawn | self.closed_whole_so_far()

    @lemma
    def closed_whole_before_anything_is_socialised(self) -> Bool:
        return (self.socialised == 0) | ((self.met == self.shorts) & self.closed_whole_so_far())

    @lemma
    def nobody_bears_more_than_its_position(self) -> Bool:
        return self.haircuts <= self.met * self.gap()

    @invariant
    def whoever_is_ahead_is_closed_whole(self) -> Bool:
        """As long as something is lacking, all shorts met so far are closed whole."""
        return (self.lacking == 0) | self.closed_whole_so_far()


class WholeQueue(Queue):
    """Shorts are closed whole by rank, the last one, too."""

    def next_haircut(self, size: Real) -> Real:
        return where(self.lacking > 0, down(size * self.gap()), 0)


EXACT = (
    Deleveraging.layers_add_up,
    Deleveraging.layers_wait_their_turn,
    Deleveraging.haircuts_add_up,
    Deleveraging.nobody_is_closed_twice,
    Deleveraging.no_worse_at_the_bankruptcy_price,
    Deleveraging.loses_its_haircut_at_the_mark,
    Deleveraging.no_short_ends_negative,
)

UNSCREENED = {
    given(
        Deleveraging.no_short_ends_negative, screened=False
    ): "a short that wins at the mark price may have less than "
    "nothing at the bankruptcy price: sold at 2 without margin, closed at 3"
}


class PerpetualProRata(Design, name="perpetual-pro-rata"):
    """Auto-deleveraging in proportion to size, any number of shorts."""

    pool = ProRata(mark=ANY, bankruptcy_price=ANY, shorts=ANY)

    proved = (
        *EXACT,
        ProRata.haircuts_are_in_proportion,
        ProRata.splitting_changes_nothing,
        ProRata.splitting_across_ranks_changes_nothing,
        in_fixed(ProRata.layers_add_up),
        in_fixed(ProRata.haircuts_add_up),
        in_fixed(ProRata.nobody_is_closed_twice),
        in_fixed(ProRata.haircuts_are_in_proportion),
    )
    refuted = UNSCREENED


class PerpetualQueue(Design, name="perpetual-queue"):
    """Auto-deleveraging by rank, the last short in part."""

    pool = Queue(mark=ANY, bankruptcy_price=ANY, shorts=ANY)

    proved = (
        *EXACT,
        Queue.whoever_is_ahead_is_closed_whole,
        Queue.splitting_changes_nothing,
        in_fixed(Queue.layers_add_up),
    )
    refuted = UNSCREENED | {
        Queue.splitting_across_ranks_changes_nothing: "the account further back is closed for what is still lacking, "
        "which may be nothing",
    }


class PerpetualWholeQueue(Design, name="perpetual-whole-queue"):
    """Auto-deleveraging by rank, every short whole."""

    pool = WholeQueue(mark=ANY, bankruptcy_price=ANY, shorts=ANY)

    proved = (
        WholeQueue.layers_wait_their_turn,
        WholeQueue.whoever_is_ahead_is_closed_whole,
        WholeQueue.haircuts_stay_within_one_position,
        WholeQueue.nobody_is_closed_twice,
        WholeQueue.no_short_ends_negative,
    )
    refuted = {
        WholeQueue.splitting_changes_nothing: "the second account may not be needed, and is not closed whole",
        WholeQueue.splitting_across_ranks_changes_nothing: "the account further back may not be needed",
        WholeQueue.layers_add_up: "the last position is closed whole although a part of it would do",
        WholeQueue.haircuts_add_up: "its haircut is larger than what is lacking: the venue keeps the rest",
    }

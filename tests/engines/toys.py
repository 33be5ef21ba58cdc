"""A dozen tiny systems, each with verdicts that can be checked in one's head."""

from typing import Annotated, Any

from verifier.language import (
    ANY,
    SIGNED,
    Bool,
    Design,
    Mechanism,
    Real,
    Shock,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    base,
    down,
    extreme,
    floor,
    implies,
    in_fixed,
    initially,
    invariant,
    param,
    require,
    rule,
    state,
    where,
)

WHOLE = base("whole", decimals=0)
Whole = Annotated[Real, WHOLE]
Signed = Annotated[Real, SIGNED]


class Counter(Mechanism):
    """Counts to five, one at a time."""

    count: Real = state(0)

    @rule
    def step(self) -> Step:
        """One more."""
        return require(self.count <= 4).then(self.after(count=self.count + 1))

    @invariant
    def at_most_five(self) -> Bool:
        """The count stays at five or below."""
        return self.count <= 5

    @invariant
    def at_most_two(self) -> Bool:
        """The count stays at two or below, which the third step breaks."""
        return self.count <= 2

    @invariant
    def never_half_way(self) -> Bool:
        """The count is never four and a half: true, and no engine can see why."""
        return self.count != "4.5"

    @invariant(on=step)
    def one_at_a_time(self, post: Any) -> Bool:
        """A step adds one."""
        return post.count == self.count + 1

    @invariant(on=step)
    def no_third_step(self, post: Any) -> Bool:
        """No step leads beyond two, which the third one does."""
        return post.count <= 2

    @invariant
    def half_is_small(self) -> Bool:
        """Half of the count, rounded down, is at most one, which the fourth step breaks."""
        return floor(self.count / 2) <= 1


class CounterDesign(Design, name="counter"):
    """A counter."""

    counter = Counter()
    proved = (Counter.at_most_five, Counter.one_at_a_time, Counter.never_half_way)
    refuted = {Counter.at_most_two: "3", Counter.no_third_step: "3", Counter.half_is_small: "4"}


class LongCounter(Mechanism):
    """Counts without end."""

    tally_sheet: Real = state(0)

    @rule
    def mark(self) -> Step:
        """One more."""
        return require(True).then(self.after(tally_sheet=self.tally_sheet + 1))

    @invariant
    def at_most_six(self) -> Bool:
        """The count stays at six or below, which the seventh step breaks."""
        return self.tally_sheet <= 6


class LongCounterDesign(Design, name="long-counter"):
    """A counter without end."""

    counter = LongCounter()
    refuted = {LongCounter.at_most_six: "7"}


class Loose(Mechanism):
    """Starts anywhere up to two and may be set to anything up to four."""

    level: Real = state()

    @initially
    def starts_low(self) -> Bool:
        return self.level <= 2

    @rule
    def put(self, level: Real) -> Step:
        """The level is set."""
        return require(level <= 4).then(self.after(level=level))

    @invariant
    def at_most_one(self) -> Bool:
        """The level is at most one, which some starts break."""
        return self.level <= 1

    @invariant
    def at_most_three(self) -> Bool:
        """The level is at most three, which one step breaks."""
        return self.level <= 3

    @invariant
    def at_most_four(self) -> Bool:
        """The level is at most four."""
        return self.level <= 4


class LooseDesign(Design, name="loose"):
    """A level."""

    tank = Loose()
    proved = (Loose.at_most_four,)
    refuted = {Loose.at_most_one: "0", Loose.at_most_three: "1"}


class Backed(Mechanism):
    """Notes and the gold behind them: only together do they say why gold never runs out."""

    notes: Signed = state(0)
    gold: Signed = state(0)

    @rule
    def issue(self, size: Real) -> Step:
        """Gold comes in, notes go out."""
        return require(size > 0).then(self.after(notes=self.notes + size, gold=self.gold + size))

    @rule
    def redeem(self, size: Real) -> Step:
        """Notes come in, gold goes out."""
        return require(size > 0, size <= self.notes).then(self.after(notes=self.notes - size, gold=self.gold - size))

    @invariant
    def gold_never_runs_out(self) -> Bool:
        """There is never less than no gold."""
        return self.gold >= 0


class BackedDesign(Design, name="backed"):
    """A currency board."""

    board = Backed()
    proved = (Backed.gold_never_runs_out,)


class Fuse(Mechanism):
    """Burns once; after that nothing can happen."""

    burnt: Real = state(0)

    @rule
    def burn(self) -> Step:
        """It burns."""
        return require(self.burnt == 0).then(self.after(burnt=1))

    @invariant
    def at_most_once(self) -> Bool:
        """It burns at most once."""
        return self.burnt <= 1

    @invariant
    def never(self) -> Bool:
        """It never burns, which the only step there is breaks."""
        return self.burnt < 1


class FuseDesign(Design, name="fuse"):
    """A fuse."""

    fuse = Fuse()
    proved = (Fuse.at_most_once,)
    refuted = {Fuse.never: "1"}


class Impossible(Mechanism):
    """Nothing like it exists."""

    width: Real = param
    height: Signed = state(0)

    @assumption
    def wide(self) -> Bool:
        """The width is more than two."""
        return self.width > 2

    @assumption
    def narrow(self) -> Bool:
        """The width is less than two."""
        return self.width < 2

    @rule
    def grow(self) -> Step:
        """It grows."""
        return require(True).then(self.after(height=self.height + self.width))

    @invariant
    def never_grows(self) -> Bool:
        """It never grows."""
        return self.height <= 0


class ImpossibleDesign(Design, name="impossible"):
    """Assumptions on the parameters that contradict each other."""

    thing = Impossible(width=ANY)
    proved = (Impossible.never_grows,)


class Premise(Mechanism):
    """Says something only of what cannot happen."""

    size: Real = state(0)

    @rule
    def put(self, size: Real) -> Step:
        """The size is set."""
        return require(size <= 3).then(self.after(size=size))

    @invariant
    def giants_are_tiny(self) -> Bool:
        """What is larger than ten is smaller than one."""
        return implies(self.size > 10, self.size < 1)

    @invariant
    def large_is_not_small(self) -> Bool:
        """What is larger than two is larger than one."""
        return implies(self.size > 2, self.size > 1)

    @invariant
    def large_is_small(self) -> Bool:
        """What is larger than two is smaller than one, which one step breaks."""
        return implies(self.size > 2, self.size < 1)


class PremiseDesign(Design, name="premise"):
    """Premises, one of which never comes true."""

    thing = Premise()
    proved = (Premise.giants_are_tiny, Premise.large_is_not_small)
    refuted = {Premise.large_is_small: "1"}


class Timid(Shock):
    """A price that never moves as far as it could."""

    price: Real = state(4)

    @rule
    def tick(self, price: Real) -> Step:
        """Time passes."""
        return require(price >= 2).then(self.after(price=price))

    @extreme
    def the_whole_fall(self) -> Bool:
        return self.price == 1


class Onlooker(Mechanism):
    """Looks at the price."""

    shock: Timid

    seen: Real = state(4)

    @rule
    def look(self) -> Step:
        """It looks."""
        return require(True).then(self.after(seen=self.shock.price))

    @invariant
    def never_sees_ruin(self) -> Bool:
        """It never sees a price below two."""
        return (self.seen >= 2) & (self.shock.price >= 2)


class TimidDesign(Design, name="timid"):
    """A shock that never has its stated strength."""

    shock = Timid()
    onlooker = Onlooker(shock=shock)
    proved = (Onlooker.never_sees_ruin,)


class Exchange(Mechanism):
    """A pool of two tokens that keeps their product."""

    here: Real = state()
    there: Real = state()

    @initially
    def filled(self) -> Bool:
        return (self.here > 0) & (self.there > 0)

    @rule
    def trade(self, paid: Real) -> Step:
        """One token for the other."""
        post = self.after(here=self.here + paid, there=self.here * self.there / (self.here + paid))
        return require(paid > 0).then(post)

    @invariant
    def product_is_kept(self) -> Bool:
        """The product stays what it was."""
        return self.here * self.there == at_start(self.here * self.there)

    @invariant
    def never_empty(self) -> Bool:
        """Neither token runs out."""
        return (self.here > 0) & (self.there > 0)

    @invariant
    def price_is_kept(self) -> Bool:
        """The price stays what it was, which one trade breaks."""
        return self.there * at_start(self.here) == self.here * at_start(self.there)


class ExchangeDesign(Design, name="exchange"):
    """A constant product."""

    pool = Exchange()
    proved = (Exchange.product_is_kept, Exchange.never_empty)
    refuted = {Exchange.price_is_kept: "1"}


class Squares(Mechanism):
    """Two, four, sixteen, 256."""

    power: Real = state(2)

    @rule
    def square(self) -> Step:
        """It is squared."""
        return require(True).then(self.after(power=self.power * self.power))

    @invariant
    def at_most_a_hundred(self) -> Bool:
        """It stays at a hundred or below, which the third step breaks."""
        return self.power <= 100

    @invariant
    def at_least_two(self) -> Bool:
        """It stays at two or above."""
        return self.power >= 2


class SquaresDesign(Design, name="squares"):
    """A number that is squared."""

    number = Squares()
    proved = (Squares.at_least_two,)
    refuted = {Squares.at_most_a_hundred: "3"}


class Phases(Mechanism):
    """Open, then closed for ever; bids are taken only while it is open."""

    opened: Bool = state(False)
    closed: Bool = state(False)
    bids: Real = state(0)

    @rule
    def begin(self) -> Step:
        """It opens."""
        return require(~self.opened).then(self.after(opened=True))

    @rule
    def bid(self) -> Step:
        """A bid."""
        return require(self.opened, ~self.closed).then(self.after(bids=self.bids + 1))

    @rule
    def finish(self) -> Step:
        """It closes."""
        return require(self.opened, ~self.closed).then(self.after(closed=True))

    @invariant
    def closed_after_opened(self) -> Bool:
        """What is closed was opened."""
        return implies(self.closed, self.opened == all_of())

    @invariant
    def no_bid_before_it_opens(self) -> Bool:
        """As long as it was not opened there is no bid."""
        return self.opened | (self.bids == 0)

    @invariant
    def closed_without_bids(self) -> Bool:
        """It closes without bids, which opening, a bid and closing break."""
        return ~self.closed | (self.bids == 0)


class PhasesDesign(Design, name="phases"):
    """An auction."""

    auction = Phases()
    proved = (Phases.closed_after_opened, Phases.no_bid_before_it_opens)
    refuted = {Phases.closed_without_bids: "3"}


class Halves(Mechanism):
    """Something whole that is cut and put together again."""

    cake: Whole = state()

    @rule
    def cut(self) -> Step:
        """Two halves, each rounded down."""
        half = down(self.cake * "1/2")
        return require(self.cake > 0).then(self.after(cake=half + half))

    @rule
    def bake(self) -> Step:
        """One more where there is none."""
        return require(self.cake == 0).then(self.after(cake=where(self.cake == 0, amount(1, WHOLE), self.cake)))

    @invariant(on=cut)
    def nothing_is_lost(self, post: Any) -> Bool:
        """A cut loses nothing: true of reals, and false of whole numbers."""
        return post.cake == self.cake

    @invariant(on=cut)
    def little_is_lost(self, post: Any) -> Bool:
        """A cut loses at most one."""
        return post.cake >= self.cake - amount(1, WHOLE)


class HalvesDesign(Design, name="halves"):
    """A cake."""

    table = Halves()
    proved = (Halves.nothing_is_lost, Halves.little_is_lost, in_fixed(Halves.little_is_lost))
    refuted = {in_fixed(Halves.nothing_is_lost): "1"}

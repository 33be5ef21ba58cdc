"""Books of up to 200 positions, simulated one by one in exact numbers, never do what the tiers do not allow.

Positions, markets and liquidations are written here anew, with nothing of the library's: only the verdict of the
staircase is compared. Quantities are kept on a grid, because a price that enters the next quantity doubles the digits
of the one after.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from random import Random

import attrs
import pytest

from verifier.engines.staircase import Paid, Staircase
from verifier.language.book import Tier

ZERO, ONE = Fraction(0), Fraction(1)
GRID = 10**7
FINE = 10**12
TINY = Fraction(1, 10**9)
THRESHOLD = Fraction(83, 100)


def on_grid(quantity: Fraction, grid: int = GRID) -> Fraction:
    return Fraction(int(quantity * grid), grid)


def share(random: Random, digits: int = 3) -> Fraction:
    return Fraction(random.randint(1, 10**digits), 10**digits)


# Markets.


@attrs.frozen
class Pool:
    """Constant product, one unit deep."""

    potential = True

    def impact(self, sold: Fraction) -> Fraction:
        return 1 / (1 + sold) ** 2

    def worth(self, sold: Fraction) -> Fraction:
        return sold / (1 + sold)


@attrs.frozen
class Line:
    """Each unit takes the same off the price, until nothing is left."""

    depth: Fraction
    potential = False

    def impact(self, sold: Fraction) -> Fraction:
        return max(ZERO, 1 - sold / self.depth)

    def worth(self, sold: Fraction) -> Fraction:
        within = min(sold, self.depth)
        return within - within**2 / (2 * self.depth)


@attrs.frozen
class Bids:
    """Standing bids, best first, as (price, quantity); beyond them nobody buys."""

    rows: tuple[tuple[Fraction, Fraction], ...]
    potential = False

    def impact(self, sold: Fraction) -> Fraction:
        for price, quantity in self.rows:
            if sold < quantity:
                return price
            sold -= quantity
        return ZERO

    def worth(self, sold: Fraction) -> Fraction:
        brought = ZERO
        for price, quantity in self.rows:
            taken = min(sold, quantity)
            brought, sold = brought + price * taken, sold - taken
        return brought


Market = Pool | Line | Bids


def some_market(random: Random) -> Market:
    match random.randrange(3):
        case 0:
            return Pool()
        case 1:
            return Line(share(random) * 2)
        case _:
            prices = sorted({ONE, *(share(random, 2) for _ in range(random.randint(1, 5)))}, reverse=True)
            return Bids(tuple((price, share(random) / 4) for price in prices))


# Books.


@attrs.define
class Position:
    tier: int
    collateral: Fraction
    debt: Fraction
    streak: int = 0
    """For how many events in a row it has been unhealthy."""

    def unhealthy(self, price: Fraction) -> bool:
        return self.debt > THRESHOLD * self.collateral * price


def some_tiers(random: Random, most: int = 6, lowest: int = 1000) -> tuple[Tier, ...]:
    """Ascending, apart from each other, some of them classes, rarely empty ones."""
    edges = iter(sorted(random.sample(range(lowest, random.choice((1100, 1300, 3000))), 2 * random.randint(1, most))))
    size, made = random.choice((1000, 200, 50)), []
    for lo, hi in zip(edges, edges, strict=True):
        collateral = ZERO if random.random() < 0.05 else share(random) / size * 10
        made.append(Tier(Fraction(lo, 1000), Fraction(random.choice((lo, lo, hi)), 1000), collateral))
    return tuple(made)


def some_book(random: Random, tiers: tuple[Tier, ...], size: int) -> list[Position]:
    """Each tier's collateral among positions of any of its healths."""
    made = []
    for number, tier in enumerate(tiers):
        cuts = sorted(on_grid(tier.collateral * share(random), 10**6) for _ in range(max(0, size // len(tiers) - 1)))
        for low, high in zip([ZERO, *cuts], [*cuts, tier.collateral], strict=True):
            health = tier.lo + (tier.hi - tier.lo) * random.choice((0, 0, 1, share(random)))
            if high > low:
                made.append(Position(number, high - low, THRESHOLD * (high - low) / health))
    return made


# Liquidations: what is sold and what is repaid, at a reading.

Act = Callable[[Random, "Crash", Position, Fraction], tuple[Fraction, Fraction]]


def close_out(_: Random, crash: "Crash", it: Position, __: Fraction) -> tuple[Fraction, Fraction]:
    return it.collateral, it.debt if crash.raises(it.collateral) > it.debt else crash.raises(it.collateral)


def portion(random: Random, crash: "Crash", it: Position, _: Fraction) -> tuple[Fraction, Fraction]:
    """Some of the collateral, at the market: a position may be worse off afterwards."""
    part = on_grid(it.collateral * random.choice((Fraction(1, 4), Fraction(1, 2), ONE, share(random)))) or it.collateral
    return part, on_grid(min(it.debt, crash.raises(part)), FINE)


def tenth(random: Random, crash: "Crash", it: Position, reading: Fraction) -> tuple[Fraction, Fraction]:
    """A slice, sold at the market; what is repaid is rounded up."""
    part = on_grid(it.collateral / 10)
    return part, min(it.debt, on_grid(crash.raises(part), FINE) + Fraction(1, FINE))


def fixed_spread(random: Random, crash: "Crash", it: Position, reading: Fraction) -> tuple[Fraction, Fraction]:
    """Any offer; what is seized is rounded down, and what is repaid for it up."""
    if reading == 0:
        return ZERO, ZERO
    most = min(it.collateral, crash.spread * it.debt / reading)
    part = on_grid(most * random.choice((ONE, ONE, Fraction(1, 2), share(random))))
    return part, min(it.debt, on_grid(part * reading / crash.spread, FINE) + Fraction(1, FINE))


# Oracles: what is seen of all prices so far, of which the first one has stood for ever.

Oracle = Callable[[list[Fraction]], Fraction]


def spot(prices: list[Fraction]) -> Fraction:
    return prices[-1]


def late(prices: list[Fraction]) -> Fraction:
    return prices[max(0, len(prices) - 3)]


def mean(prices: list[Fraction]) -> Fraction:
    """The mean of the last four, on the grid, rounded up."""
    window = [ONE, ONE, ONE, *prices][-4:]
    return on_grid(sum(window, ZERO) / 4, FINE) + Fraction(1, FINE)


def exponential(prices: list[Fraction]) -> Fraction:
    """A quarter of the way to each price, on the grid, rounded up."""
    average = ONE
    for price in prices[-12:]:
        average = on_grid(average * 3 / 4 + price / 4, FINE) + Fraction(1, FINE)
    return average


def extrapolated(prices: list[Fraction]) -> Fraction:
    """What an oracle must not be: below all prices so far while they fall."""
    return max(ZERO, 2 * prices[-1] - [ONE, *prices][-2])


@attrs.define
class Crash:
    """One market, one book, and what the tiers must see of every liquidation."""

    random: Random
    market: Market
    tiers: tuple[Tier, ...]
    book: list[Position]
    act: Act
    shock: Fraction
    oracle: Oracle = spot
    confirmations: int = 0
    """For how many events a position has to be unhealthy before it is liquidated."""
    refill: Fraction = ZERO
    spread: Fraction = Fraction(21, 20)
    latch: bool = True

    fundamental: Fraction = ONE
    unsold: Fraction = ONE
    """The lowest fundamental price so far."""
    inside: Fraction = ZERO
    """What was sold and has not come back."""
    prices: list[Fraction] = attrs.field(factory=lambda: [ONE])
    lowest: Fraction = ONE
    """The lowest reading so far."""
    sold: list[Fraction] = attrs.field(factory=list)
    repaid: list[Fraction] = attrs.field(factory=list)
    liquidations: int = 0

    @property
    def price(self) -> Fraction:
        return self.prices[-1]

    @property
    def reading(self) -> Fraction:
        return self.oracle(self.prices)

    def raises(self, quantity: Fraction) -> Fraction:
        return self.fundamental * (self.market.worth(self.inside + quantity) - self.market.worth(self.inside))

    def happened(self) -> None:
        """After each event: the price, and what the mechanism sees of it."""
        self.prices.append(self.fundamental * self.market.impact(self.inside))
        reading = self.reading
        self.lowest = min(self.lowest, reading)
        for it in self.book:
            it.streak = it.streak + 1 if it.unhealthy(reading) else 0

    def move(self, fundamental: Fraction) -> None:
        self.fundamental, self.unsold = fundamental, min(self.unsold, fundamental)
        self.inside = max(ZERO, self.inside - self.refill)
        self.happened()

    def liquidate(self, it: Position) -> None:
        """One liquidation, checked against the tier's step (i)."""
        reading, tier = self.reading, self.tiers[it.tier]
        sold, repaid = self.act(self.random, self, it, reading)
        if sold == 0:
            it.debt = ZERO  # what is left is smaller than the grid
            return
        assert tier.lo * (self.lowest if self.latch else reading) < 1, "the tier's guard never held"
        assert 0 < sold <= it.collateral
        assert 0 <= repaid <= it.debt
        if self.act is fixed_spread:
            assert sold * reading <= self.spread * repaid, "more is seized than was paid for"
        self.sold[it.tier] += sold
        self.repaid[it.tier] += repaid
        assert self.sold[it.tier] <= tier.collateral, "the tier sold more than it had"
        assert self.repaid[it.tier] <= THRESHOLD * tier.collateral / tier.lo, "the tier repaid more than it owed"
        it.collateral, it.debt = it.collateral - sold, it.debt - repaid
        if it.collateral == 0:
            it.debt = ZERO
        self.inside += sold
        self.liquidations += 1
        self.happened()

    def someone(self) -> Position | None:
        reading = self.reading
        start = self.random.randrange(len(self.book)) if self.book else 0
        due = (it for it in self.book[start:] + self.book[:start] if it.streak >= self.confirmations)
        return next((it for it in due if it.unhealthy(reading)), None)

    def events(self, ups_and_downs: int) -> Iterator[None]:
        """Prices and liquidations in any order, then the whole fall until nobody is left to be liquidated."""
        self.sold, self.repaid = [ZERO] * len(self.tiers), [ZERO] * len(self.tiers)
        for _ in range(ups_and_downs):
            it = self.someone() if self.random.random() < 0.7 else None
            if it is not None:
                self.liquidate(it)
            else:
                self.move(ONE - self.shock * share(self.random, 2) * self.random.choice((1, 1, 1, -1)))
            yield
        self.move(ONE - self.shock)
        yield
        quiet = 0
        while quiet <= 4:
            it = self.someone()
            if it is None:
                quiet += 1
                self.move(self.fundamental)
            else:
                quiet = 0
                self.liquidate(it)
            yield


def check(crash: Crash, stairs: Staircase, *, ups_and_downs: int) -> None:
    """The price keeps the staircase's floor (ii), and no tier beyond its reach is touched (iii).

    For the lowest fundamental price so far, at any time; where that takes long, for the largest shock.
    """
    seen = ONE if stairs.straight else ONE - crash.shock
    fallen = stairs.fallen(ONE - seen)
    floor = stairs.floor(fallen, ONE - seen)
    for _ in crash.events(ups_and_downs):
        if crash.unsold < seen:
            seen = crash.unsold
            fallen = stairs.fallen(ONE - seen)
            floor = stairs.floor(fallen, ONE - seen)
        assert crash.price >= floor, "the price fell through the floor"
        assert not any(crash.sold[fallen:]), "a tier out of reach was touched"


ORACLES: tuple[Oracle, ...] = (spot, late, mean, exponential)


def some_crash(random: Random, act: Act, size: int, market: Market | None = None) -> tuple[Crash, Staircase]:
    market = market or some_market(random)
    tiers = some_tiers(random)
    shock = min(ONE - ONE / random.choice(tiers).lo + share(random) / 20, Fraction(9, 10))
    crash = Crash(
        random, market, tiers, some_book(random, tiers, size), act, on_grid(shock, 10**4) + Fraction(1, 10**4),
        random.choice(ORACLES), random.choice((0, 0, 3)), random.choice((ZERO, tiers[0].collateral / 10)),
    )  # fmt: skip
    return crash, Staircase(tiers, market.impact)


def bounded_by_debts(crash: Crash) -> Staircase:
    """The staircase in which what a tier owes counts, too."""
    owed = tuple(THRESHOLD * tier.collateral / tier.lo for tier in crash.tiers)
    return Staircase(crash.tiers, crash.market.impact, Paid(crash.spread, owed, crash.market.worth), TINY)


@pytest.mark.parametrize("act", [close_out, portion, fixed_spread], ids=lambda act: act.__name__)
@pytest.mark.parametrize("seed", range(4))
def test_small_books_keep_to_the_tiers(act: Act, seed: int) -> None:
    random, liquidations = Random(seed), 0
    for _ in range(700):
        crash, stairs = some_crash(random, act, random.randint(1, 14))
        check(crash, stairs, ups_and_downs=random.randint(0, 12))
        liquidations += crash.liquidations
    assert liquidations > 2000


@pytest.mark.parametrize("act", [close_out, portion, fixed_spread], ids=lambda act: act.__name__)
def test_large_books_keep_to_the_tiers(act: Act) -> None:
    random = Random(7)
    for size in (60, 60, *8 * [200]):
        crash, stairs = some_crash(random, act, size)
        check(crash, stairs, ups_and_downs=40)


@pytest.mark.parametrize("seed", range(2))
def test_debts_bound_what_is_sold_at_a_fixed_spread(seed: int) -> None:
    random, liquidations = Random(seed), 0
    for number in range(150):
        crash, _ = some_crash(random, fixed_spread, 60 if number % 50 == 0 else random.randint(1, 10), Pool())
        check(crash, bounded_by_debts(crash), ups_and_downs=random.randint(0, 8))
        liquidations += crash.liquidations
    assert liquidations > 300


def kept_of_tenths(health: Fraction, least: Fraction = Fraction(9, 10)) -> Fraction:
    """The share that is never sold in tenths, by the health at a price below all that are met."""
    return least * (1 - THRESHOLD / health) / (1 - THRESHOLD)


def tenths(kept: Callable[[Fraction], Fraction]) -> tuple[int, int]:
    """How many slices are sold, and in how many markets less than all that are open may sell."""
    random, liquidations, less = Random(0), 0, 0
    for _ in range(40):
        crash, all_sold = some_crash(random, tenth, random.randint(1, 5))
        stairs = Staircase(all_sold.tiers, all_sold.impact, kept=kept, precision=TINY)
        check(crash, stairs, ups_and_downs=random.randint(0, 8))
        liquidations += crash.liquidations
        less += stairs.floor(stairs.fallen(crash.shock), crash.shock) > all_sold.floor(
            all_sold.fallen(crash.shock), crash.shock
        )
    return liquidations, less


def test_what_is_sold_in_slices_is_never_more_than_what_is_not_kept() -> None:
    liquidations, less = tenths(kept_of_tenths)
    assert liquidations > 300
    assert less > 8


def test_it_would_be_noticed_if_more_were_counted_as_kept() -> None:
    with pytest.raises(AssertionError, match="through the floor|out of reach"):
        tenths(lambda health: kept_of_tenths(health, Fraction(11, 10)))


def test_many_small_positions_come_close_to_the_bound_on_debts() -> None:
    """It is a limit: no number of positions attains it, and the gap closes as they get smaller."""
    tiers = (Tier(Fraction("1.05"), Fraction("1.05"), Fraction("0.06")),)
    gaps = []
    for number in (1, 8, 64):
        part = tiers[0].collateral / number
        book = [Position(0, part, THRESHOLD * part / tiers[0].lo) for _ in range(number)]
        crash = Crash(Random(0), Pool(), tiers, book, fixed_spread, Fraction("0.06"))
        crash.act = lambda _, crash, it, reading: (
            on_grid(min(it.collateral, crash.spread * it.debt / reading), FINE), it.debt
        )  # fmt: skip
        stairs = bounded_by_debts(crash)
        check(crash, stairs, ups_and_downs=0)
        gaps.append(crash.price - stairs.floor(1, crash.shock))
    assert gaps[0] > 6 * gaps[1] > 36 * gaps[2] > 0


# The experiment notices what it is there to notice.


def noticed(change: Callable[[Crash, Staircase], Staircase], act: Act, message: str) -> None:
    random = Random(11)
    with pytest.raises(AssertionError, match=message):
        for _ in range(400):
            crash, stairs = some_crash(random, act, random.randint(1, 14))
            check(crash, change(crash, stairs), ups_and_downs=12)


def test_a_latch_that_forgets_is_noticed() -> None:
    """A guard that looks at the present reading only forbids what positions do after a recovery."""

    def forgetful(crash: Crash, stairs: Staircase) -> Staircase:
        crash.latch = False
        return stairs

    noticed(forgetful, portion, "guard never held")


def test_an_oracle_that_is_below_all_prices_so_far_is_noticed() -> None:
    def rash(crash: Crash, stairs: Staircase) -> Staircase:
        crash.oracle = extrapolated
        return stairs

    noticed(rash, close_out, "fell through the floor|out of reach")


def test_a_tier_left_out_is_noticed() -> None:
    """A staircase that forgets what its first tier sells has its floor too high, or its reach too short."""

    def lighter(_: Crash, stairs: Staircase) -> Staircase:
        first = attrs.evolve(stairs.tiers[0], collateral=ZERO)
        return Staircase((first, *stairs.tiers[1:]), stairs.impact)

    noticed(lighter, close_out, "fell through the floor|out of reach")


def test_healths_rounded_up_are_noticed() -> None:
    def healthier(_: Crash, stairs: Staircase) -> Staircase:
        return Staircase(
            tuple(attrs.evolve(t, lo=t.lo + TINY * 10**6, hi=t.hi + TINY * 10**6) for t in stairs.tiers), stairs.impact
        )

    noticed(healthier, close_out, "fell through the floor|out of reach")


# The floor is attained.


@pytest.mark.parametrize("seed", range(4))
def test_one_position_a_tier_attains_the_floor(seed: int) -> None:
    """At its lowest health, all of a tier's collateral in one: closed out in any order, the price ends on the floor."""
    random, moved = Random(seed), 0
    for _ in range(150):
        market, tiers = some_market(random), some_tiers(random)
        stairs = Staircase(tiers, market.impact)
        ends = [flight.to for flight in stairs.flights(Fraction(9, 10))]
        for shock in {random.choice(ends), random.choice(ends) + TINY, share(random) * Fraction(9, 10)}:
            book = [
                Position(number, tier.collateral, THRESHOLD * tier.collateral / tier.lo)
                for number, tier in enumerate(tiers)
                if tier.collateral
            ]
            random.shuffle(book)
            crash = Crash(random, market, tiers, book, close_out, shock)
            check(crash, stairs, ups_and_downs=0)
            assert crash.price == stairs.floor(stairs.fallen(shock), shock)
            moved += crash.liquidations > 0
    assert moved > 200


# The staircase itself, against rounds of sales carried out one after the other.


def rounds_of(tiers: tuple[Tier, ...], market: Market, shock: Fraction) -> tuple[Fraction, list[int]]:
    """The price that is left in the end, and how many tiers are open after the fall and after each round."""
    price, opened = ONE - shock, list[int]()
    while True:
        held = [tier.collateral for tier in tiers if tier.lo * price < 1]
        if opened and len(held) == opened[-1]:
            return price, opened
        opened.append(len(held))
        price = (ONE - shock) * market.impact(sum(held, ZERO))


@pytest.mark.parametrize("seed", range(4))
def test_the_staircase_is_the_iteration(seed: int) -> None:
    """For any impact, at all its breakpoints, just beside them, and between: prefixes, floors, chains of rounds."""
    random = Random(seed)
    for _ in range(150):
        market, tiers = some_market(random), some_tiers(random, 5, random.choice((900, 1000)))
        stairs = Staircase(tiers, market.impact)
        most = max(
            ZERO, random.choice((share(random, 2) * Fraction(98, 100), stairs.reached(random.randrange(len(tiers)))))
        )
        flights, ranks = stairs.flights(most), stairs.ranks(most)
        assert flights[0].over < 0
        assert flights[-1].to == most
        assert all(one.to == other.over and one.fallen < other.fallen for one, other in pairwise(flights))
        assert all(over < to for over, to, _ in ranks)
        for shock in sorted(shocks_of_interest(random, [end for f in flights for end in (f.over, f.to)], most)):
            price, opened = rounds_of(tiers, market, shock)
            assert stairs.fallen(shock) == opened[-1]
            assert stairs.floor(opened[-1], shock) == price
            assert [f.fallen for f in flights if f.over < shock <= f.to] == [opened[-1]]
            assert [list(chain) for over, to, chain in ranks if over < shock <= to] == [opened]


def shocks_of_interest(random: Random, ends: list[Fraction], most: Fraction) -> set[Fraction]:
    near = {end + step for end in ends for step in (ZERO, TINY, -TINY)}
    return {shock for shock in near | {ZERO, most, share(random) * most} if 0 <= shock <= most}


@pytest.mark.parametrize("seed", range(2))
def test_reached_is_the_last_shock_that_leaves_a_tier_healthy(seed: int) -> None:
    random = Random(seed)
    for _ in range(300):
        market, tiers = some_market(random), some_tiers(random, 4, 900)
        stairs = Staircase(tiers, market.impact)
        for number, tier in enumerate(tiers):
            left = market.impact(sum((lower.collateral for lower in tiers[:number]), ZERO))
            shock = stairs.reached(number)
            assert shock == -1 if left == 0 else tier.lo * (ONE - shock) * left == 1


def test_a_bound_on_debts_is_rounded_to_the_safe_side_and_no_further() -> None:
    """What may be sold brings all that can be repaid; where a tier is said to stay healthy, it does, and not much later."""
    random, bounded = Random(0), 0
    for _ in range(100):
        crash, _ = some_crash(random, fixed_spread, 1, Pool())
        stairs = bounded_by_debts(crash)
        assert stairs.paid is not None
        for number, tier in enumerate(crash.tiers):
            sold, own = stairs.bounded(number, crash.shock)
            debt, worth = stairs.owed[number] - stairs.owed[own], Pool().worth(stairs.held[own])
            brought = (ONE - crash.shock) * (Pool().worth(sold) - worth)
            assert brought >= crash.spread * debt
            assert brought - crash.spread * debt <= 2 * TINY
            bounded += 0 < sold < stairs.held[number]
            reached = stairs.reached(number)
            if reached >= 0:
                assert tier.lo * stairs.floor(number, reached) >= 1
                assert tier.lo * stairs.floor(number, reached + 3 * TINY) < 1
    assert bounded > 50


def test_a_health_of_one_is_dragged_along_without_any_shock() -> None:
    """At no shock it is healthy and its sale was caused by another's; at any shock it falls by itself."""
    tiers = tuple(Tier(Fraction(h), Fraction(h), Fraction("0.02")) for h in ("0.9", "1", "3"))
    first = Staircase(tiers, Pool().impact).flights(Fraction(1, 100))[0]
    assert first.fallen == 2
    assert Staircase(tiers, Pool().impact).drag(first) == Fraction("0.02")


@pytest.mark.parametrize("seed", range(2))
def test_amplification_and_drag_are_worst_at_the_lower_end_of_a_piece(seed: int) -> None:
    random = Random(seed)
    for _ in range(300):
        market, tiers = some_market(random), some_tiers(random, 4, random.choice((900, 1000)))
        most = share(random, 2) * Fraction(98, 100)
        stairs = Staircase(tiers, market.impact)
        for flight in stairs.flights(most):
            start = max(flight.over, ZERO)
            worst, dragged = stairs.amplified(flight), stairs.drag(flight)
            inside = [start + (flight.to - start) * part for part in (Fraction(1, 10**12), share(random), ONE)]
            for shock in inside if flight.to > start else []:
                price, opened = rounds_of(tiers, market, shock)
                assert worst is None or ONE - price <= worst * shock
                assert dragged_along(tiers, market, shock, opened[-1]) <= dragged
            if flight.to > start:
                price, opened = rounds_of(tiers, market, inside[0])
                assert dragged == max(
                    dragged_along(tiers, market, shock, opened[-1])
                    for shock in ([start, inside[0]] if flight.over < 0 else [inside[0]])
                )
                assert (worst is None) == (start == 0 and price < ONE - inside[0])
                assert worst is None or worst - (ONE - price) / inside[0] < worst / 10**6


def dragged_along(tiers: tuple[Tier, ...], market: Market, shock: Fraction, fallen: int) -> Fraction:
    """What the opened tiers hold whose healthiest position the fall alone would have left healthy."""
    held = sum((tier.collateral for tier in tiers[:fallen]), ZERO)
    if market.impact(held) == 1:
        return ZERO
    return sum((tier.collateral for tier in tiers[:fallen] if tier.hi * (ONE - shock) >= 1), ZERO)

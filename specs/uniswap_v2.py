"""Uniswap v2: a pair that keeps the product of its reserves, and the time-weighted mean of its prices.

Source: Uniswap/v2-core 1.0.1, ``UniswapV2Pair.sol`` (``swap``, ``_update``); Uniswap/v2-periphery 1.1.0-beta.0,
``UniswapV2Library.sol`` (``getAmountOut``, ``getAmountIn``) and ``ExampleOracleSimple.sol`` (``update``). All amounts
are in the tokens' smallest units. Liquidity stays as it is, tokens do as they are told, and nobody donates.
"""

from typing import Annotated

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    Words,
    all_of,
    amount,
    assumption,
    base,
    down,
    generic,
    in_fixed,
    initially,
    invariant,
    param,
    require,
    rule,
    state,
    where,
)

from .units import SECONDS, Seconds

TOKEN0, TOKEN1 = base("token 0", decimals=0), base("token 1", decimals=0)
Token0 = Annotated[Real, TOKEN0]
Token1 = Annotated[Real, TOKEN1]
Price0 = Annotated[Real, (TOKEN1 / TOKEN0).kept_to(0)]  # of token 0 in token 1, times 2^112
Price1 = Annotated[Real, (TOKEN0 / TOKEN1).kept_to(0)]
SUM0, SUM1 = TOKEN1 / TOKEN0 * SECONDS, TOKEN0 / TOKEN1 * SECONDS
Sum0 = Annotated[Real, SUM0.kept_to(0)]  # such a price times the seconds that it stood
Sum1 = Annotated[Real, SUM1.kept_to(0)]
Thousandths = Annotated[Real, RATIO.kept_to(3)]

Q112 = 2**112
DAY = 24 * 3600


def wrapped(term: Real, size: int) -> Real:
    """A sum or difference of two numbers below ``size``, as a machine word of that size has it."""
    assert term.unit is not None
    word = amount(size, term.unit)
    return where(term < 0, term + word, where(term >= word, term - word, term))


class Pair(Mechanism):
    """Two reserves, the sums of their prices over time, and an observer who takes their mean at most once a period."""

    fee: Thousandths = param
    period: Seconds = param

    reserve0: Token0 = state(like=1000)
    reserve1: Token1 = state(like=1000)
    cumulative0: Sum0 = state()
    cumulative1: Sum1 = state()
    last: Seconds = state()  # when the reserves were last written, in a word of 32 bits
    now: Seconds = state()

    seen0: Sum0 = state()
    seen1: Sum1 = state()
    seen_at: Seconds = state()
    mean0: Price0 = state(0)
    mean1: Price1 = state(0)

    @assumption
    def fee_is_a_share(self) -> Bool:
        """The fee takes a share of what is sold, and not all of it."""
        return self.fee < 1

    @initially
    def liquid(self) -> Bool:
        """Both reserves hold something; every number fits into its word."""
        sums = (self.cumulative0 < amount(2**256, SUM0)) & (self.cumulative1 < amount(2**256, SUM1))
        return (self.reserve0 > 0) & (self.reserve1 > 0) & self.fits() & sums & self.clocks()

    @assumption(on="start")
    def observer_starts_with_the_pair(self) -> Bool:
        """The observer was made when the reserves were last written."""
        return (self.seen0 == self.cumulative0) & (self.seen1 == self.cumulative1) & (self.seen_at == self.last)

    def clocks(self) -> Bool:
        """Both times are words of 32 bits; the reserves were written less than a round of the clock ago."""
        return (self.last < amount(2**32, SECONDS)) & (self.now < amount(2**32, SECONDS))

    def fits(self) -> Bool:
        return (self.reserve0 < amount(Q112, TOKEN0)) & (self.reserve1 < amount(Q112, TOKEN1))

    # Prices.

    def get_amount_out(self, sold: Real) -> Real:
        """The most of token 1 that the pair gives for so much of token 0."""
        effective = (1 - self.fee) * sold
        return down(effective * self.reserve1 / (self.reserve0 + effective))

    def get_amount_in(self, bought: Real) -> Real:
        """What the library asks in token 0 for so much of token 1."""
        return down(self.reserve0 * bought / ((self.reserve1 - bought) * (1 - self.fee))) + amount(1, TOKEN0)

    def get_amount_out_back(self, sold: Real) -> Real:
        """The most of token 0 that the pair gives for so much of token 1."""
        effective = (1 - self.fee) * sold
        return down(effective * self.reserve0 / (self.reserve1 + effective))

    def keeps_product(self, sold: Real, bought: Real) -> Bool:
        """The pair's own check: less the fee, what comes in makes up for what goes out."""
        return (self.reserve0 + (1 - self.fee) * sold) * (self.reserve1 - bought) >= self.reserve0 * self.reserve1

    def keeps_product_back(self, sold: Real, bought: Real) -> Bool:
        return (self.reserve0 - bought) * (self.reserve1 + (1 - self.fee) * sold) >= self.reserve0 * self.reserve1

    def sums_now(self) -> tuple[Real, Real]:
        """The sums of prices up to now; the reserves have stood since they were last written."""
        elapsed = wrapped(self.now - self.last, 2**32)
        return (
            wrapped(self.cumulative0 + elapsed * down(Q112 * self.reserve1 / self.reserve0, 0), 2**256),
            wrapped(self.cumulative1 + elapsed * down(Q112 * self.reserve0 / self.reserve1, 0), 2**256),
        )

    def written(self, reserve0: Real, reserve1: Real) -> "Pair":
        """The pair with these reserves; the sums count the old ones up to now."""
        sum0, sum1 = self.sums_now()
        return self.after(reserve0=reserve0, reserve1=reserve1, cumulative0=sum0, cumulative1=sum1, last=self.now)

    # Whoever comes.

    def traded(self, sold: Real, bought: Real, **earlier: Bool) -> Step:
        after = self.written(self.reserve0 + sold, self.reserve1 - bought)
        return require(
            **earlier,
            insufficient_output_amount=bought > 0,
            insufficient_liquidity=bought < self.reserve1,
            insufficient_input_amount=sold > 0,
            k=self.keeps_product(sold, bought),
            overflow=after.fits(),
        ).then(after)

    @rule
    def swap(self, sold: Token0, bought: Token1) -> Step:
        """Anyone pays in token 0 and takes what he likes of token 1, as far as the product does not fall."""
        return self.traded(sold, bought)

    @rule
    def swap_back(self, sold: Token1, bought: Token0) -> Step:
        """The same the other way round."""
        after = self.written(self.reserve0 - bought, self.reserve1 + sold)
        return require(
            insufficient_output_amount=bought > 0,
            insufficient_liquidity=bought < self.reserve0,
            insufficient_input_amount=sold > 0,
            k=self.keeps_product_back(sold, bought),
            overflow=after.fits(),
        ).then(after)

    @rule
    def sell(self, sold: Token0) -> Step:
        """Anyone sells token 0 for what the library quotes."""
        return self.traded(sold, self.get_amount_out(sold), no_input=sold > 0)

    @rule
    def buy(self, bought: Token1) -> Step:
        """Anyone buys token 1 for what the library asks."""
        within, less = bought <= self.reserve1, bought < self.reserve1
        return self.traded(
            self.get_amount_in(bought), bought, no_output=bought > 0, underflow=within, nothing_left=less
        )

    @rule
    def sync(self) -> Step:
        """Anyone makes the pair write its reserves and count their prices."""
        return require(overflow=self.fits()).then(self.written(self.reserve0, self.reserve1))

    @rule
    def update(self) -> Step:
        """The observer takes the mean of the prices since he last did, a period ago or more."""
        elapsed = wrapped(self.now - self.seen_at, 2**32)
        sum0, sum1 = self.sums_now()
        mean0 = down(wrapped(sum0 - self.seen0, 2**256) / elapsed, 0)
        mean1 = down(wrapped(sum1 - self.seen1, 2**256) / elapsed, 0)
        return require(period_not_elapsed=elapsed >= self.period).then(
            self.after(
                mean0=mean0 % amount(2**224, TOKEN1 / TOKEN0),  # cut off only where reserves stood for a clock's round
                mean1=mean1 % amount(2**224, TOKEN0 / TOKEN1),
                seen0=sum0,
                seen1=sum1,
                seen_at=self.now,
            )
        )

    @rule(by="environment")
    def wait(self, seconds: Seconds) -> Step:
        """Time passes."""
        return require().then(self.after(now=wrapped(self.now + seconds, 2**32)))

    @assumption(on=wait)
    def shorter_than_the_clock(self, seconds: Seconds) -> Bool:
        """Nobody waits for as long as it takes a clock of 32 bits to come round."""
        return seconds < amount(2**32, SECONDS)

    # What holds of it.

    @invariant(on=(swap, swap_back, sell, buy, sync))
    def product_never_falls(self, post: "Pair") -> Bool:
        """No trade lowers the product of the reserves."""
        return post.reserve0 * post.reserve1 >= self.reserve0 * self.reserve1

    @invariant
    def reserves_stay_positive(self) -> Bool:
        """Nobody empties a reserve."""
        return (self.reserve0 > 0) & (self.reserve1 > 0)

    @invariant
    def quote_is_tight(self, sold: Token0) -> Bool:
        """One unit more than quoted fails the pair's check."""
        return ~self.keeps_product(sold, self.get_amount_out(sold) + amount(1, TOKEN1))

    @invariant
    def asked_is_tight(self, bought: Token1) -> Bool:
        """One unit less than the library asks fails the pair's check."""
        return (bought >= self.reserve1) | ~self.keeps_product(self.get_amount_in(bought) - amount(1, TOKEN0), bought)

    @invariant
    def asked_is_tight_to_a_unit(self, bought: Token1) -> Bool:
        """Two units less than the library asks fail the pair's check."""
        return (bought >= self.reserve1) | ~self.keeps_product(self.get_amount_in(bought) - amount(2, TOKEN0), bought)

    @invariant
    def asked_is_enough(self, bought: Token1) -> Bool:
        """What the library asks passes the pair's check."""
        return (bought >= self.reserve1) | self.keeps_product(self.get_amount_in(bought), bought)

    @invariant(on=sell)
    def no_gain_there_and_back(self, post: "Pair") -> Bool:
        """Who sells and at once sells back what he got has no more than before."""
        return post.get_amount_out_back(self.reserve1 - post.reserve1) <= post.reserve0 - self.reserve0

    @invariant(on=(swap, swap_back, sell, buy, sync))
    def sums_differ_rightly(self, post: "Pair") -> Bool:
        """Whether or not a sum wraps, as a word it grows by the price times the seconds for which that stood."""
        elapsed = wrapped(self.now - self.last, 2**32)
        grown = wrapped(post.cumulative0 - self.cumulative0, 2**256)
        back = wrapped(post.cumulative1 - self.cumulative1, 2**256)
        right = (grown == elapsed * down(Q112 * self.reserve1 / self.reserve0, 0)) & (
            back == elapsed * down(Q112 * self.reserve0 / self.reserve1, 0)
        )
        return ~(self.stored() & self.are_words()) | right

    def stored(self) -> Bool:
        """Whether quantities are as the contracts store them, in a state that is reached or not."""
        numbers = (self.cumulative0, self.cumulative1, self.last, self.now, self.seen0, self.seen1, self.seen_at)
        return all_of((self.reserve0 > 0) & (self.reserve1 > 0), *(number >= 0 for number in numbers))

    def are_words(self) -> Bool:
        sums = (self.cumulative0 < amount(2**256, SUM0)) & (self.cumulative1 < amount(2**256, SUM1))
        seen = (self.seen0 < amount(2**256, SUM0)) & (self.seen1 < amount(2**256, SUM1))
        clocks = self.clocks() & (self.seen_at < amount(2**32, SECONDS))
        return self.fits() & sums & seen & clocks

    @invariant
    def numbers_are_words(self) -> Bool:
        """Reserves keep to 112 bits, sums to 256 and times to 32."""
        return self.are_words()


@generic(on="not the environment")
def numbers_fit(it: Pair, post: Pair, words: Words, bits: Real) -> Bool:
    """No number has more bits than a word, but for the sums of prices, which wrap on purpose."""
    del post
    return ~(it.stored() & it.are_words()) | words.apart(SUM0, SUM1).fit(bits)


class UniswapV2(Design, name="uniswap-v2"):
    """A pair of Uniswap v2 with its fee of 0.3 %, and the example observer with its period of a day."""

    pair = Pair(fee="0.003", period=DAY)

    proved = (
        Pair.product_never_falls,
        in_fixed(Pair.product_never_falls),
        Pair.reserves_stay_positive,
        in_fixed(Pair.reserves_stay_positive),
        in_fixed(Pair.quote_is_tight),
        Pair.no_gain_there_and_back,
        in_fixed(Pair.no_gain_there_and_back),
        Pair.asked_is_enough,
        in_fixed(Pair.asked_is_enough),
        in_fixed(Pair.asked_is_tight_to_a_unit),
        in_fixed(Pair.numbers_are_words),
        in_fixed(Pair.sums_differ_rightly),
        in_fixed(numbers_fit(bits=246)),  # ten are left for the thousand by which the pair multiplies once more
    )
    refuted = {
        in_fixed(Pair.asked_is_tight): "the library adds a unit even where nothing was cut off",
    }

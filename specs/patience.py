"""The price of patience: what an oracle that is slow to believe a fall saves a borrower in a wick, and costs lenders.

Each design is one position of the textbook's loan that is sold at the market, once it is unhealthy by its oracle. With
s the most that a tick takes, T the threshold and w ticks in the window, lenders lose at most 1 - g/T of the debt, where
g is 1 - s for the spot price, (1 - s)^(k + 1) for one k ticks old, s·w·(1 - s)^w/(1 - (1 - s)^w) for a mean of w, and
1 - s/a for an exponential one of weight a, (1 - s)^((w + 1)/2) for a geometric one.

Source: textbook models, no contract.
"""

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Q,
    Step,
    amount,
    assumption,
    given,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
)

from .books import Still
from .closing import CloseOut
from .keepers import Nobody, Prompt
from .markets import Infinite
from .means import Delayed, Ema, GeometricMean, HarmonicMean, Mean, MeanLong, PreviousEma
from .oracles import Spot
from .properties import borrower_loss_cap, lender_loss_cap, no_worse_than, solvency, wick_survival
from .seizure import FixedSpread
from .shocks import Decline, Drop, Slide, Wick
from .units import TICKS, Ratio, Ticks

ONE = amount(1, TICKS)
BUYERS = "that of the market's buyers; a keeper needs none"
COMPARED_ONLY = (
    "what many positions come to is proved of oracles that show a price, and this one is only compared with it"
)
FALLS = Decline(bound=ANY, step=ANY)
LATER = "the price falls on until it sells"


class SpotSpread(Design, name="spot"):
    """Automatic liquidation as it is deployed: the spot price, a bonus of 5 %, keepers who come at once."""

    position = "collateral and debt as they are"
    capital = "keepers' cash, which repays the debt"
    shock = Drop(bound="0.3")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health=1)
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")
    keepers = Prompt(pool=pool)

    proved = (
        solvency(shock="0.1285"),
        solvency(shock=Slide(bound="0.9", step="0.1285")),
        lender_loss_cap(cap="0.1968"),
        lender_loss_cap(cap="0.0821", shock=Slide(bound="0.9", step="0.2")),
        borrower_loss_cap(cap=Q("1/21")),
        wick_survival(shock=Wick(bound="0.2"), keepers=Nobody(pool=pool), health="1.25"),
        no_worse_than(other="spot"),
        no_worse_than(other="spot", shock=Slide(bound=ANY, step=ANY), **{"other_pool.liquidation_bonus": "0.1"}),
        no_worse_than(other="spot", shock=Decline(bound=ANY, step="0.2"), **{"other_pool.patience": 1}),
    )
    refuted = {
        no_worse_than(other="confirmed-liquidation"): "the bonus on a position whose collateral would pay its debt",
        no_worse_than(other="spot", **{"pool.liquidation_bonus": "0.1"}): "lenders pay for the larger bonus",
        no_worse_than(other="spot", shock=Decline(bound=ANY, step="0.2"), **{"pool.patience": 1}): LATER,
        solvency(shock="0.1286"): "beyond 1 - 0.83·1.05 = 12.85 % the collateral does not pay debt and bonus",
        solvency(shock=Slide(bound="0.9", step="0.1286")): "one tick takes more than keepers can forestall",
        lender_loss_cap(cap="0.1967"): "1 - 0.7/(0.83·1.05) = 19.68 % is lost",
        lender_loss_cap(cap="0.082", shock=Slide(bound="0.9", step="0.2")): "1 - 0.8/(0.83·1.05) = 8.21 % is lost",
        borrower_loss_cap(cap="0.0476"): "the bonus on everything is b/(1 + b) = 1/21 of the collateral",
        wick_survival(
            shock=Wick(bound="0.201"), keepers=Nobody(pool=pool), health="1.25"
        ): "the spot price shows the whole wick, and 1 - 1/1.25 is 20 %",
    }


class SpotSale(Design):
    """A sale at the market as soon as the spot price says so: the least patient of all."""

    shock = Slide(bound="0.9", step="0.2")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.0362"),
        solvency(step="0.17"),
        no_worse_than(other="spot", shock=FALLS),
        no_worse_than(other="delayed", shock=FALLS),
        no_worse_than(other="mean", shock=FALLS),
        no_worse_than(other="ema", shock=FALLS),
        no_worse_than(other="confirmed-liquidation", shock=FALLS),
        no_worse_than(other="options-held", shock=FALLS),
    )
    refuted = {
        no_worse_than(other="delayed"): "it sells at the bottom what the other sells after a rebound",
        no_worse_than(other="confirmed-liquidation"): "it sells at the bottom what the other keeps through a rebound",
        lender_loss_cap(cap="0.0361"): "1 - 0.8/0.83 = 3.61 % is lost, in the tick that makes it unhealthy",
        solvency(step="0.171"): "one tick takes more than 1 - 0.83",
    }


class DelayedSale(Design, name="delayed"):
    """A delay of one tick: it shows a wick in full, only later, and costs lenders a second tick of the fall."""

    position = "collateral and debt as they are, sold at the market"
    capital = BUYERS
    shock = Slide(bound="0.9", step="0.2")
    market = Infinite(shock=shock)
    oracle = Delayed(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.229"),
        solvency(shock=Slide(bound=ANY, step="0.08")),
        Delayed.trails_by_no_more_than_its_lag,
        wick_survival(shock=Wick(bound="0.2"), keepers=Nobody(pool=pool), health="1.25"),
        borrower_loss_cap(cap=0, shock=Wick(bound="0.9"), keepers=Nobody(pool=pool)),
        no_worse_than(other="spot-sale", shock=Drop(bound=ANY)),
    )
    refuted = {
        no_worse_than(other="spot-sale", shock=FALLS): LATER,
        lender_loss_cap(cap="0.2289"): "1 - 0.8²/0.83 = 22.89 % is lost",
        solvency(step="0.09"): "two ticks take more than 1 - 0.83",
        wick_survival(
            shock=Wick(bound="0.201"), keepers=Nobody(pool=pool), health="1.25"
        ): "a delay is no filter: it shows the whole wick a tick later, though the sale then is at the old price",
        borrower_loss_cap(
            cap="0.4999", shock=Wick(bound="0.5", duration=2), keepers=Nobody(pool=pool)
        ): "a wick that lasts as long as the delay is sold into",
    }


class MeanSale(Design, name="mean"):
    """The mean of four ticks: it shows a quarter of a wick of one tick, and trails behind a crash."""

    position = "collateral and debt as they are, sold at the market"
    capital = BUYERS
    shock = Slide(bound="0.9", step="0.2")
    market = Infinite(shock=shock)
    oracle = Mean(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.3314"),
        solvency(shock=Slide(bound=ANY, step="0.07")),
        Mean.trails_by_no_more_than_its_lag,
        given(
            Mean.shows_no_more_than_its_share_of_a_wick, shock=Wick(bound="0.5"), keepers=Nobody(pool=pool)
        ),
        wick_survival(shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), health=Q("8/7")),
        wick_survival(
            shock=Wick(bound="0.5", duration=2), oracle=MeanLong(market=market),
            keepers=Nobody(pool=pool), health=Q("8/7"),
        ),
        no_worse_than(other="spot-sale", shock=Drop(bound=ANY)),
    )  # fmt: skip
    refuted = {
        no_worse_than(other="spot-sale", shock=FALLS): LATER,
        lender_loss_cap(cap="0.3313"): "the mean of a steady fall is 1.44 times the price, and 1 - 0.8/1.44/0.83 is "
        "33.13 %",
        solvency(step="0.071"): "a steady fall leaves 82.9 % of the mean that was healthy a tick ago",
        wick_survival(
            shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), health="1.1428"
        ): "half of the price for a quarter of the window takes an eighth, and 1/(1 - 1/8) is 1.142857",
        wick_survival(
            shock=Wick(bound="0.5", duration=2), oracle=MeanLong(market=market),
            keepers=Nobody(pool=pool), health="1.1428",
        ): "the same, two ticks of eight",
    }  # fmt: skip


class HarmonicSale(Design, name="harmonic"):
    """The mean of four ticks of the price in the other token: it is never above the mean of the price itself."""

    shock = Slide(bound="0.9", step="0.2")
    market = Infinite(shock=shock)
    oracle = HarmonicMean(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        HarmonicMean.at_most_the_arithmetic_mean,
        HarmonicMean.trails_by_no_more_than_its_lag,
        lender_loss_cap(cap="0.2887"),
        wick_survival(shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), health="1.25"),
    )
    refuted = {
        lender_loss_cap(
            cap="0.2886"
        ): "its lag is 4/(1 + 0.8 + 0.8² + 0.8³) = 1.355, and 1 - 0.8/1.355/0.83 is 28.87 %",
        wick_survival(
            shock=Wick(bound="0.5001"), keepers=Nobody(pool=pool), health="1.25"
        ): "half of the price doubles the other, and 5/4 of it takes a fifth: an arithmetic mean shows an eighth",
    }


class EmaSale(Design, name="ema"):
    """An exponential mean of weight a tenth: bounded in a slow fall, and of no use in one faster than its weight."""

    position = "collateral and debt as they are, sold at the market"
    capital = BUYERS
    shock = Slide(bound="0.95", step="0.05")
    market = Infinite(shock=shock)
    oracle = Ema(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.3976"),
        lender_loss_cap(cap=0, step="0.017"),
        Ema.trails_by_no_more_than_its_lag,
        given(
            Ema.shows_no_more_than_its_share_of_a_wick, shock=Wick(bound="0.5", duration=3),
            keepers=Nobody(pool=pool),
        ),
        wick_survival(shock=Wick(bound="0.5", duration=3), keepers=Nobody(pool=pool), health="1.1568"),
        wick_survival(
            shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), weight="0.01377", health=1 / (1 - Q("0.01377") / 2)
        ),
        wick_survival(
            shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), weight="0.9844", health=1 / (1 - Q("0.9844") / 2)
        ),
        no_worse_than(other="spot-sale", shock=Drop(bound=ANY)),
    )  # fmt: skip
    refuted = {
        no_worse_than(other="spot-sale", shock=FALLS): LATER,
        lender_loss_cap(cap="0.3976", step="0.3"): "a fall faster than the weight leaves the mean behind for ever",
        wick_survival(
            shock=Wick(bound="0.5", duration=3), keepers=Nobody(pool=pool), health="1.1567"
        ): "three ticks of half the price take (1 - 0.9³)/2 = 13.55 %, and 1/(1 - 0.1355) is 1.15674",
        wick_survival(
            shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), weight="0.9843", health="1.96"
        ): "after an hour without a trade one price has 1 - exp(-3600/866) = 98.43 % of the weight, after 12 s 1.376 %",
    }


class PreviousEmaSale(Design, name="previous-ema"):
    """An exponential mean of the prices before this tick: nothing in it can move it, and it trails by a tick more."""

    shock = Slide(bound="0.95", step="0.05")
    market = Infinite(shock=shock)
    oracle = PreviousEma(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.4278"),
        PreviousEma.trails_by_no_more_than_its_lag,
        given(
            PreviousEma.is_not_moved_in_the_tick_of_a_dip, shock=Wick(bound="0.9", duration=3), weight="0.9",
            keepers=Nobody(pool=pool),
        ),
        given(
            PreviousEma.shows_no_more_than_its_share_of_a_wick, shock=Wick(bound="0.5", duration=3),
            keepers=Nobody(pool=pool),
        ),
        wick_survival(shock=Wick(bound="0.5", duration=3), keepers=Nobody(pool=pool), health="1.1568"),
    )  # fmt: skip
    refuted = {
        lender_loss_cap(cap="0.4278", step="0.3"): "a fall faster than the weight leaves the mean behind for ever",
        wick_survival(
            shock=Wick(bound="0.5"), keepers=Nobody(pool=pool), health="1.0526"
        ): "one tick of half the price takes a twentieth, if a tick later, and 1/(1 - 0.05) is 1.05263",
    }


class GeometricSale(Design, name="geometric"):
    """The geometric mean of three ticks: it shows more of a deep wick than an arithmetic one, and trails by less."""

    not_settled = dict.fromkeys(("cascade_free", "price_floor"), COMPARED_ONLY)

    shock = Slide(bound="0.9", step="0.2")
    market = Infinite(shock=shock)
    oracle = GeometricMean(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.229"),
        GeometricMean.trails_by_no_more_than_its_lag,
        wick_survival(shock=Wick(bound="0.488"), keepers=Nobody(pool=pool), health="1.25"),
    )
    refuted = {
        lender_loss_cap(cap="0.15"): "a steady fall comes to 1 - 0.8²/0.83 = 22.89 %, and its second tick to 17 %",
        wick_survival(
            shock=Wick(bound="0.4881"), keepers=Nobody(pool=pool), health="1.25"
        ): "1.25³·(1 - D) < 1; an arithmetic mean of three shows a third of D, and bears 60 %",
    }


class SumOfSamples(Mechanism):
    """A sum of any number of samples of which a wick makes some low: the sum alone, in units of the first price."""

    market: Infinite

    window: Ticks = param
    duration: Ticks = param  # how many samples the wick may touch
    depth: Ratio = param
    health: Ratio = param

    low: Ticks = state(0)  # low samples so far
    missing: Ticks = state(0)  # what the samples in the window lack of the first price, in all

    @assumption
    def depth_is_a_share(self) -> Bool:
        """The wick takes a share of the price."""
        return self.depth <= 1

    @rule(by="anyone")
    def dip(self, sample: Ratio) -> Step:
        """A low sample comes; what it replaces was the first price."""
        touched = self.low + ONE
        return require(sample <= 1, sample >= 1 - self.depth, touched <= self.duration).then(
            self.after(low=touched, missing=self.missing + (1 - sample) * ONE)
        )

    @rule(by="anyone")
    def forget(self, lacked: Ticks) -> Step:
        """A low sample leaves the window."""
        return require(lacked <= self.missing).then(self.after(missing=self.missing - lacked))

    @lemma
    def each_low_sample_lacks_the_depth_at_most(self) -> Bool:
        return (self.missing <= self.depth * self.low) & (self.low <= self.duration)

    @invariant
    def mean_moves_by_its_share(self) -> Bool:
        """The mean falls by at most depth · duration / window."""
        return self.missing <= self.depth * self.duration

    @invariant
    def wick_is_survived(self) -> Bool:
        """A position of this health is healthy by the mean, whenever the wick comes."""
        return self.health * (self.window - self.missing) >= self.window


class MeanOfAny(Design):
    """The arithmetic mean of any window: survived exactly from h·(1 - D·k/w) = 1 on."""

    shock = Slide(bound=ANY, step=ANY)
    market = Infinite(shock=shock)
    pool = SumOfSamples(market=market)

    @assumption
    def health_bears_the_wick(self) -> Bool:
        """The health is at least 1/(1 - D·k/w)."""
        return self.pool.health * (self.pool.window - self.pool.depth * self.pool.duration) >= self.pool.window

    proved = (SumOfSamples.mean_moves_by_its_share, SumOfSamples.wick_is_survived)


class MeanOfAnyBeyond(MeanOfAny):
    """The same for health just below it: there are wicks that are not survived."""

    @assumption
    def health_bears_the_wick(self) -> Bool:
        """The health is less than 1/(1 - D·k/w), by at most a hundredth of a percent, and at least one."""
        needed = self.pool.health * (self.pool.window - self.pool.depth * self.pool.duration)
        return (needed < self.pool.window) & (needed >= 0.9999 * self.pool.window) & (self.pool.health > 1)

    refuted = {SumOfSamples.wick_is_survived: "the whole wick leaves less of the mean than health asks for"}


class ProductOfSamples(Mechanism):
    """A product of any number of samples of which a wick makes some low, in units of the first price.

    Powers are parameters: of the health, to the number of samples, and of what the wick leaves, to that of its samples.
    """

    market: Infinite

    depth: Ratio = param
    worst: Ratio = param  # (1 - D)^k
    health_power: Ratio = param  # h^w

    product: Ratio = state(1)
    least: Ratio = state(1)  # what as many samples of the whole depth would have left

    @assumption
    def depth_is_a_share(self) -> Bool:
        """The wick takes a share of the price, and not all of it, and touches a number of samples."""
        return (self.depth < 1) & (self.worst > 0) & (self.worst <= 1)

    @rule(by="anyone")
    def dip(self, sample: Ratio) -> Step:
        """A low sample comes, as many as the wick may touch; what it replaces was the first price."""
        least = self.least * (1 - self.depth)
        return require(sample <= 1, sample >= 1 - self.depth, least >= self.worst).then(
            self.after(product=self.product * sample, least=least)
        )

    @rule(by="anyone")
    def forget(self, sample: Ratio) -> Step:
        """A low sample leaves the window; the others leave no more than the first price."""
        return require(sample <= 1, sample >= self.product).then(self.after(product=self.product / sample))

    @lemma
    def each_low_sample_leaves_its_share_at_least(self) -> Bool:
        return (self.product >= self.least) & (self.least >= self.worst)

    @invariant
    def product_keeps_its_share(self) -> Bool:
        """The product of all samples keeps (1 - D)^k of the first price's."""
        return self.product >= self.worst

    @invariant
    def wick_is_survived(self) -> Bool:
        """A position of this health is healthy by the geometric mean, whenever the wick comes."""
        return self.health_power * self.product >= 1


class GeometricOfAny(Design):
    """The geometric mean of any window: survived exactly from h^w·(1 - D)^k = 1 on."""

    shock = Slide(bound=ANY, step=ANY)
    market = Infinite(shock=shock)
    pool = ProductOfSamples(market=market)

    @assumption
    def health_bears_the_wick(self) -> Bool:
        """The health's power is at least 1/(1 - D)^k."""
        return self.pool.health_power * self.pool.worst >= 1

    proved = (ProductOfSamples.product_keeps_its_share, ProductOfSamples.wick_is_survived)


class GeometricOfAnyBeyond(GeometricOfAny):
    """The same for health just below it: there are wicks that are not survived."""

    @assumption
    def health_bears_the_wick(self) -> Bool:
        """The health's power is less than 1/(1 - D)^k, by at most 0.01 %, and the wick is one sample."""
        needed = self.pool.health_power * self.pool.worst
        return (needed < 1) & (needed >= Q("0.9999")) & (self.pool.worst == 1 - self.pool.depth)

    refuted = {ProductOfSamples.wick_is_survived: "the whole wick leaves less of the product than health asks for"}

"""Each oracle's lag and what it shows of a wick, and where losses under it begin: in closed form, and beyond it."""

from collections.abc import Callable
from fractions import Fraction
from math import exp
from typing import Any, Self

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language import Bool, Crowd, Design, Piece, Real, SpecError, all_of, each_tick, maximum
from verifier.language.load import bundled
from verifier.language.lower import Problem, compose
from verifier.language.pieces import Marked, as_property
from verifier_specs.bonded_auction import Buckets
from verifier_specs.closing import SoldAtMarket
from verifier_specs.keepers import Attended
from verifier_specs.means import Delayed, Ema, GeometricMean, Mean
from verifier_specs.oracles import SampledOnce, Spot
from verifier_specs.osm import Osm
from verifier_specs.patience import DelayedSale, EmaSale, GeometricSale, MeanSale

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Q = Fraction
LITTLE = Q(1, 10**4)

PROMPT = {"keepers": "prompt", "book__health": "1.25"}
DROP = {**PROMPT, "shock": "drop", "shock__bound": "0.5"}
SLIDE = {**PROMPT, "shock": "slide", "shock__bound": "0.7", "shock__step": "0.2"}
SLOW = {**PROMPT, "shock": "slide", "shock__bound": "0.5", "shock__step": "0.02"}
WICK = {"keepers": "nobody", "book__health": "1.25", "shock": "wick", "shock__bound": "0.5", "shock__duration": "2"}
CAP, BOUND = ("lender_loss_cap", "cap"), ("solvency", "bound")
BORROWER, DEPTH = ("borrower_loss_cap", "cap"), ("wick_survival", "bound")


def formula(problem: Compose, design: str, claim: str, vary: str, settings: dict[str, Any]) -> Q:
    quantity = "cap" if vary == "cap" else "shock__bound"
    return Q(value(problem(design, claim, **(settings | {quantity: Q(1, 2)})).forms[vary], {}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("design", "settings", "form", "expected"),
    [
        ("spot", DROP, CAP, 1 - Q("0.625") / Q("0.8715")),
        ("spot", SLIDE, CAP, 1 - Q("0.8") / Q("0.8715")),
        ("spot", SLIDE, BOUND, 1 - Q("0.8715") / Q("1.25")),
        ("spot", DROP, BORROWER, Q(1, 21)),
        ("spot", WICK, BORROWER, 1 - Q("0.5") / Q("1.05")),
        ("spot", WICK, DEPTH, Q(1, 5)),
        ("spot-sale", SLIDE, CAP, 1 - Q("0.8") / Q("0.83")),
        ("delayed", SLIDE, CAP, 1 - Q("0.64") / Q("0.83")),
        ("delayed", DROP, BORROWER, Q(0)),
        ("delayed", WICK, BORROWER, Q(1, 2)),
        ("delayed", WICK, DEPTH, Q(1, 5)),
        ("mean", DROP, CAP, 1 - Q("0.625") / Q("0.83")),
        ("mean", SLIDE, CAP, 1 - 4 * Q("0.2") * Q("0.8") ** 4 / (1 - Q("0.8") ** 4) / Q("0.83")),
        ("mean", SLIDE, BOUND, 1 - Q("0.83") / Q("1.25")),
        ("mean", WICK, BORROWER, 1 - Q("0.83") * Q("0.75")),
        ("mean", WICK, DEPTH, Q(2, 5)),
        ("ema", WICK | {"shock__duration": "3"}, DEPTH, Q(1, 5) / (1 - Q("0.9") ** 3)),
        ("ema", DROP, CAP, 1 - Q("0.625") / Q("0.83")),
        ("deviation", SLIDE, CAP, 1 - Q("0.8") * Q("0.95") / Q("0.83")),
        ("caller-chosen", SLIDE | {"book__health": "1"}, CAP, 1 - Q("0.8") ** 3 / Q("0.83")),
        ("osm", SLIDE | {"shock__seconds": "3600"}, CAP, 1 - Q("0.8") ** 2 / Q("0.83")),
    ],
)
def test_a_claim_holds_up_to_its_closed_form_and_not_beyond(
    settle: Settle, problem: Compose, design: str, settings: dict[str, Any], form: tuple[str, str], expected: Q
) -> None:
    claim, vary = form
    quantity, beyond = ("cap", -LITTLE) if vary == "cap" else ("shock__bound", LITTLE)

    assert formula(problem, design, claim, vary, settings) == expected
    assert isinstance(settle(design, claim, **(settings | {quantity: expected})).verdict, Proved)
    assert isinstance(settle(design, claim, **(settings | {quantity: expected + beyond})).verdict, Refuted)


@pytest.mark.parametrize("design", ["spot", "spot-sale", "delayed", "mean", "deviation"])
def test_a_slow_fall_costs_nothing_if_keepers_are_prompt(settle: Settle, problem: Compose, design: str) -> None:
    assert formula(problem, design, *CAP, SLOW) == 0
    assert isinstance(settle(design, "lender_loss_cap", **SLOW, cap="0").verdict, Proved)
    assert formula(problem, design, *BOUND, SLOW) == 1


def test_of_an_exponential_mean_no_more_is_said_of_a_slide_than_of_a_drop(problem: Compose) -> None:
    drop = {name: given for name, given in SLIDE.items() if name != "shock__step"} | {"shock": "drop"}

    assert formula(problem, "ema", *CAP, SLIDE) == formula(problem, "ema", *CAP, drop)


@pytest.mark.parametrize("oracle", ["silent", "reverting", "frozen", "osm"])
def test_an_oracle_that_may_stop_bounds_nothing_by_its_lag(problem: Compose, oracle: str) -> None:
    assert formula(problem, "spot-sale", *CAP, SLIDE | {"oracle": oracle}) == 1 - Q("0.375") / Q("0.83")


@pytest.mark.parametrize(("step", "left"), [("0.03", Q("0.7")), ("0.017", Q("0.83")), ("0.0999", Q("0.625"))])
def test_an_exponential_mean_bounds_the_loss_of_a_slide_slower_than_its_weight(
    settle: Settle, problem: Compose, step: str, left: Q
) -> None:
    settings = SLOW | {"shock__step": step}
    expected = 1 - left / Q("0.83")

    assert formula(problem, "ema", *CAP, settings) == expected
    assert isinstance(settle("ema", "lender_loss_cap", **settings, cap=expected).verdict, Proved)


def decayed(exponent: Q, terms: int) -> Q:
    """A partial sum of exp(-exponent): with an even number of terms from below, with an odd one from above."""
    summand, total = Q(1), Q(0)
    for term in range(1, terms + 1):
        total += summand
        summand *= -exponent / term
    return total


@pytest.mark.parametrize(("seconds", "low", "high"), [(12, "0.01376", "0.01377"), (3600, "0.9843", "0.9844")])
def test_the_weight_of_a_price_after_a_gap_in_an_average_over_866_seconds(seconds: int, low: str, high: str) -> None:
    exponent = Q(seconds, 866)  # the weights by which ``ema`` states what a momentary price does to Curve's oracle

    assert Q(low) < 1 - decayed(exponent, 31) < 1 - decayed(exponent, 30) < Q(high)


@pytest.mark.parametrize(("seconds", "published"), [(12, ".01376"), (3600, ".9843")])
def test_an_exponential_mean_of_866_seconds_shows_the_published_share(
    problem: Compose, seconds: int, published: str
) -> None:
    """What it shows of a wick of so many blocks of 12 s: a health of h survives the depth of 1 - 1/h over that."""
    wick = WICK | {"book__health": "1.01", "shock__duration": str(seconds // 12)}
    settings = wick | {"weight": round(Q(1 - exp(-12 / 866)), 7)}
    shown = (1 - 1 / Q("1.01")) / formula(problem, "ema", *DEPTH, settings)

    assert round(shown, len(published) - 1) == Q(published)


@pytest.mark.parametrize(("oracle", "ticks"), [("mean", 4), ("mean-long", 8)])
def test_the_lag_of_a_mean_is_that_of_a_steady_fall(problem: Compose, oracle: str, ticks: int) -> None:
    step, threshold = Q("0.03"), Q("0.83")
    settings = PROMPT | {"shock": "slide", "shock__bound": "0.9", "shock__step": step, "oracle": oracle}
    prices = [(1 - step) ** tick for tick in range(ticks + 1)]
    kept = prices[-1] / (sum(prices[:-1]) / ticks)

    assert formula(problem, "mean", *CAP, settings) == max(Q(0), 1 - kept / threshold)


def test_only_who_asks_whether_debt_is_covered_can_take_a_geometric_mean(problem: Compose) -> None:
    takers, refused = set(), set()
    for name, design in bundled().items():
        oracle = design.slots().get("oracle")
        if isinstance(oracle, Spot) and not any(isinstance(piece, Crowd) for piece in design.slots().values()):
            try:
                problem(name, "wick_survival", **WICK, oracle="geometric-mean")
            except SpecError as why:
                refused |= {name} if "a geometric mean is a root" in why.message else set()
            else:
                takers.add(name)

    assert all(isinstance(bundled()[name].slots()["pool"], SoldAtMarket) for name in takers)
    assert {"spot-sale", "mean", "deviation", "confirmed-liquidation"} <= takers
    assert {"spot", "aave-v3", "euler-v2", "perpetual", "llamma", "morpho-blue", "compound-v2"} <= refused


def test_a_wick_of_two_samples_counts_twice_in_a_geometric_mean(settle: Settle) -> None:
    settings = WICK | {"oracle": "geometric-mean", "shock__bound": "0.29"}
    found = settle("spot-sale", "wick_survival", **settings, effort="runs")

    assert Q("1.25") ** 3 * Q("0.71") ** 2 < 1 < Q("1.25") ** 3 * Q("0.72") ** 2
    assert isinstance(found.verdict, Refuted)
    assert value(dict(found.columns)["health factor cubed"], found.verdict.run.states[0]) >= Q("1.25") ** 3


def test_nothing_is_due_by_an_oracle_that_does_not_answer() -> None:
    everything = as_property(Marked("invariant", lambda _: all_of()))
    asked = set()
    for name, design in bundled().items():
        oracle = design.slots().get("oracle")
        if isinstance(oracle, Spot) and not isinstance(oracle, (Buckets, Osm, SampledOnce)):
            problem = compose(design, everything, {"oracle": "silent"})
            pool: Any = problem.pieces[problem.seats[0]]
            if isinstance(pool, Attended) and type(pool).due is not Attended.due:
                asked.add(name)
                assert "¬true" in repr(pool.due()), name

    assert {"spot", "morpho-blue", "compound-v2", "defaulting", "llamma", "perpetual", "options-tracker"} <= asked


def test_the_capped_feed_of_march_2026_closes_those_below_1_228_over_1_1939(settle: Settle) -> None:
    threshold = Q("1.228") / Q("1.1939")

    assert round(threshold, 5) == Q("1.02856")
    assert isinstance(settle("capped-growth", "wick_survival", health=threshold).verdict, Proved)
    assert isinstance(settle("capped-growth", "wick_survival", health=threshold - Q(1, 10**6)).verdict, Refuted)


class DividesByTooFew(Mean):
    def quote(self) -> Real:
        return super().quote() * self.window() / (self.window() - 1)


class RemembersTheHighestPrice(Delayed):
    @each_tick
    def remember(self) -> Self:
        return self.after(before_1=maximum(self.before_1, self.market.price()))


class KeepsTheOldestSample(Mean):
    @each_tick
    def remember(self) -> Self:
        return self.after(before_1=self.market.price(), before_2=self.before_1, before_3=self.before_3)


class WeighsTheWrongWayRound(Ema):
    def quote(self) -> Real:
        return self.weight * self.average + (1 - self.weight) * self.market.price()


class MultipliesTwo(GeometricMean):
    def covers(self, collateral: Real, debt: Real) -> Bool:
        newest, before, _ = self.samples()
        return debt * debt <= collateral * collateral * (newest * before)


@pytest.mark.parametrize(
    ("design", "broken", "claim"),
    [
        (MeanSale, DividesByTooFew, "trails_by_no_more_than_its_lag"),
        (DelayedSale, RemembersTheHighestPrice, "trails_by_no_more_than_its_lag"),
        (MeanSale, KeepsTheOldestSample, "trails_by_no_more_than_its_lag"),
        (EmaSale, WeighsTheWrongWayRound, "wick_survival"),
        (GeometricSale, MultipliesTwo, "wick_survival"),
    ],
)
def test_a_faulty_memory_is_refuted(
    settle: Settle, design: type[Design], broken: Callable[..., Piece], claim: str
) -> None:
    oracle = broken(market=design.slots()["market"])
    wick = WICK | {"shock__duration": "1", "shock__bound": "0.45"} if claim == "wick_survival" else {}

    assert isinstance(settle(design.title, claim, **wick).verdict, Proved)
    assert isinstance(settle(design.title, claim, **wick, oracle=oracle).verdict, Refuted)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (", touched <= self.duration)", ")"),
        ("sample >= 1 - self.depth, ", ""),
        ("self.missing + (1 - sample) * ONE", "self.missing + 2 * (1 - sample) * ONE"),
        ("(lacked <= self.missing).then(self.after(missing=self.missing - lacked))", "(lacked <= self.missing).then("
         "self.after(missing=self.missing + lacked))"),
    ],
)  # fmt: skip
def test_a_faulty_sum_of_samples_is_refuted(planted: Callable[..., None], old: str, new: str) -> None:
    planted("patience", "mean-of-any", "a faulty sum", old, new, "mean_moves_by_its_share")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (", least >= self.worst)", ")"),
        ("sample >= 1 - self.depth, least", "least"),
        ("product=self.product * sample, least", "product=self.product * sample * sample, least"),
        ("product=self.product / sample", "product=self.product * sample"),
        ("sample >= self.product).then(self.after(product=self.product / sample))", "sample > 0).then(self.after("
         "product=self.product / sample - 1 / sample + 1))"),
    ],
)  # fmt: skip
def test_a_faulty_product_of_samples_is_refuted(planted: Callable[..., None], old: str, new: str) -> None:
    planted("patience", "geometric-of-any", "a faulty product", old, new, "product_keeps_its_share")


FAULTS = [
    ("deviation", "only a rise is reported", "off = maximum(self.market.price() - self.report, self.report - "
     "self.market.price())", "off = self.market.price() - self.report", "within_its_deviation"),
    ("deviation", "the deviation is ten times as large", "(off > self.deviation * self.report)",
     "(off > 10 * self.deviation * self.report)", "within_its_deviation"),
    ("deviation", "only a fall is reported", "off = maximum(self.market.price() - self.report, self.report - "
     "self.market.price())", "off = self.report - self.market.price()", "within_its_deviation"),
    ("deviation", "the share is of the price", "off > self.deviation * self.report",
     "off > self.deviation * self.market.price()", "within_its_deviation"),
    ("deviation", "the report is shown when there is a new one", "where(self.due(), self.market.price(), self.report)",
     "where(self.due(), self.report, self.market.price())", "within_its_deviation"),
    ("caller-chosen", "what it differs by from newer ones counts twice", "chosen = where(self.age == age, sample, chosen)",
     "chosen = where(self.age == age, 2 * sample - chosen, chosen)", "wick_survival"),
    ("caller-chosen", "prices add up", "chosen = where(self.age == age, sample, chosen)",
     "chosen = where(self.age == age, sample + chosen, chosen)", "trails_by_no_more_than_its_lag"),
    ("caller-chosen", "the window is one tick", "1 / (1 - step) ** len(self.names())", "1 / (1 - step)",
     "trails_by_no_more_than_its_lag"),
    ("stopping", "twice the last price is shown", "where(self.stopped, self.last, self", "where(self.stopped, 2 * "
     "self.last, self", "shows_a_price_that_was"),
    ("stopping", "half of the last price is kept", "last=self.market.price())", "last=self.market.price() / 2)",
     "shows_a_price_that_was"),
    ("stopping", "the highest price is kept", "last=self.market.price())", "last=self.market.shock.peak)",
     "an_answer_trails_by_no_more_than_its_age"),
    ("stopping", "the last price is shown when it runs, too", "where(self.stopped, self.last, self.market.price())",
     "self.last", "an_answer_trails_by_no_more_than_its_age"),
    ("stopping", "an answer may be a tick older", "(self.age <= self.oldest)", "(self.age <= self.oldest + amount(1, "
     "TICKS))", "an_answer_trails_by_no_more_than_its_age"),
    ("stopping", "an answer does not get older", "where(self.stopped, self.age + amount(1, TICKS), 0)",
     "where(self.stopped, self.age, 0)", "an_answer_trails_by_no_more_than_its_age"),
    ("capped-growth", "the cap is a floor", "return minimum(self.market.price(), self.snapshot",
     "return maximum(self.market.price(), self.snapshot", "errs_low_only"),
    ("capped-growth", "any snapshot is taken", "require(snapshot >= (1 - self.error) * self.market.price())",
     "require(snapshot > 0)", "wick_survival"),
    ("bounded-error", "the error is not bounded below", "require(factor >= 1 - self.error, ", "require(",
     "wick_survival"),
    ("caller-chosen", "twice the price is presented", "chosen = where(self.age == age, sample, chosen)",
     "chosen = where(self.age == age, 2 * sample, chosen)", "trails_by_no_more_than_its_lag"),
    ("capped-growth", "the cap grows by a share, not an amount", "return self.growth * snapshot / amount(1, TICKS)",
     "return self.growth / amount(1, TICKS)", None),
    ("capped-growth", "growth compounds", "since=self.since + amount(1, TICKS))",
     "since=self.since + amount(1, TICKS), slope=self.slope * (1 + self.growth))", "grows_by_its_share_of_the_snapshot"),
    ("capped-growth", "a new snapshot adds to the slope of the old one", "slope=self.slope_of(snapshot)",
     "slope=self.slope + self.slope_of(snapshot)", "grows_by_its_share_of_the_snapshot"),
    ("capped-growth", "a tick counts twice", "self.slope * self.since)", "2 * self.slope * self.since)",
     "grows_by_its_share_of_the_snapshot"),
    ("bounded-error", "the error is not bounded above", ", factor <= 1 + self.error)", ")", "within_its_error"),
    ("bounded-error", "the error is added twice", "return self.factor * self.market", "return self.factor**2 * self.market",
     "within_its_error"),
    ("bounded-error", "the error is of the quote", "factor <= 1 + self.error", "factor * (1 - self.error) <= 1",
     "within_its_error"),
    ("bounded-error", "errors add up", "self.after(factor=factor)", "self.after(factor=self.factor * factor)",
     "within_its_error"),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_faulty_feed_is_refuted(
    planted: Callable[..., None], design: str, fault: str, old: str, new: str, claim: str | None
) -> None:
    planted("feeds", design, fault, old, new, claim)


TRAILS, SHOWS = "trails_by_no_more_than_its_lag", "shows_no_more_than_its_share_of_a_wick"
MEMORY_FAULTS = [
    ("mean", "the newest sample counts twice", "sum(older, newest)", "sum(older, 2 * newest)", TRAILS),
    ("mean", "its lag is that of a shorter window", "range(1, self.window())]", "range(1, self.window() - 1)]", TRAILS),
    ("mean", "it shows the share of a longer window", ") / self.window(), RATIO)", ") / (self.window() + 1), RATIO)",
     SHOWS),
    ("delayed", "it remembers more than there was", "sample == self.market.price() for sample in self.remembered()",
     "sample >= self.market.price() for sample in self.remembered()", TRAILS),
    ("delayed", "nothing new is remembered", "zip(self.names(), self.samples(), ", "zip(self.names(), "
     "self.samples()[1:], ", TRAILS),
    ("delayed", "twice the price is shown", "return self.samples()[-1]", "return 2 * self.samples()[-1]", TRAILS),
    ("delayed", "its lag counts half of a step", "1 / (1 - step) ** len(self.names())",
     "1 / (1 - step / 2) ** len(self.names())", TRAILS),
    ("ema", "the newest price has all its weight", "+ self.weight * self.market.price()", "+ self.market.price()",
     TRAILS),
    ("ema", "it forgets all but the last price", "average=self.quote()", "average=self.market.price()",
     "wick_survival"),
    ("ema", "it shows the share of a tick less", "max(ticks, 1)", "max(ticks - 1, 1)", SHOWS),
    ("ema", "it remembers more than there was", "sample == self.market.price() for sample in self.remembered()",
     "sample >= self.market.price() for sample in self.remembered()", TRAILS),
    ("previous-ema", "this tick's price counts", "self.average + self.weight * self.before",
     "self.average + self.weight * self.market.price()", "is_not_moved_in_the_tick_of_a_dip"),
    ("previous-ema", "nothing new is remembered", "before=self.market.price())", "before=self.before)", TRAILS),
    ("previous-ema", "it forgets all but the last prices", "average=self.quote(), before", "average=self.before, before",
     "wick_survival"),
    ("previous-ema", "the last price may be any at the start", '("average", "before")', '("average",)', TRAILS),
    ("previous-ema", "it remembers more than there was", "sample == self.market.price() for sample in "
     "self.remembered()", "sample >= self.market.price() for sample in self.remembered()", TRAILS),
    ("harmonic", "the window is one longer", "return self.window() / sum(older", "return (self.window() + 1) / sum(older",
     "at_most_the_arithmetic_mean"),
    ("harmonic", "half of each price in the other token", "(1 / sample for", "(1 / (2 * sample) for",
     "at_most_the_arithmetic_mean"),
    ("harmonic", "its lag counts half of a step", "kept = [(1 - step)", "kept = [(1 - step / 2)", TRAILS),
    ("harmonic", "nothing new is remembered", "zip(self.names(), self.samples(), ", "zip(self.names(), "
     "self.samples()[1:], ", TRAILS),
    ("harmonic", "it remembers more than there was", "sample == self.market.price() for sample in self.remembered()",
     "sample >= self.market.price() for sample in self.remembered()", TRAILS),
    ("geometric", "the newest sample counts twice", "return first * second * third", "return first * first * third",
     "wick_survival"),
    ("geometric", "the oldest sample counts twice", "return first * second * third", "return second * third * third",
     TRAILS),
    ("geometric", "it is compared by its square", "debt**3 <= collateral**3", "debt**3 <= collateral**2", None),
    ("geometric", "it remembers more than there was", "sample == self.market.price() for sample in self.remembered()",
     "sample >= self.market.price() for sample in self.remembered()", TRAILS),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), MEMORY_FAULTS, ids=lambda value: str(value)[:40])
def test_a_faulty_memory_in_its_text_is_refuted(
    planted: Callable[..., None], design: str, fault: str, old: str, new: str, claim: str | None
) -> None:
    planted("means", design, fault, old, new, claim)


AGE = "counts_for_less_than_two_hops"
OSM_FAULTS = [
    ("an hour is two hops", "now >= self.hour + self.hop, self.hour + self.hop, self.hour",
     "now >= self.hour + self.hop, self.hour + 2 * self.hop, self.hour", AGE),
    ("a poke has to wait for two hops", "return self.now >= self.zzz + self.hop",
     "return self.now >= self.zzz + 2 * self.hop", AGE),
    ("the next price is the last one again", "nxt=self.market.price(), zzz", "nxt=self.cur, zzz", TRAILS),
    ("what counts is the price before", "return where(self.due(), self.nxt, self.cur)", "return self.cur", TRAILS),
    ("the clock forgets to poke", "(\"cur\", \"nxt\", \"zzz\"", "(\"cur\", \"zzz\"", TRAILS),
    ("its lag counts half of a step", "1 / (1 - step) ** ticks", "1 / (1 - step / 2) ** ticks", TRAILS),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), OSM_FAULTS, ids=lambda value: str(value)[:40])
def test_a_faulty_security_module_is_refuted(
    planted: Callable[..., None], fault: str, old: str, new: str, claim: str
) -> None:
    planted("osm", "osm", fault, old, new, claim)


@pytest.mark.parametrize("design", ["spot", "aave-v3", "confirmed-liquidation", "morpho-blue"])
def test_any_loan_can_take_the_security_module(settle: Settle, design: str) -> None:
    settings = {"oracle": "osm", "keepers": "nobody", "shock": "wick", "shock__bound": "0.3", "book__health": "1.25"}
    found = settle(design, "wick_survival", **settings, effort="runs", **{"shock__duration": "9"})

    assert isinstance(found.verdict, Refuted)

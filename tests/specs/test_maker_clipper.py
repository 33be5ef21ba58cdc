"""Maker's Clipper: the published times to the feed, and what each configuration does."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import pytest

from verifier.evidence.run import Taken, Values, advance, replay
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import holds, value
from verifier.language.lower import Problem
from verifier.language.system import System

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]

START = {
    "price": 2000, "peak": 2000, "cur": 2000, "nxt": 1900, "now": 3600, "seen": 3600, "hour": 3600, "power": 1,
    "collateral": 20, "debt": 30000, "initial price": 2000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "ticks", "seconds"),
    [
        ({"seconds": 90, "buf": "1.3"}, 27, 2430),
        ({"seconds": 90, "buf": "1.2"}, 19, 1710),
        ({"seconds": 60, "buf": "1.05", "cut": "0.999", "step": 60}, 49, 2940),
    ],
)
def test_the_price_is_at_the_feed_after_the_published_time(
    problem: Compose, settings: dict[str, object], ticks: int, seconds: int
) -> None:
    system = problem("maker-clipper", "take_pays_the_floor", bound="0.5", **settings).system
    columns = dict(system.columns)

    def cheap(state: Values) -> bool:
        return value(columns["asked"], state) <= value(columns["oracle"], state)  # type: ignore[operator, no-any-return]

    assert age_when(system, cheap) == (ticks, seconds)


def test_stairs_fall_to_a_cusp_of_two_fifths_after_the_published_time(problem: Compose) -> None:
    settings = {"seconds": 90, "cut": "0.99", "step": 90, "buf": "1.2", "cusp": "0.4", "tail": 9000}
    composed = problem("maker-clipper", "take_pays_the_floor", bound="0.5", **settings)

    assert age_when(composed.system, partial(holds, composed.pieces["clipper"].done())) == (92, 8280)


def age_when(system: System, reached: Callable[[Values], bool]) -> tuple[int, Fraction]:
    """After how many ticks an auction, barked at the start, is so far, and its age then."""
    names = {var.name: var for var in (*system.params, *system.state, *system.rigid)}
    start: Values = {var: False if name == "running" else Fraction(0) for name, var in names.items()}
    start |= {names[name]: Fraction(number) for name, number in START.items() if name in names}
    tick, bark = system.rule("tick"), system.rule("bark")
    run = replay(system, None, start, [Taken("poke", {}), Taken("bark", {bark.inputs[0]: Fraction(40000)})], "real")

    state, taken = run.states[-1], 0
    while not reached(state):
        following = advance(system, tick, state, {tick.inputs[0]: Fraction(2000)}, "real")
        assert following is not None
        state, taken = following, taken + 1
    return taken, Fraction(state[names["age"]])


def test_every_take_pays_the_floor_for_every_choice_of_parameters(settle: Settle) -> None:
    for number in (0, 1):
        assert isinstance(settle("maker-clipper", "take_pays_the_floor", number=number).verdict, Proved)
    assert isinstance(settle("maker-clipper", "auction_pays_the_floor", "fixed").verdict, Proved)


def test_a_linear_price_that_reaches_zero_gives_the_lot_away(settle: Settle) -> None:
    refuted = settle("maker-clipper-linear", "no_giveaway", tau=3600, cusp=0).verdict

    assert isinstance(refuted, Refuted)
    assert refuted.run.steps[-1].rule == "take"
    before, after = ({var.name: number for var, number in state.items()} for state in refuted.run.states[-2:])
    assert after["lot"] < before["lot"]
    assert after["tab"] == before["tab"]


@pytest.mark.parametrize("sound", [{"tau": 9000}, {"cusp": "0.1"}])
def test_a_sound_linear_price_does_not(settle: Settle, sound: dict[str, object]) -> None:
    assert isinstance(settle("maker-clipper-linear", "no_giveaway", **sound).verdict, Proved)


def test_stairs_without_length_stop_the_auction(settle: Settle) -> None:
    """The status divides by step, so neither take nor redo can be called."""
    refuted = settle("maker-clipper", "progress", step=0).verdict

    assert isinstance(refuted, Refuted)
    held = {var.name: number for var, number in refuted.run.states[-1].items()}
    assert held["running"] is True
    assert isinstance(settle("maker-clipper", "progress").verdict, Proved)


def test_a_delayed_price_may_be_younger_than_its_hop(settle: Settle) -> None:
    assert isinstance(settle("maker-clipper", "price_is_a_hop_old_when_it_counts").verdict, Refuted)
    assert isinstance(settle("maker-clipper", "next_was_sampled_in_the_hop_of_the_last_poke").verdict, Proved)


FAULTS = [
    ("dutch_auction", "maker-clipper", "a dusty part is barked", "& ((dart == self.debt) | (dart >= self.dust))", "",
     "penalty_pays_keepers"),
    ("dutch_auction", "maker-clipper", "the tab counts twice against the hole", "down(room / self.chop, 18)",
     "down(room / self.chop / self.chop, 18)", "unsafe_can_be_barked_with_room"),
    ("dutch_auction", "maker-clipper-under-way", "an auction is redone at any time", "(self.running, self.done(), post",
     "(self.running, post", "restarts_take_time"),
    ("dutch_auction", "maker-clipper-under-way", "a restart pays the tip twice",
     "rewards=self.rewards + reward, incentives", "rewards=self.rewards + 2 * reward, incentives",
     "keepers_get_at_most_the_penalty"),
    ("dutch_auction", "maker-clipper-under-way", "half of what is paid for is sold", "down(owe / price, 18)",
     "down(owe / price / 2, 18)", "nobody_overpays"),
    ("dutch_auction", "maker-clipper-under-way", "the rest of a tab buys nothing", "down(owe / price, 18)",
     "down(owe / price, 18) * 0", "who_pays_gets_something"),
    ("dutch_auction", "maker-clipper-under-way", "a purchase halves the price", "running=~ended, tab=",
     "top=self.top / 2, running=~ended, tab=", "takes_add_up"),
    ("dutch_auction", "maker-clipper-under-way", "a purchase halves the price", "running=~ended, tab=",
     "top=self.top / 2, running=~ended, tab=", "splitting_a_take_brings_nothing"),
    ("dutch_auction", "maker-clipper-voided", "a tab of the dust limit is never sold", "~dusty | (self.tab >",
     "(self.tab >", "can_be_bought_while_it_lasts"),
    ("osm", "maker-clipper", "one may poke every second hop", "self.zzz + self.hop\n\n    @rule",
     "self.zzz + 2 * self.hop\n\n    @rule", "price_is_at_most_two_hops_old"),
    ("maker_governance", "maker-clipper-governed", "governance waits for auctions", "self.amid | ~self.running",
     "self.amid | self.running", "auction_pays_the_floor"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted(
    module: str, design: str, fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted(module, design, fault, old, new, claim)

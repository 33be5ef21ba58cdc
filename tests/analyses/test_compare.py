"""Designs side by side: a stated number is never believed, words say no more than numbers, one policy for two designs."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.analyses.cases import Case, cases
from verifier.analyses.compare import Asked, compared, library, refuse_what_is_common, rows, premiums, row
from verifier.analyses.frequencies import Frequencies, default, from_csv
from verifier.analyses.prove import Prover
from verifier.analyses.selection import Side, sides
from verifier.analyses.tradeoff import beside
from verifier.evidence.comparison import Cell, Row, standing
from verifier.evidence.verdict import Finding, Proved, Refuted, Vacuous
from verifier.language.errors import SpecError
from verifier.language.expr import variables
from verifier.language.figure import Figure
from verifier.language.load import select
from verifier.language.pieces import Design, Property
from verifier.reports.comparison import cell_data, number, premium_text, rests_on
from verifier_specs.properties import no_worse_than

Q = Fraction
SPEC = str(Path(__file__).with_name("side_by_side.py"))
OFTEN = Frequencies(((Q("0.3"), Q("0.5")), (Q("0.5"), Q("0.1"))), "a test")
TERMS, FIGURES = library({}, OFTEN)
ENV = {term.name: term.value for term in TERMS}
DESIGNS = select((SPEC,))

Ask = Callable[[str, str], Cell]


@pytest.fixture(scope="session")
def ask(prover: Prover) -> Ask:
    return lambda design, name: Asked(DESIGNS[design], figure(name), ENV, prover).cell()


def figure(name: str) -> Figure:
    return next(figure for figure in FIGURES if figure.name == name)


LOSS = 1 - Q("0.5") * Q("1.25") / Q("0.83")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("solvent_drop", 1 - Q("0.83") / Q("1.25")), ("lender_loss_drop_50", LOSS), ("lender_loss_drop_30", 0),
        ("wick_5", Q("0.2")), ("collateral_drop", Q("1.98")), ("cascade_free", 1 - Q("1.02") ** 2 / (Q("1.25") * Q("1.1"))),
        ("price_floor_50", Q("0.5") / Q("1.06") ** 2),
    ],
)  # fmt: skip
def test_a_stated_number_is_proved_and_refuted_beside_it(ask: Ask, name: str, value: Fraction) -> None:
    found = ask("known", name)

    assert found.standing == "exact"
    assert found.value == value
    assert found.safe is not None
    assert isinstance(found.safe.verdict, Proved)
    assert found.safe.borrowers == "any"
    assert value == 0 or (found.unsafe is not None and isinstance(found.unsafe.verdict, Refuted))


def test_an_author_who_boasts_is_found_out(ask: Ask) -> None:
    found = ask("boasting", "lender_loss_drop_50")

    assert (found.standing, found.value) == ("unknown", None)
    assert "closed form says" in found.why
    assert "refuted" in found.why


def test_a_modest_number_is_shown_as_one_side_only(ask: Ask) -> None:
    found = ask("modest", "lender_loss_drop_50")

    assert (found.standing, found.value) == ("proved", Q("0.5"))
    assert found.why == "no run that breaks it just beyond was found"


def test_what_nobody_states_is_searched_for(ask: Ask) -> None:
    found = ask("mute", "solvent_drop")

    assert (found.standing, found.value) == ("exact", 1 - Q("0.83") / Q("1.25"))
    assert found.bound is not None


def test_a_vacuous_proof_carries_no_number(ask: Ask) -> None:
    found = ask("known", "lender_loss_drop_50")
    assert found.safe is not None
    vacuous = attrs.evolve(found.safe, verdict=Vacuous("nothing happens"))

    assert standing(vacuous, found.unsafe, closed=False) == standing(vacuous, None, closed=True) == "unknown"


def test_a_searched_number_is_exact_only_where_its_sides_meet(ask: Ask, prover: Prover) -> None:
    asked = Asked(DESIGNS["mute"], figure("solvent_drop"), ENV, prover)
    searched = ask("mute", "solvent_drop").bound
    assert searched is not None

    assert asked.found(searched).standing == "exact"
    assert asked.found(attrs.evolve(searched, why="the sides are apart")).standing == "proved"
    assert asked.found(attrs.evolve(searched, proof=None)).value is None


def test_what_only_ever_smaller_positions_reach_is_refuted_within_the_precision(prover: Prover) -> None:
    found = Asked(select(("spot",))["spot"], figure("cascade_free"), ENV, prover).cell()

    assert found.standing == "exact"
    assert found.value is not None
    assert Q("0.245096") < found.value < Q("0.245097")
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)


@pytest.mark.parametrize(
    ("design", "name", "least"),
    [("spot", "price_floor_30", Q("0.62402")), ("sliced-unwind", "price_floor_50", Q("0.44499"))],
)
def test_what_only_ever_smaller_or_later_sales_reach_is_refuted_within_the_precision(
    prover: Prover, design: str, name: str, least: Fraction
) -> None:
    found = Asked(select((design,))[design], figure(name), ENV, prover).cell()

    assert found.standing == "exact"
    assert found.value is not None
    assert least < found.value < least + Q("0.00001")
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)
    assert cell_data(found)["refuted"]["trace"]["steps"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cascade_free", Q("0.311237")),  # who cancelled a call is dragged along with its top-up of a tenth
        ("price_floor_30", Q("0.672389")),  # the first class alone, at a health of 1.1·1.25
        ("price_floor_50", Q("0.5") / (1 + Q("1.1") * Q("0.06")) ** 2),
    ],
)
def test_calls_put_off_what_is_sold_and_add_to_it(prover: Prover, name: str, value: Fraction) -> None:
    found = Asked(select(("reversible-call",))["reversible-call"], figure(name), ENV, prover).cell()

    assert found.standing == "exact"
    assert found.value is not None
    assert abs(found.value - value) < Q("0.000001")
    assert found.why == "what takers do with collateral is not looked at"
    assert found.safe is not None
    assert found.safe.borrowers == "any"
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)


def test_what_has_no_meaning_says_why(ask: Ask) -> None:
    found = ask("known", "borrower_drop")

    assert (found.standing, found.why) == ("not applicable", "the tests do not ask")


def test_a_mistake_is_not_taken_for_no_meaning(prover: Prover) -> None:
    def nonsense(_: Any, __: Any) -> Property:
        return attrs.evolve(figure("wick_1").claim(ENV, Q("0.1")), settings=(("shock", "hail"),))

    found = Asked(DESIGNS["known"], attrs.evolve(figure("wick_1"), claim=nonsense), ENV, prover).cell()

    assert found.standing == "unknown"
    assert "hail" in found.why


# Deployed designs, looked up by their names: what a spread costs, whatever debts are counted in.

LINE, HEALTH = Q("0.83"), Q("1.25")


def of_a_spread(spread: Fraction) -> dict[str, Fraction]:
    """What seizing so much for each unit repaid comes to at the line, from this health."""
    most, owed = 1 - Q("0.7") / spread, LINE / HEALTH
    return {
        "solvent_drop": 1 - LINE * spread / HEALTH,
        "solvent_slide": Q(1),
        "lender_loss_drop_30": max(Q(0), 1 - Q("0.7") * HEALTH / (LINE * spread)),
        "lender_loss_drop_50": 1 - HEALTH / 2 / (LINE * spread),
        "lender_loss_slide_50": Q(0),
        "borrower_drop": min(1 - 1 / spread, owed / Q("0.7") * (spread - 1)),
        "borrower_wick": min(most, owed * (spread / Q("0.7") - 1)),
    }


SPREADS = {"morpho-blue": 1 / (1 - Q("0.3") * (1 - LINE)), "compound-v2": Q("1.08")}
BY_HALVES = {"borrower_drop", "borrower_wick"}  # reached by ever more liquidations where each repays a half at most


@pytest.mark.parametrize(
    ("design", "name", "value"),
    [(design, *cell) for design, spread in SPREADS.items() for cell in of_a_spread(spread).items()],
)
def test_what_a_spread_costs_is_known_however_debts_are_counted(
    prover: Prover, design: str, name: str, value: Fraction
) -> None:
    found = Asked(select((design,))[design], figure(name), ENV, prover).cell()

    assert found.value == value
    assert found.safe is not None
    assert isinstance(found.safe.verdict, Proved)
    assert found.safe.borrowers == "any"
    if design == "compound-v2" and name in BY_HALVES:
        assert found.standing == "proved"
        assert "no run" in found.why
    else:
        assert found.standing == "exact"
        assert value in {0, 1} or (found.unsafe is not None and isinstance(found.unsafe.verdict, Refuted))


@pytest.mark.parametrize(
    ("design", "name", "standing", "value"),
    [
        ("euler-v1", "solvent_drop", "exact", Q("0.2631212")),
        ("euler-v1", "lender_loss_drop_50", "exact", 1 - Q("0.8") * Q("0.625") / LINE),
        ("euler-v1", "lender_loss_slide_50", "exact", 0),
        ("euler-v2", "solvent_drop", "exact", Q("0.2711652")),
        ("euler-v2", "lender_loss_drop_30", "proved", 1 - Q("0.85") * Q("0.875") / LINE),
        ("euler-v2", "lender_loss_drop_50", "exact", 1 - Q("0.85") * Q("0.625") / LINE),
    ],
)
def test_what_a_growing_discount_costs_is_known_where_it_is_the_largest(
    prover: Prover, design: str, name: str, standing: str, value: Fraction
) -> None:
    found = Asked(select((design,))[design], figure(name), ENV, prover).cell()

    assert (found.standing, found.value) == (standing, value)
    assert found.safe is not None
    assert isinstance(found.safe.verdict, Proved)


@pytest.mark.parametrize(
    ("name", "value"), [("borrower_drop", Q("0.055")), ("borrower_wick", 1 - Q("0.7") * (1 - Q("0.055")))]
)
def test_an_account_sold_as_a_whole_costs_premium_and_fee(prover: Prover, name: str, value: Fraction) -> None:
    found = Asked(select(("gearbox",))["gearbox"], figure(name), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", value)


def test_who_is_liquidated_at_the_bottom_of_a_wick_loses_most_when_the_price_is_back(prover: Prover) -> None:
    """A run straight down in which all is sold, and back up: the market's own spread, past the zone."""
    found = Asked(select(("pre-liquidation",))["pre-liquidation"], figure("borrower_wick"), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", LINE / HEALTH * (Q("1.04384") / Q("0.7") - 1))
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)
    assert found.unsafe.verdict.run.steps[-1].rule == "tick"


# Words and sums.


def made(name: str, **values: Any) -> Row:
    """A row with these numbers, all exact; a number in a tuple is known on one side only."""
    cells = {}
    for key, value in values.items():
        standing, at = ("proved", value[0]) if isinstance(value, tuple) else ("exact", value)
        cells[key] = Cell(figure(key), standing, Q(at))
    return attrs.evolve(row(Side("known", DESIGNS["known"], {}), cells, premiums(cells, OFTEN.rows)), design=name)


def test_words_are_about_exact_numbers_only_and_say_what_is_open() -> None:
    calm = made("calm", wick_5=1, lender_loss_slide_50="0.1", collateral_drop=2)
    quick = made("quick", wick_5="0.2", lender_loss_slide_50=0, collateral_drop=2)
    modest = made("modest", wick_5=("0.5",), lender_loss_slide_50=0, collateral_drop=2)

    assert beside(calm, quick) == (
        "calm beside quick: it survives wicks of 5 ticks of any depth (there 20 %); its lenders lose up to 10 % of their "
        "claim more at a slide of 50 %."
    )
    assert beside(quick, calm) == (
        "quick beside calm: it survives only wicks of 5 ticks of 20 % (there any depth); its lenders lose up to 10 % of "
        "their claim less at a slide of 50 %."
    )
    assert beside(modest, quick) == (
        "modest beside quick: no number that both have exactly differs; 1 of its numbers are known on one side only or "
        "not at all."
    )


@given(st.fractions(0, 1, max_denominator=10**6), st.fractions(0, 1, max_denominator=10**6))
def test_what_both_have_alike_is_no_trade_off(wick: Fraction, loss: Fraction) -> None:
    one, two = (made(name, wick_1=wick, lender_loss_drop_50=loss) for name in ("one", "two"))

    assert beside(one, two) == "one beside two: no number that both have exactly differs."


@given(st.fractions(0, 1, max_denominator=10**9))
def test_a_printed_number_is_on_the_safe_side(value: Fraction) -> None:
    cap, wick = (Q(number(figure(name), value).removesuffix(" %")) / 100 for name in ("lender_loss_drop_50", "wick_1"))

    assert value <= cap < value + Q(1, 10000)
    assert value - Q(1, 10000) < wick <= value


@given(st.fractions(0, 1, max_denominator=1000), st.fractions(0, 1, max_denominator=1000))
def test_the_premium_is_frequency_times_loss(at_30: Fraction, at_50: Fraction) -> None:
    drops, slides = made("any", lender_loss_drop_30=at_30, lender_loss_drop_50=at_50).premiums

    assert drops.value == Q("0.5") * at_30 + Q("0.1") * at_50
    assert slides.value is None
    assert "not asked for" in slides.why


def test_the_default_frequencies_are_sourced() -> None:
    found = default()

    assert "at commit" in found.source
    assert all(0 < size < 1 and often >= 0 for size, often in found.rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "columns"), ("size,per_year\n0.3,often\n", "line 2"), ("size,per_year\n0.3,1\n1.2,1\n", "line 3"),
        ("size,per_year\n", "no rows"),
    ],
)  # fmt: skip
def test_a_table_of_frequencies_with_a_mistake_says_where(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "often.csv").write_text(text)

    with pytest.raises(SpecError, match=message):
        from_csv(tmp_path / "often.csv")


def test_a_name_that_the_environment_has_not_is_a_mistake() -> None:
    assert {term.name: term.value for term in library({"step": Q("0.05")}, OFTEN)[0]}["step"] == Q("0.05")
    with pytest.raises(SpecError, match="did you mean 'health'"):
        library({"helth": Q(1)}, OFTEN)


# Two designs on one price path.


def pair(design: type[Design], other: type[Design], **settings: Any) -> Case:
    return Case(design, no_worse_than(other=other), settings, None)


def product(prover: Prover, design: type[Design], other: type[Design], **settings: Any) -> Finding:
    return prover.finding(pair(design, other, **settings))


def test_a_design_is_no_worse_than_itself(prover: Prover) -> None:
    found = product(prover, DESIGNS["known"], DESIGNS["known"])

    assert isinstance(found.verdict, Proved)
    assert {"keepers_are_prompt", "healthy_at_the_start"} <= {name for name, _, _ in found.assumptions}


def test_a_design_with_another_line_is_worse_on_a_path_that_is_shown(prover: Prover) -> None:
    found = product(
        prover,
        DESIGNS["known"],
        DESIGNS["known"],
        **{"pool.liquidation_threshold": Q("0.9"), "shock": "floor", "bound": Q("0.5")},
    )

    assert isinstance(found.verdict, Refuted)
    assert found.verdict.run.steps[0].rule == "tick"


SIDE_BY_SIDE = compared(list(select(()).values()))


@pytest.mark.parametrize("other", [design.title for design in SIDE_BY_SIDE])
def test_any_two_designs_are_set_on_one_price_path(other: str) -> None:
    asked = cases(SIDE_BY_SIDE, only=("no_worse_than",), settings={"other": other, "shock": "slide"})

    assert [case.design for case in asked] == SIDE_BY_SIDE  # one question each, whatever they list beside others
    assert all("tick" in {rule.name for rule in case.problem().system.rules} for case in asked)


@pytest.mark.parametrize(
    ("design", "why"),
    [
        ("options-tracker", "not applicable to options-tracker: a tracker holds P and owes nothing"),
        ("options-pair", "not applicable to options-pair: whoever holds P"),
        ("maker-clipper", "not settled for maker-clipper: what an auction brings"),
        ("llamma-bands", "not applicable to llamma-bands: keepers come in any order"),
        ("uniswap-v2", "not applicable to uniswap-v2: it has Pair, which has no collateral, debt, deficit, due"),
    ],
)
def test_what_owes_nothing_or_is_never_due_is_refused_in_words(design: str, why: str) -> None:
    for one, other in ((design, "spot"), ("spot", design)):
        (asked,) = cases(select((one,)).values(), only=("no_worse_than",), settings={"other": other})
        with pytest.raises(SpecError, match=why):
            asked.problem()


def test_keepers_of_each_design_act_in_full_on_its_own(prover: Prover) -> None:
    system = pair(*select(("spot", "delayed")).values(), shock="drop").problem().system
    full = {rule: variables(item.formula) for item in system.assumptions if item.name == "liquidations_are_in_full"
            for rule in item.on or ()}  # fmt: skip

    assert {rule: {var.name for var in found} for rule, found in full.items()} == {
        "liquidate": {"liquidate.offer", "pool.debt"}
    }


def test_no_portion_counts_as_a_loss(prover: Prover) -> None:
    found = product(prover, *select(("spot", "confirmed-liquidation")).values())

    assert isinstance(found.verdict, Refuted)
    run = found.verdict.run
    (offer,) = (given for step in run.steps if step.rule == "liquidate" for given in step.inputs.values())
    assert offer >= next(value for var, value in run.states[0].items() if var.name == "pool.debt")


@pytest.mark.parametrize("design", ["physical-settlement", "options-held", "defaulting"])
def test_a_market_in_which_nothing_is_sold_names_that_holders_keep(prover: Prover, design: str) -> None:
    chosen = select((design,))[design]
    found = [Asked(chosen, figure(name), ENV, prover).cell() for name in ("cascade_free", "price_floor_50")]

    assert [cell.value for cell in found] == [1, Q("0.5")]
    assert all("holders_keep" in cell.assumed and "holders_keep" in cell.why for cell in found)


@pytest.mark.parametrize(
    ("design", "step", "value"),
    [("confirmed-liquidation", "0.1", 1 - Q("0.9") ** 4 / Q("0.83")), ("sliced-unwind", "0.01", 0)],
)
def test_losses_are_known_for_keepers_who_come_a_tick_late(
    prover: Prover, design: str, step: str, value: Fraction
) -> None:
    late = ENV | {"patience": Q(1), "step": Q(step)}
    found = Asked(select((design,))[design], figure("lender_loss_slide_50"), late, prover).cell()

    assert (found.standing, found.value) == ("exact", value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lender_loss_slide_50", Q(1097, 3320)),
        ("collateral_slide", Q("2.2268")),
        ("lender_loss_drop_50", Q(443, 1743)),
    ],
)
def test_lenders_who_keep_the_collateral_bear_the_rest_of_the_slide(prover: Prover, name: str, value: Fraction) -> None:
    found = Asked(select(("defaulting",))["defaulting"], figure(name), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", value)
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)


def test_what_the_author_remarks_on_a_number_is_said_beside_it(prover: Prover) -> None:
    found = Asked(select(("defaulting",))["defaulting"], figure("solvent_slide"), ENV, prover).cell()

    assert found.always
    assert "loses later is in lenders' loss" in found.why


# Designs with pieces of their own.


def test_any_design_may_be_given_another_oracle(prover: Prover) -> None:
    smoothed, plain = sides(["spot-sale(oracle=mean)", "spot-sale"])
    found = [
        Asked(one.design, figure(name), ENV, prover, one.settings).cell()
        for one in (smoothed, plain)
        for name in ("wick_1", "cascade_free")
    ]

    assert [cell.standing for cell in found] == ["exact"] * 4
    assert [cell.value for cell in found] == [Q("0.8"), FALLEN["cascade_free"], Q("0.2"), FALLEN["cascade_free"]]
    assert [row(one, {}, ()).oracle for one in (smoothed, plain)] == [
        "mean (the arithmetic mean of the last four prices)", "spot (the market's price, at once)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["spot(health=2)", "spot(shock.step=0.1)", "spot(pool.liquidation_threshold=0.9)", "spot(keepers=nobody)"]
)
def test_what_is_the_same_for_all_is_not_given_to_one(text: str) -> None:
    with pytest.raises(SpecError, match="is the same for all designs"):
        refuse_what_is_common(sides([text]), FIGURES, ENV)


def test_designs_are_compared_in_the_order_in_which_they_are_named_once_each() -> None:
    assert [side.text for side in sides(["mean(window=8)", "spot", "mean(window=8)", "mean"])] == [
        "mean(window=8)", "spot", "mean",
    ]  # fmt: skip


@pytest.mark.parametrize("design", [*SIDE_BY_SIDE, *select(("options-tracker",)).values()])
def test_each_design_says_which_oracle_and_whose_capital(design: type[Design]) -> None:
    found = row(Side(design.title, design, {}), {}, ())

    assert found.capital
    assert found.position
    assert bool(found.oracle) == (design.title != "physical-settlement")


def test_nothing_is_said_to_need_no_assumption_where_nothing_is_proved(prover: Prover) -> None:
    tracker = Side("options-tracker", select(("options-tracker",))["options-tracker"], {})
    (found,) = rows([tracker], FIGURES, ENV, OFTEN.rows, prover)

    assert {cell.standing for cell in found.cells.values()} == {"not applicable"}
    assert {premium_text(item) for item in found.premiums} == {"n/a"}
    assert rests_on(found).endswith("n_side_stands_ready, and refuted if it need not. Nothing is proved of it here.")
    assert beside(found, found) == "options-tracker beside options-tracker: no number is known exactly of both."


@pytest.mark.parametrize("text", ["geometric", "deviation", "spot-sale(oracle=deviation)"])
def test_no_footnote_shows_a_solver_s_terms(prover: Prover, text: str) -> None:
    (one,) = sides([text])
    found = Asked(one.design, figure("price_floor_30"), ENV, prover, one.settings).cell()

    assert found.standing == "unknown"
    assert found.why
    assert not any(sign in found.why for sign in "#=…")


# A market that the sales of slow designs move.

FALLEN = {"cascade_free": 1 - Q("1.02") ** 2 / (Q("1.25") * Q("1.1")), "price_floor_30": Q("0.7") / Q("1.06") ** 2,
          "price_floor_50": Q("0.5") / Q("1.06") ** 2}  # fmt: skip


@pytest.mark.parametrize("name", FALLEN)
@pytest.mark.parametrize("design", ["spot-sale", "delayed", "mean", "ema", "confirmed-liquidation"])
def test_patience_changes_nothing_of_what_a_drop_that_stays_does_to_a_market(
    prover: Prover, design: str, name: str
) -> None:
    found = Asked(select((design,))[design], figure(name), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", FALLEN[name])
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)


def test_who_is_worth_less_than_its_debt_is_not_sold(prover: Prover) -> None:
    found = Asked(select(("perpetual",))["perpetual"], figure("price_floor_50"), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", Q("0.5"))
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)


@pytest.mark.parametrize(
    ("name", "least", "apart"),
    [("cascade_free", Q("0.25695"), Q("0.0022")), ("price_floor_30", Q("0.63577"), Q("0.015"))],
)
def test_who_stops_when_it_is_healthy_again_sells_less_than_all(
    prover: Prover, name: str, least: Fraction, apart: Fraction
) -> None:
    found = Asked(select(("sliced-unwind",))["sliced-unwind"], figure(name), ENV, prover).cell()

    assert found.standing == "proved"
    assert found.value is not None
    assert least < found.value < least + Q("0.00001")
    assert "no run of concrete positions" in found.why
    assert found.bound is not None
    assert found.bound.edge is not None
    assert found.bound.edge.refuted is not None
    assert isinstance(found.bound.edge.refuted.verdict, Refuted)
    assert found.bound.edge.gap is not None
    assert found.bound.edge.gap < apart


@pytest.mark.parametrize(("name", "value"), [("borrower_drop", Q("0.087")), ("collateral_slide", Q("1.89"))])
def test_a_call_of_six_hours_is_run_to_its_end(prover: Prover, name: str, value: Fraction) -> None:
    found = Asked(select(("reversible-call",))["reversible-call"], figure(name), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", value)
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)
    run = found.unsafe.verdict.run
    support = next(place for place, step in enumerate(run.steps) if step.rule == "support")
    assert len([step for step in run.steps[support:] if step.rule == "tick"]) >= 360
    assert run.steps[-1].rule in {"exercise", "liquidate"}


def at_a_slide_of(size: int) -> Figure:
    _, figures = library({}, Frequencies(((Q(size, 100), Q(1)),), "a test"))
    return next(one for one in figures if one.name == f"lender_loss_slide_{size}")


def test_a_call_is_run_to_its_end_through_a_fall_that_goes_on_for_nineteen_ticks(prover: Prover) -> None:
    found = Asked(select(("reversible-call",))["reversible-call"], at_a_slide_of(70), ENV, prover).cell()

    assert (found.standing, found.value) == ("exact", 1 - Q("1.1") * Q("0.3") * Q("1.25") / (Q("0.83") * Q("1.05")))


@pytest.mark.parametrize(("size", "slices"), [(60, 13), (70, 19)])
def test_a_long_slide_is_run_slice_by_slice_to_its_end(prover: Prover, size: int, slices: int) -> None:
    found = Asked(select(("sliced-unwind",))["sliced-unwind"], at_a_slide_of(size), ENV, prover).cell()

    assert found.standing == "exact"
    assert found.unsafe is not None
    assert isinstance(found.unsafe.verdict, Refuted)
    assert [step.rule for step in found.unsafe.verdict.run.steps].count("liquidate") == slices


@pytest.mark.parametrize(
    ("design", "name", "why"),
    [("compound-v3", "cascade_free", "absorbed"), ("fluid", "price_floor_50", "absorbed"), ("ajna", "wick_5", "deposits"),
     ("twyne", "cascade_free", "takers"), ("morpho-blue", "cascade_free", "others"),
     ("compound-v2", "price_floor_30", "cTokens"), ("maker-clipper", "lender_loss_drop_50", "buys"),
     ("maker-flipper", "borrower_drop", "bid"), ("options-tracker", "wick_1", "owes nothing")],
)  # fmt: skip
def test_a_design_says_in_words_what_is_not_known_of_it(prover: Prover, design: str, name: str, why: str) -> None:
    assert why in Asked(select((design,))[design], figure(name), ENV, prover).cell().why

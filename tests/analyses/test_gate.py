"""The gate: each way in which it is broken, each improvement that does not break it, and the story that it tells."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.analyses.cases import Case, cases
from verifier.analyses.diff import diff
from verifier.analyses.gate import Options, Weigh, Write, claims, gate, report
from verifier.analyses.prove import Prover
from verifier.analyses.selection import side
from verifier.engines.memory import Memory
from verifier.evidence.baseline import Baseline, Key, Limit, baseline, parsed, read_baseline, written
from verifier.evidence.gate import Report, Result, from_data, merged, status
from verifier.evidence.gate import as_data as report_data
from verifier.evidence.record import record
from verifier.language.errors import SpecError
from verifier.language.expr import Q
from verifier.language.load import from_file, select
from verifier.reports.gates import gate_document, outcome_of, print_gate, read_part
from verifier.reports.numbers import NARROW
from verifier.reports.terminal import console

SPEC = '''
"""A position that is closed at a bonus."""

from typing import Annotated

from verifier.language import ANY, SIGNED, Bool, Design, Mechanism, Real, Step, amount, assumption, down, in_fixed, invariant, minimum
from verifier.language import param, require, rule, state
from verifier_specs.markets import ConstantProduct, Infinite, Linear
from verifier_specs.oracles import Spot
from verifier_specs.properties import liquidation_improves_health, solvency
from verifier_specs.shocks import Drawdown, Drop, Floor
from verifier_specs.units import DEBT, Collateral, Debt, DebtFlow, Ratio


class Closed(Mechanism):
    """One position."""

    market: Infinite
    oracle: Spot

    threshold: Ratio = param
    bonus: Ratio = param

    collateral: Collateral = state(like=10)
    debt: Debt = state()
    deficit: Debt = state(0, tally=True)
    balance: DebtFlow = state()

    @assumption
    def threshold_is_a_share(self) -> Bool:
        """The threshold is a share, and a bonus is not negative."""
        return (0 < self.threshold) & (self.threshold <= 1) & (self.bonus >= 0)

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """Nobody starts liquidatable."""
        return self.debt <= self.health_value()

    def health_value(self) -> Real:
        return self.threshold * self.collateral * self.oracle.quote()

    @rule(by="owner")
    def repay(self, paid: Debt, balance: DebtFlow) -> Step:
        """The owner pays debt back, and may owe as much elsewhere then."""
        asked = require(paid > 0, paid <= self.debt, balance >= -paid)
        return asked.then(self.after(debt=self.debt - paid, balance=balance))

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Anyone repays debt and takes collateral of that value and the bonus."""
        price = self.oracle.quote() / (1 + self.bonus)
        repaid = down(minimum(offer, self.debt, self.collateral * price))
        post = self.after(collateral=self.collateral - down(repaid / price), debt=self.debt - repaid)
        return require(offer > 0, self.debt > self.health_value()).then(post)

    @rule(by="anyone")
    def write_off(self) -> Step:
        """What an empty position still owes is lost."""
        return require(self.collateral == 0, self.debt > 0).then(self.after(debt=0, deficit=self.deficit + self.debt))

    @invariant(on=repay)
    def repaying_lowers_debt(self, post: "Closed") -> Bool:
        """Whoever repays owes less."""
        return post.debt < self.debt

    @invariant
    def little_is_owed(self) -> Bool:
        """The collateral covers the debt."""
        return self.debt <= self.collateral * self.market.price()


class Toy(Design):
    """The position in one environment."""

    shock = Drawdown(bound="0.16")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    pool = Closed(market=market, oracle=oracle, threshold="0.8", bonus="0.05")

    proved = (
        solvency(),
        liquidation_improves_health(),
        Closed.repaying_lowers_debt,
        in_fixed(Closed.repaying_lowers_debt),
        Closed.little_is_owed,
    )
    refuted = {solvency(shock="0.17"): "0.8 times 1.05 leaves a buffer of 16 %"}
'''
QUIET = Options(explain=False)
Against = Callable[..., Report]


def claimed(text: str, folder: Path) -> dict[Key, Case]:
    """What the designs of a spec claim, in a file of its own."""
    path = folder / f"spec_{len(list(folder.iterdir()))}.py"
    path.write_text(text, encoding="utf-8")
    return claims(cases(list(from_file(path).values())))


def settled(todo: Iterable[Case], prover: Prover, old: Baseline | None, options: Options) -> Baseline:
    """The baseline of the cases."""
    write = Write(old, options)
    return baseline(write(case, record(prover.finding(case)), prover) for case in todo)


def untimed(found: Report) -> object:
    """A report as data, without the seconds that it took."""
    return report_data(
        attrs.evolve(
            found,
            results=[attrs.evolve(r, record=r.record and attrs.evolve(r.record, seconds=0)) for r in found.results],
        )
    )


def changed(*edits: str) -> str:
    text = SPEC
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in text, f"the spec has no {old}"
        text = text.replace(old, new)
    return text


ANSWERS = Memory()


@pytest.fixture(scope="module")
def prover() -> Iterator[Prover]:
    """Of this module alone, since a mistake in a spec closes it."""
    with Prover(jobs=1, memory=ANSWERS) as made:
        yield made


@pytest.fixture(scope="module")
def recorded(prover: Prover, tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    """The baseline of the spec, written and read again."""
    todo = claimed(SPEC, tmp_path_factory.mktemp("spec")).values()
    return parsed(written(settled(todo, prover, None, QUIET)))


@pytest.fixture
def against(recorded: Baseline, prover: Prover, tmp_path: Path) -> Against:
    """What the gate says of the spec with some text replaced."""

    def run(*edits: str, old: Baseline = recorded, options: Options = QUIET) -> Report:
        return gate(old, claimed(changed(*edits), tmp_path), prover, options)

    return run


def kinds(found: Report, standing: str = "broken") -> set[str]:
    return {item.kind for result in found.results if result.standing == standing for item in result.breaks}


def of(found: Report, name: str, arithmetic: str = "real") -> Result:
    return next(r for r in found.results if r.property == name and not r.under and r.arithmetic == arithmetic)


def test_nothing_changed_and_nothing_is_weaker(against: Against) -> None:
    found = against()

    assert {result.standing for result in found.results} == {"held"}
    assert status(found) == 0


def test_a_comment_or_another_name_for_a_value_changes_nothing(against: Against) -> None:
    found = against(
        '"0.8", bonus="0.05"', '"4/5", bonus="1/20"', "repaid = down(", "repaid = down(  # what is paid\n            "
    )

    assert {result.standing for result in found.results} == {"held"}


BREAKS = [
    ("a refuted claim", "verdict", "solvency", ('threshold="0.8"', 'threshold="0.85"')),
    ("a weaker formula", "formula", "little_is_owed", ("self.debt <= self.coll", "self.debt <= 2 * self.coll")),
    ("a weaker formula on a rule", "formula", "repaying_lowers_debt", ("post.debt < self.debt", "post.debt <= self.debt")),
    ("an assumption on the start", "assumption", "solvency",
     ("    def health_value(", '    @assumption(on="start")\n    def small(self) -> Bool:\n        """Little."""\n        return self.debt <= amount(9, DEBT)\n\n    def health_value(')),
    ("an assumption on a rule", "assumption", "solvency",
     ("    @rule(by=\"anyone\")", '    @assumption(on=liquidate)\n    def alive(self) -> Bool:\n        """Little."""\n        return self.debt <= amount(9, DEBT)\n\n    @rule(by="anyone")')),
    ("a smaller shock", "environment", "solvency", ('Drawdown(bound="0.16")', 'Drawdown(bound="0.15")')),
    ("another shock", "environment", "solvency", ('Drawdown(bound="0.16")', 'Drop(bound="0.16")')),
    ("another market", "environment", "solvency", ("Infinite(shock=shock)", 'Linear(shock=shock, depth="1000")')),
    ("a stronger start", "environment", "solvency", ("return self.debt <= self.health_value()", "return 2 * self.debt <= self.health_value()")),
    ("a smaller input", "environment", "solvency", ("require(paid > 0,", "require(paid > 0, paid <= amount(9, DEBT),")),
    ("a start that is a number", "environment", "solvency", ("balance: DebtFlow = state()", "balance: DebtFlow = state(1)")),
    ("a start that is no debt", "environment", "solvency", ("balance: DebtFlow = state()", "balance: Debt = state()")),
    ("an input that is no debt", "environment", "solvency", ("paid: Debt, balance: DebtFlow", "paid: Debt, balance: Debt")),
    ("a coarser grid", "environment", "repaying_lowers_debt",
     ("balance: DebtFlow = state()", "balance: Annotated[Real, DEBT.kept_to(0), SIGNED] = state()",
      "balance: DebtFlow)", "balance: Annotated[Real, DEBT.kept_to(0), SIGNED])")),
    ("an assumption that counts elsewhere, too", "environment", "solvency",
     ("    proved = (", '    @assumption(on=pool.liquidate)\n    def healthy_at_the_start(self) -> Bool:\n        """The same."""\n        return self.pool.debt <= amount(9, DEBT)\n\n    proved = (')),
    ("a rule that is gone", "environment", "solvency",
     ("def write_off", "def forgive")),
    ("a smaller domain", "environment", "solvency", ("(self.bonus >= 0)", "(self.bonus >= 0) & (self.bonus < 0.01)")),
    ("fixed-point arithmetic left out", "reading", "repaying_lowers_debt",
     ("        in_fixed(Closed.repaying_lowers_debt),\n", "")),
    ("a claim that vanished", "vanished", "solvency", ("        solvency(),\n", "")),
    ("another claim in its place", "vanished", "solvency", ("        solvency(),\n", '        solvency(shock="0.1"),\n')),
    ("a design that vanished", "vanished", "solvency", ("class Toy(Design)", "class Other(Design)")),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "claim", "edits"), BREAKS, ids=[row[0] for row in BREAKS])
def test_the_gate_is_broken_by(fault: str, kind: str, claim: str, edits: tuple[str, ...], against: Against) -> None:
    found = against(*edits)

    broken = [result for result in found.results if result.standing == "broken" and result.property == claim]
    assert kind in {item.kind for result in broken for item in result.breaks}, fault
    assert status(found) == 1


def tampered(old: Baseline, name: str, **changes: object) -> Baseline:
    """A baseline that says something else of a claim, and of another system."""
    changes = {"system": "", **changes}
    entries = [attrs.evolve(e, **changes) if e.property == name and not e.under else e for e in old.claim]  # type: ignore[arg-type]
    return attrs.evolve(old, claim=entries)


def test_a_bound_is_recorded_and_held_to(against: Against, recorded: Baseline) -> None:
    entry = next(item for item in recorded.claim if item.key()[1:3] == ("solvency", ()))
    assert entry.bound == Limit("bound", "0.16", "largest")
    further = tampered(recorded, "solvency", bound=Limit("bound", "0.161", "largest"))

    assert kinds(against(old=further)) == {"bound"}
    assert not kinds(against(old=further, options=Options(Fraction("0.001"), explain=False)))
    assert kinds(against(old=further, options=Options(Fraction("0.0009"), explain=False))) == {"bound"}


def test_a_claim_for_fewer_borrowers_or_values_is_weaker(against: Against, recorded: Baseline) -> None:
    toy = next(item for item in recorded.claim if item.property == "solvency" and not item.under)
    loose = tampered(recorded, "solvency", parameters={**toy.parameters, "bonus": "any"})
    assert kinds(against(old=loose)) == {"reading"}
    many = tampered(recorded, "solvency", borrowers="any")
    few = tampered(recorded, "solvency", borrowers="2")
    assert of(against(old=many), "solvency").standing == "held"
    assert of(against(old=few), "solvency").improvements == ["borrowers 2 → any"]


@pytest.mark.parametrize(
    ("was", "is_", "kind"),
    [
        ({}, {"borrowers": 2}, "reading"),
        ({"borrowers": "3"}, {"borrowers": 2}, "reading"),
        ({"borrowers": "2"}, {"borrowers": 2}, None),
        ({"verdict": "bounded", "depth": 5}, {"verdict": "bounded", "depth": 4}, "verdict"),
        ({"verdict": "bounded", "depth": 5}, {"verdict": "bounded", "depth": 5}, None),
        ({"verdict": "bounded", "depth": 5}, {"verdict": "bounded", "depth": 6}, None),
        ({}, {"verdict": "bounded", "depth": 99}, "verdict"),
        ({"verdict": "bounded", "depth": 5}, {"verdict": "unknown"}, "verdict"),
        ({"verdict": "unknown"}, {"verdict": "vacuous"}, "verdict"),
        ({"verdict": "unknown"}, {"verdict": "refuted"}, "verdict"),
        ({"verdict": "vacuous"}, {"verdict": "unknown"}, None),
    ],
)
def test_fewer_borrowers_less_depth_and_a_lower_verdict_are_weaker(
    recorded: Baseline, prover: Prover, tmp_path: Path, was: Any, is_: Any, kind: str | None
) -> None:
    case = next(case for key, case in claimed(SPEC, tmp_path).items() if key[1:3] == ("solvency", ()))
    found = attrs.evolve(record(prover.finding(case)), **is_)
    options = Options(bounds=False, explain=False)

    result = Weigh(tampered(recorded, "solvency", **was), options)(case, found, prover)

    assert {item.kind for item in result.breaks} == ({kind} if kind else set())
    assert (result.standing == "broken") == (kind is not None)


def test_a_smaller_depth_is_weaker_and_a_larger_one_is_not(against: Against, recorded: Baseline) -> None:
    shallow = tampered(recorded, "solvency", verdict="bounded", depth=3)
    assert of(against(old=shallow), "solvency").improvements == ["bounded up to depth 3 → proved"]


BETTER = [
    ("a lower threshold", "solvency", ('threshold="0.8"', 'threshold="0.78"')),
    ("a lower bonus", "solvency", ('bonus="0.05"', 'bonus="0.04"')),
    ("a stronger formula", None, ("self.debt <= self.collateral * self.market.price()", "self.debt + self.deficit <= self.collateral * self.market.price()")),
    ("an open parameter", None, (', bonus="0.05")', ', bonus="0.05")  # as before')),
    ("more freedom for keepers", None, ("require(offer > 0,", "require(offer >= 0, offer != 0,")),
    ("a larger start", None, ("return self.debt <= self.health_value()", "return self.debt <= 1 * self.health_value()")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "claim", "edits"), BETTER, ids=[row[0] for row in BETTER])
def test_the_gate_is_not_broken_by(name: str, claim: str | None, edits: tuple[str, ...], against: Against) -> None:
    found = against(*edits)

    assert status(found) == 0, [item.text for result in found.results for item in result.breaks]
    if claim is not None:
        assert of(found, claim).standing == "better"


def test_what_was_refuted_and_is_proved_is_better_unless_the_shock_shrank(against: Against) -> None:
    better = next(r for r in against('threshold="0.8"', 'threshold="0.78"').results if r.under == ["shock = 0.17"])
    assert (better.standing, better.improvements) == ("better", ["refuted → proved"])

    shrunk = against("class Toy(Design)", "class Milder(Drawdown):\n    def allows(self, price: Real) -> Bool:\n"
                     "        return price >= 0.9 * self.peak\n\n\nclass Toy(Design)",
                     'Drawdown(bound="0.16")', 'Milder(bound="0.16")')  # fmt: skip
    (result,) = [r for r in shrunk.results if r.under == ["shock = 0.17"]]
    assert result.standing == "broken"
    assert {item.kind for item in result.breaks} == {"environment"}


def test_an_assumption_that_goes_and_a_claim_that_comes_are_no_fault(against: Against, recorded: Baseline) -> None:
    more = tampered(recorded, "solvency", assumptions=["another", "healthy_at_the_start"])
    found = against("        solvency(),\n", '        solvency(),\n        solvency(shock="0.1"),\n', old=more)

    assert status(found) == 0
    assert of(found, "solvency").improvements == ["assumption gone: another"]
    assert [r.under for r in found.results if r.standing == "new"] == [["shock = 0.1"]]


def test_parts_make_the_whole_and_nothing_else_does(recorded: Baseline, prover: Prover, tmp_path: Path) -> None:
    listed = claimed(changed('threshold="0.8"', 'threshold="0.85"', "        solvency(),\n", ""), tmp_path)
    whole = gate(recorded, listed, prover, QUIET)
    keys, parts = list(listed), []
    assert any(result.after == "vanished" for result in whole.results)
    for number in (3, 1, 2):
        part = report(recorded, listed, [r for r in whole.results if r.key() in keys[number - 1 :: 3]], (number, 3))
        path = tmp_path / f"part{number}.json"
        path.write_text(gate_document(part), encoding="utf-8")
        parts.append(read_part(path))

    assert report_data(merged(parts)) == report_data(whole)
    for wrong in ([], parts[:2], [*parts, parts[0]], [parts[0], parts[0], parts[1]]):
        with pytest.raises(SpecError):
            merged(wrong)
    assert from_data(report_data(whole)) == whole


def test_the_number_of_jobs_changes_nothing(recorded: Baseline, tmp_path: Path) -> None:
    listed = claimed(changed('threshold="0.8"', 'threshold="0.85"'), tmp_path)

    def run(jobs: int) -> object:
        with Prover(jobs=jobs) as prover:
            return untimed(gate(recorded, listed, prover, QUIET))

    assert run(1) == run(3)


def test_the_baseline_is_written_the_same_twice(recorded: Baseline, prover: Prover, tmp_path: Path) -> None:
    todo = list(claimed(SPEC, tmp_path).values())

    again = written(settled(todo, prover, recorded, QUIET))
    fresh = written(settled(reversed(todo), prover, None, QUIET))

    assert again == fresh == written(recorded)


def test_the_story_of_a_threshold_that_was_raised(prover: Prover, capsys: pytest.CaptureFixture[str]) -> None:
    listed = claims(cases(select(("aave-v3",)).values(), arithmetic="real"))
    chosen = {key: case for key, case in listed.items() if key[1:3] == ("solvency", ())}
    old = settled(chosen.values(), prover, None, Options())
    raised = {key: attrs.evolve(case, settings={"liquidation_threshold": Q("0.86")}) for key, case in chosen.items()}

    found = gate(old, raised, prover, Options())
    print_gate(found, console(), "baseline.toml")

    printed = capsys.readouterr().out.replace(NARROW, " ")
    told = [line.rstrip() for line in printed.splitlines() if line.strip() and "──" not in line]
    assert told == STORY.strip("\n").split("\n")
    (broken,) = outcome_of(found).breaks
    assert broken.kind == "refuted"
    assert "bound:   largest shock with solvency 12.85 % → 9.70 %" in broken.message


STORY = """
aave-v3 · solvency is weaker: proved → refuted in 2 steps
  claim:   No debt was written off, and the collateral is worth the debt at the market price.
  bound:   largest shock with solvency 12.85 % → 9.70 %: liquidation_threshold 0.83 → 0.86
  restore: liquidation_threshold = 0.83 alone would restore it
  run:     deficit = 0, but here left is ≈333.333333, right 0
       what happens               price   collateral     debt   health factor       deficit   lender's loss
   0   at the start               2 000           10   17 000       ≈1.011765             0               0
   1   tick (price 1 750)         1 750           10   17 000       ≈0.885294             0               0
   2   liquidate (offer 20 000)   1 750            0        0               –   ≈333.333333     ≈333.333333
The gate is broken: 1 weaker.
"""


def test_a_design_refines_itself_but_not_a_milder_one(prover: Prover, tmp_path: Path) -> None:
    spec = tmp_path / "toy.py"
    spec.write_text(SPEC, encoding="utf-8")
    same = diff(side(str(spec)), side(str(spec)), prover, Options(bounds=False, explain=False))
    milder = diff(side(str(spec)), side(f"{spec}(shock.bound=0.1)"), prover, Options(bounds=False, explain=False))

    assert same.refines is not None
    assert milder.refines is not None
    assert same.refines.shown
    assert milder.refines.shown
    assert status(same) == 0
    assert "environment" in kinds(milder)


# Reading.


@given(data=st.data())
def test_no_text_is_read_as_anything_but_a_baseline(data: st.DataObject, recorded: Baseline) -> None:
    text = written(recorded)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    broken = text[:start] + data.draw(st.text(max_size=30)) + text[end:]

    try:
        found = parsed(broken)
    except ValueError:
        return
    assert parsed(written(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "version = 2", "version = 1\nother = 3", "version = true", "version = 1\nclaim = 3",
        "version = 1\nclaim = " + "[" * 5000, "version = 1\n" + "a." * 5000 + "b = 1", "version = 1\nclaim = [[[[[[[[]]]]]]]]",
        "version = 1\n[[claim]]\ndesign = 1979-05-27", "version = " + "1" * 5000, "x" * 9_000_000, '__import__("os")',
    ],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SpecError):
        read_baseline(path)


def test_a_formula_that_is_none_is_a_mistake_in_the_baseline(against: Against, recorded: Baseline) -> None:
    for text in ("(", "(+ 1 2)", "|nobody|", "__import__"):
        with pytest.raises(SpecError, match="no formula"):
            against(old=tampered(recorded, "solvency", formula={"always": text}))

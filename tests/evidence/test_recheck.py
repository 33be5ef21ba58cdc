"""A claim is confirmed only where everything follows from the spec and another solver agrees."""

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifier.analyses.cases import cases
from verifier.analyses.recheck import Rechecked, decide, rechecked
from verifier.cli import cli
from verifier.engines.ask import Worker
from verifier.evidence.archive import MANIFEST
from verifier.evidence.obligations import Obligation, obligations
from verifier.evidence.proof import with_evidence
from verifier.evidence.referee import Referee
from verifier.evidence.run import Disagreement
from verifier.evidence.verdict import Certificate, Finding, Proved, Refuted
from verifier.interpretations.specialise import specialise
from verifier.language.expr import TRUE, Real, Var, variable, variables
from verifier.language.load import select
from .conftest import TILL, SaysUnsat, Write, judged_by, till

Settle = Callable[..., Finding]


@pytest.fixture(scope="module")
def referee() -> Iterator[Referee]:
    with Referee(10.0) as made:
        yield made


def one(spec: str | None, folder: Path, referee: Referee) -> Rechecked:
    return rechecked(spec, folder, [referee])


def amend(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and make all digests of files right again, as a forger would."""
    path = folder / MANIFEST
    data = json.loads(path.read_text())
    change(data)
    for name in list(data["files"]):
        if (folder / name).exists():
            data["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        else:
            del data["files"][name]
    path.write_text(json.dumps(data))


# What is true is confirmed.


@pytest.mark.parametrize(
    ("design", "claim", "arithmetic"),
    [
        ("aave-v3", "solvency", "real"),
        ("aave-v3", "conservation", "real"),
        ("aave-v3", "liquidation_improves_health", "real"),
        ("options-pair", "p_is_worth_at_most_the_strike", "fixed"),
        ("options-pair", "payout_never_rises", "fixed"),
        ("close-out", "no_cascade", "real"),
        ("fixed-spread", "no_cascade", "real"),
        ("sloped-bonus", "liquidation_improves_health", "real"),
    ],
)
def test_bundled_verdicts_of_each_kind_are_confirmed(
    settle: Settle, tmp_path: Path, referee: Referee, design: str, claim: str, arithmetic: str
) -> None:
    finding = with_evidence(settle(design, claim, arithmetic), tmp_path)
    assert finding.evidence is not None
    found = one(design, Path(finding.evidence).parent, referee)
    assert (found.standing, found.refused) == ("confirmed", None)
    assert one("spot", Path(finding.evidence).parent, referee).standing == "refused"


def test_a_proof_that_nothing_is_sold_any_more_is_rebuilt(tmp_path: Path, referee: Referee, prover: Any) -> None:
    spec = str(Path(__file__).parent / "last_sale.py")
    finding = prover.finding(cases(select((spec,)).values(), only=("price_floor",))[0])
    assert isinstance(finding.verdict, Proved)
    folder = Path(str(with_evidence(finding, tmp_path).evidence)).parent

    assert one(spec, folder, referee).standing == "confirmed"
    kept = [item for item in json.loads((folder / MANIFEST).read_text())["lemmas"] if "at once" not in item["name"]]
    amend(folder, lambda d: d.update(lemmas=kept))
    assert one(spec, folder, referee).standing == "refused"


def test_a_run_over_tiers_is_replayed_with_its_positions(settle: Settle, tmp_path: Path, referee: Referee) -> None:
    finding = with_evidence(settle("close-out", "no_cascade", shock="0.0775"), tmp_path)
    assert isinstance(finding.verdict, Refuted)
    assert finding.positions
    assert one("close-out", Path(str(finding.evidence)).parent, referee).standing == "confirmed"


def test_a_proof_by_two_steps_is_rebuilt(tmp_path: Path, referee: Referee, prover: Any) -> None:
    finding = prover.finding(till("fees_are_covered"))
    longer = attrs.evolve(finding, verdict=Proved(Certificate(2, finding.verdict.certificate.lemmas)))
    path = with_evidence(longer, tmp_path).evidence
    found = one(str(TILL), Path(str(path)).parent, referee)
    names = [item.name for item in found.items]
    assert found.standing == "confirmed"
    assert {"base after 0 steps", "base after 1 steps", "property after 2 steps"} <= set(names)


def test_without_a_spec_it_is_consistent_and_not_bound(copy: Write, referee: Referee) -> None:
    found = one(None, copy("fees_are_covered"), referee)
    assert found.standing == "confirmed"
    assert not found.bound
    assert one(None, copy("never_much"), referee).standing == "not confirmed"


def test_the_manifest_is_as_it_was(copy: Write) -> None:
    made = json.loads((copy("fees_are_covered") / MANIFEST).read_text())
    golden = Path(__file__).parent / "golden" / "till.json"
    del made["versions"]
    assert made == json.loads(golden.read_text())


def test_rechecking_loads_no_engine_and_no_z3(kept: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom verifier.analyses.recheck import recheck\n"
        f"print([r.standing for r in recheck({str(TILL)!r}, Path({str(kept)!r}))])\n"
        "print(sorted(n for n in sys.modules if n.startswith(('z3', 'hypothesis', 'verifier.engines'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"
    assert done.stdout.startswith("['refused', 'confirmed', 'confirmed']")  # the folder of forgeries has no manifest


def test_the_status_says_what_became_of_the_evidence(copy: Write, kept: Path) -> None:
    def status(*args: object) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["recheck", *map(str, args)])
        return done.exit_code, done.output

    folder = copy("fees_are_covered")
    only = ("--property", "fees_are_covered")
    assert status(TILL, folder, *only) == (0, "till-design · fees_are_covered: confirmed\n"
                                       "1 of 1 verdicts and 5 of 5 obligations and runs confirmed\n")  # fmt: skip
    assert "not bound to a spec" in status(folder)[1]
    assert status(TILL, folder, *only, "--timeout", "1e-9")[0] == 3
    code, text = status(TILL, folder)
    assert code == 3
    assert "till-design · never_much: no evidence here" in text
    assert status("spot", folder)[0] == 1
    assert status(TILL, kept / "forged")[0] == 1
    code, text = status(TILL, folder, *only, "--json")
    assert code == 0
    assert json.loads(text)["rechecked"][0]["standing"] == "confirmed"
    assert json.loads(text)["without_evidence"] == []


# What is false is not.


def test_a_solver_that_excludes_everything_is_caught(copy: Write, referee: Referee) -> None:
    assert isinstance(judged_by(SaysUnsat(), "never_much").verdict, Proved)
    found = one(str(TILL), copy("forged"), referee)
    assert found.standing == "refuted"
    assert [item.name for item in found.items if item.standing == "refuted"] == ["consecution of pay"]


def test_a_solver_whose_models_are_wrong_is_caught() -> None:
    class Broken(Worker):
        def ask(self, question: Any, seconds: float) -> dict[str, object]:
            model = {name: "false" if sort == "Bool" else "0" for name, sort in question["names"].items()}
            return {"answer": "sat", "rlimit": 0, "model": model, "failed": question["goals"]}

    with pytest.raises(Disagreement):
        judged_by(Broken(), "fees_are_covered")


def test_false_lemmas_are_refuted(copy: Write, referee: Referee, tmp_path: Path, prover: Any) -> None:
    """A forger who writes whatever follows from a lemma of his own is left with an obligation that fails."""
    finding = judged_by(SaysUnsat(), "never_much")
    for lemmas in ((("nothing is", ~TRUE),), (("the claim", finding.claim.formula),), ()):
        forged = attrs.evolve(finding, verdict=Proved(Certificate(1, lemmas)))
        path = with_evidence(forged, tmp_path).evidence
        assert one(str(TILL), Path(str(path)).parent, referee).standing == "refuted"


def weaken(data: dict[str, Any]) -> None:
    data["lemmas"] = [{"name": "cash_is_there", "formula": "(<= -1 |cash|)"}]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d["obligations"].pop(1), "'consecution of pay' is missing"),
        (lambda d: d["obligations"].pop(), "'vacuity: a first state' is missing"),
        (weaken, "lemmas|obligations|not what follows"),
        (lambda d: d["lemmas"].append({"name": "x", "formula": "(exec |cash|)"}), "lemma x"),
        (lambda d: d["claim"]["parameters"].update(fee="0.2"), "parameters"),
        (lambda d: d["claim"].update(statement="Something else."), "statement"),
        (lambda d: d["claim"].update(borrowers="one"), "borrowers"),
        (lambda d: d["claim"].update(set=["fee=0.2"]), "parameter fee, rule pay"),
        (lambda d: d["claim"].update(set=["other=../evil.py"]), "cannot be read back"),
        (lambda d: d["claim"].update(property="never_much"), "another system or claim"),
        (lambda d: d["claim"].update(design="spot"), "it is about spot"),
        (lambda d: d.update(k=3), "witnesses|obligation|not what"),
        (lambda d: d.update(k=10**9), "no such proof"),
        (lambda d: d.update(identity=True), "no such proof"),
        (lambda d: d["witnesses"].clear(), "list of what must be able to happen"),
        (lambda d: d["witnesses"][0].update(way=1), "no way 1"),
        (lambda d: d["witnesses"][0].update(depth=3), "does not show"),
        (lambda d: d["obligations"][0].update(files=["002.real.smt2"]), "not those of the claim"),
        (lambda d: d["obligations"][0].update(expected="sat"), "not those of the claim"),
        (lambda d: d.update(kind="tiers"), "book of tiers"),
        (lambda d: d.update(positions=[["1", "1"]]), "book of tiers"),
        (lambda d: d.update(positions=[["1", "1", "2"]]), "cannot be read"),
        (lambda d: d.update(positions=[["x", "1"]]), "."),
    ],
)
def test_a_changed_manifest_is_refused(copy: Write, referee: Referee, change: Any, why: str) -> None:
    folder = copy("fees_are_covered")
    amend(folder, change)
    found = one(str(TILL), folder, referee)
    assert found.standing == "refused"
    assert re.search(why, str(found.refused)), found.refused


def test_a_file_in_the_place_of_another_is_refused(copy: Write, referee: Referee) -> None:
    folder = copy("fees_are_covered")
    (folder / "002.real.smt2").write_bytes((folder / "004.real.smt2").read_bytes())
    assert "was changed" in str(one(None, folder, referee).refused)
    amend(folder, lambda _: None)
    assert one(str(TILL), folder, referee).refused == "002.real.smt2 is not what follows from the spec"


def test_a_run_that_breaks_nothing_is_refused(copy: Write, referee: Referee) -> None:
    folder = copy("never_much")
    path = folder / "run.json"
    path.write_text(path.read_text().replace('"20"', '"4"').replace('"2"', '"0.4"'))
    amend(folder, lambda _: None)
    assert "does not violate the claim" in str(one(str(TILL), folder, referee).refused)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda run: run["states"].pop(), "one state more"),
        (lambda run: run["states"][1].update(cash="21"), "state after step 1"),
        (lambda run: run["steps"][0].update(rule="steal"), "no rule steal"),
        (lambda run: run["steps"][0].update(inputs={}), "."),
        (lambda run: run["steps"][0]["inputs"].update({"pay.paid": "-1"}), "not enabled"),
        (lambda run: run["states"][0].update(cash="1e400"), "value that can be read"),
        (lambda run: run["states"][0].update(cash="0" + "9" * 5000), "value that can be read"),
        (lambda run: run["states"][0].update(loot="1"), "no quantity loot"),
        (lambda run: run["states"][0].pop("cash"), "no value"),
        (lambda run: run["states"][0].update(cash="7"), "replay|state after"),
    ],
)
def test_each_change_in_a_run_is_refused(copy: Write, referee: Referee, change: Any, why: str) -> None:
    folder = copy("never_much")
    path = folder / "run.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    amend(folder, lambda _: None)
    assert re.search(why, str(one(str(TILL), folder, referee).refused))


def test_a_proof_over_tiers_with_an_obligation_left_out_is_refused(
    settle: Settle, tmp_path: Path, referee: Referee
) -> None:
    finding = with_evidence(settle("close-out", "no_cascade"), tmp_path)
    folder = Path(str(finding.evidence)).parent
    amend(folder, lambda d: d["obligations"].pop(5))
    assert one("close-out", folder, referee).standing == "refused"
    folder = Path(str(with_evidence(finding, tmp_path).evidence)).parent
    amend(folder, lambda d: [d["obligations"].pop(), d["lemmas"].pop()])
    assert "does not cover all shocks" in str(one("close-out", folder, referee).refused)


def test_a_claim_over_tiers_is_not_shown_of_one_position(settle: Settle, tmp_path: Path, referee: Referee) -> None:
    finding = settle("close-out", "no_cascade")
    assert isinstance(finding.verdict, Proved)
    folder = Path(str(with_evidence(finding, tmp_path).evidence)).parent
    amend(folder, lambda d: d.update(kind="proof", k=0, identity=True, lemmas=[]))
    assert "book of tiers" in str(one("close-out", folder, referee).refused)


@given(st.data())
@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_byte_makes_a_false_claim_accepted(kept: Path, referee: Referee, data: st.DataObject) -> None:
    """Over a proof, a run and a forged proof of a false claim, with digests as they were or made right again."""
    folders = {path.parent: path.parent.parent.name == "forged" for path in sorted(kept.rglob(MANIFEST))}
    folder = data.draw(st.sampled_from(list(folders)))
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    whole = path.read_bytes()
    place, flip = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    manifest = folder / MANIFEST
    before = manifest.read_bytes()
    try:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
        if path != manifest and data.draw(st.booleans()):
            amend(folder, lambda _: None)
        found = one(str(TILL), folder, referee)
        if found.standing == "confirmed":
            assert not folders[folder]
            assert json.loads(manifest.read_text(errors="replace"))["claim"] == json.loads(before)["claim"]
    finally:
        path.write_bytes(whole)
        manifest.write_bytes(before)


WORDS = st.sampled_from(
    ["", "any", "fee", "fee=any", "fee=0.2", "till=till", "cash=1", "spot", "no_cascade", "never_much", "(<= 0 |cash|)",
     "witness-1.json", "001.real.smt2", "1", "1/0", "9" * 5000, "x.py", "tiers", "run", "rows=[1 2]", "fee=[1 2; 3]"]
)  # fmt: skip


@given(st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_word_or_number_in_a_manifest_does_any_harm(kept: Path, referee: Referee, data: st.DataObject) -> None:
    """Whatever a forger puts in the place of one leaf: it is refused, or the same claim is confirmed."""
    (folder,) = kept.glob(data.draw(st.sampled_from(["*fees*", "*never*"])))
    manifest = folder / MANIFEST
    before = manifest.read_bytes()

    def change(held: Any) -> None:
        while True:
            key = data.draw(st.sampled_from(sorted(held) if isinstance(held, dict) else range(len(held))))
            if not isinstance(held[key], dict | list) or not held[key]:
                held[key] = data.draw(WORDS | st.integers(-1, 10**6) | st.none() | WORDS.map(lambda word: [word]))
                return
            held = held[key]

    try:
        amend(folder, change)
        found = one(str(TILL), folder, referee)
        assert found.standing in {"confirmed", "refused"}
        if found.standing == "confirmed":  # a setting may say what is so without it, such as till=till
            told, whole = (json.loads(text)["claim"] | {"set": []} for text in (manifest.read_bytes(), before))
            assert told == whole
    finally:
        manifest.write_bytes(before)


# The other solver.


@pytest.mark.parametrize("last", ["unsat", "unknown", "sat"])
def test_what_is_too_much_at_once_is_asked_goal_by_goal(last: str) -> None:
    """The goals are a case distinction: the whole is confirmed only where each of them is."""

    class Slow(Referee):
        def ask(self, text: str) -> Any:
            return "unknown" if "(and goal!" in text else last if "(not goal!1)" in text else "unsat"

    x = variable(Var("x", Real))
    text = Obligation("", (x >= 1,), (x > 0, x * x > 0)).text()
    found = decide("it", "unsat", [("real", text)], Slow(1.0))
    assert found.standing == ("confirmed" if last == "unsat" else "not confirmed")


def test_what_is_not_decided_in_time_is_never_fine(copy: Write) -> None:
    with Referee(1e-9) as hasty:
        found = one(str(TILL), copy("fees_are_covered"), hasty)
    assert found.standing == "not confirmed"
    assert {item.why for item in found.items} == {"not decided within its limits"}


def test_a_question_that_goes_on_is_stopped_and_the_next_one_answered() -> None:
    hard = "(set-logic QF_NIA)(declare-const x Int)(declare-const y Int)(declare-const z Int)" \
        "(assert (= (+ (* x x x) (* y y y) (* z z z)) 114))(check-sat)"  # fmt: skip
    with Referee(1.0) as referee:
        started = time.monotonic()
        assert referee.ask(hard) == "unknown"
        assert time.monotonic() - started < 10
        assert referee.ask("(set-logic QF_LRA)(assert false)(check-sat)") == "unsat"
        assert referee.ask("this is no script") == "unknown"
        assert referee.ask("(set-logic QF_LRA)(check-sat)") == "sat"


def test_an_invariant_is_shown_for_each_rule(problem: Any) -> None:
    made = problem("aave-v3", "solvency")
    system = specialise(made.system, "real")
    names = [item.name for item in obligations(system, made.claim, 1, [])]
    spoken = set(variables(made.claim.formula))
    written = {f"consecution of {rule.name}" for rule in system.rules if spoken & set(rule.updates)}
    assert {name for name in names if name.startswith("consecution")} == written != set()
    assert {"initiation", "property"} <= set(names)

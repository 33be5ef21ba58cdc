"""Reports for CI: their schemas, their counters, the lines they point at, and what people read of them."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs
import jsonschema
import pytest
import xmlschema
from hypothesis import example, given
from hypothesis import strategies as st

from verifier.evidence.outcome import Break, Outcome, Trouble
from verifier.evidence.record import Reason, Record, record, status
from verifier.evidence.verdict import Finding
from verifier.reports.failures import failures, repository
from verifier.reports.files import Reports, write_reports
from verifier.reports.github import commands
from verifier.reports.junit import junit
from verifier.reports.sarif import fingerprint, sarif
from verifier.reports.summary import summary

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TEAM = HERE / "team.py"
BROKEN = Break("team", "solvency", f"{TEAM}:12", "weakened", "was proved up to 0.2\nand is now up to 0.1")
TROUBLE = Trouble("this is not Python: expected ':'", f"{TEAM}:3")
SARIF = json.loads((HERE / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
JUNIT = xmlschema.XMLSchema(str(HERE / "junit.xsd"))


@pytest.fixture(scope="module")
def verdicts(settle_file: Callable[[Path], list[Finding]]) -> list[Record]:
    """As the design has them: proved, refuted, vacuous, refuted as declared, proved but declared refuted."""
    return [attrs.evolve(record(finding), seconds=0.25) for finding in settle_file(TEAM)]


@pytest.fixture(scope="module")
def records(verdicts: list[Record]) -> list[Record]:
    """All kinds of verdicts."""
    plain, open_ = verdicts[0], Reason("time", "the time for this claim is used up")
    return [
        *verdicts,
        attrs.evolve(plain, verdict="unknown", expected=False, reason=open_, depth=3, under=["shock = 0.11"]),
        attrs.evolve(plain, verdict="bounded", expected=False, depth=7, under=["shock = 0.12"], arithmetic="fixed"),
    ]


@pytest.fixture(scope="module")
def outcome(records: list[Record]) -> Outcome:
    return Outcome(records, [BROKEN], [TROUBLE])


def results(text: str) -> list[dict[str, Any]]:
    """The results of a SARIF document that fits its schema."""
    document = json.loads(text)
    jsonschema.validate(document, SARIF, cls=jsonschema.Draft7Validator)
    found = document["runs"][0]["results"]
    assert isinstance(found, list)
    return found


def cases(text: str) -> dict[str, ElementTree.Element | None]:
    """The test cases of a JUnit document that fits its schema and counts right, with what is wrong with each."""
    JUNIT.validate(text)
    root = ElementTree.fromstring(text.encode())
    for counted in [root, *root]:
        inner = list(counted.iter("testcase"))
        assert int(counted.attrib["tests"]) == len(inner)
        for kind in ("failure", "error"):
            assert int(counted.attrib[f"{kind}s"]) == sum(case.find(kind) is not None for case in inner)
        assert float(counted.attrib["time"]) == pytest.approx(sum(float(case.attrib["time"]) for case in inner))
    found = {f"{case.attrib['classname']} {case.attrib['name']}": case for case in root.iter("testcase")}
    assert len(found) == int(root.attrib["tests"])
    return {name: next(iter(case), None) for name, case in found.items()}


def test_the_design_has_one_of_each(verdicts: list[Record]) -> None:
    assert [item.verdict for item in verdicts] == ["proved", "refuted", "vacuous", "refuted", "proved"]
    assert [item.expected for item in verdicts] == [True, False, False, True, False]


def test_junit_has_a_type_for_each_failure_and_skips_nothing(outcome: Outcome) -> None:
    found = cases(junit(outcome, ROOT))

    kinds = {name: None if wrong is None else (wrong.tag, wrong.attrib["type"]) for name, wrong in found.items()}
    assert kinds == {
        "team solvency[shock = 0.1]": None,
        "team solvency[shock = 0.2]": ("failure", "refuted"),
        "team liquidation_improves_health[health = 1.25, shock = 0.1]": ("failure", "vacuous"),
        "team solvency[shock = 0.3]": None,
        "team solvency[shock = 0.05]": ("failure", "proved, but declared refuted"),
        "team solvency[shock = 0.11]": ("failure", "unknown"),
        "team solvency[shock = 0.12, fixed]": ("failure", "bounded"),
        "team solvency: weakened": ("failure", "weakened"),
        "verifier setup of tests/ci/team.py": ("error", "setup"),
    }


def test_a_refuted_claim_fails_with_its_run(outcome: Outcome) -> None:
    wrong = cases(junit(outcome, ROOT))["team solvency[shock = 0.2]"]

    assert wrong is not None
    assert wrong.text is not None
    assert wrong.text.startswith("tests/ci/team.py:12\n")
    assert "1   tick (price 1 600)" in wrong.text.replace("\u202f", " ")


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(TEAM.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def test_sarif_shows_what_is_wrong_on_the_line_of_its_claim(outcome: Outcome) -> None:
    found = results(sarif(outcome, ROOT))

    places = [item["locations"][0]["physicalLocation"] for item in found]
    assert {place["artifactLocation"]["uri"] for place in places} == {"tests/ci/team.py"}
    claims = ['shock="0.2"', 'health="1.25"', 'shock="0.05"', 'shock="0.1"', 'shock="0.1"', 'shock="0.2"']
    assert [place["region"]["startLine"] for place in places] == [line_of(text) for text in claims]
    assert [item["ruleId"] for item in found] == ["solvency", "liquidation_improves_health", *["solvency"] * 4]
    assert {(item["kind"], item["level"]) for item in found} == {("fail", "error")}


def test_sarif_tells_the_run_as_a_code_flow_through_the_rules(outcome: Outcome) -> None:
    (flow,) = results(sarif(outcome, ROOT))[0]["codeFlows"]

    start, tick = flow["threadFlows"][0]["locations"]
    assert start["location"]["message"]["text"].startswith("at the start: price ")
    assert start["state"]["collateral"]["text"] == "10"
    where = tick["location"]["physicalLocation"]
    rule = (ROOT / where["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
    assert "@rule" in rule[where["region"]["startLine"] - 1]
    assert "def tick" in rule[where["region"]["startLine"]]


def test_outside_of_the_repository_a_step_stays_on_the_line_of_the_claim(outcome: Outcome) -> None:
    """The library is elsewhere when a team has installed it."""
    (flow,) = results(sarif(outcome, HERE))[0]["codeFlows"]

    files = {
        step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in flow["threadFlows"][0]["locations"]
    }
    assert files == {"team.py"}


def test_fingerprints_tell_results_apart_and_outlive_a_change_of_numbers(outcome: Outcome) -> None:
    def fingerprints(shown: Outcome) -> list[str]:
        return [item["partialFingerprints"]["claim/v1"] for item in results(sarif(shown, ROOT))]

    before = fingerprints(outcome)
    assert len(set(before)) == len(before)
    changed = [
        attrs.evolve(item, under=[re.sub(r"\d+\.\d+", "7/9", text) for text in item.under], seconds=9.0)
        for item in outcome.records
    ]
    assert fingerprints(attrs.evolve(outcome, records=changed)) == before
    renamed = [attrs.evolve(item, design="other") for item in outcome.records]
    assert not set(fingerprints(Outcome(renamed))) & set(before)


@given(st.lists(st.sampled_from(["0.1", "3", "1/3", "-2", "1e-6", "12 rows", "(bound 0.5, step 2.5)"]), min_size=1))
def test_no_number_is_in_a_fingerprint(records: list[Record], numbers: list[str]) -> None:
    (plain,) = failures(Outcome([records[1]]), ROOT)
    one = attrs.evolve(plain, under=[f"aave-v3 = {text}" for text in numbers])
    other = attrs.evolve(plain, under=[re.sub(r"\d+", "4", text) for text in one.under])
    kept = attrs.evolve(plain, under=[text.replace("v3", "v4") for text in one.under])

    assert fingerprint(one, {}) == fingerprint(attrs.evolve(one, under=one.under[:]), {})
    assert fingerprint(kept, {}) != fingerprint(one, {})
    assert fingerprint(attrs.evolve(other, under=[t.replace("v4", "v3") for t in other.under]), {}) == fingerprint(
        one, {}
    )


def test_trouble_is_an_error_and_an_unsuccessful_run(outcome: Outcome) -> None:
    shown = Outcome(trouble=outcome.trouble)
    document = json.loads(sarif(shown, ROOT))

    assert results(sarif(shown, ROOT)) == []
    (told,) = document["runs"][0]["invocations"]
    assert not told["executionSuccessful"]
    assert told["toolExecutionNotifications"][0]["message"]["text"] == TROUBLE.message
    assert json.loads(sarif(Outcome(), ROOT))["runs"][0]["invocations"][0]["executionSuccessful"]
    assert "### verifier: not everything could be set up" in summary(shown, ROOT)


@pytest.mark.parametrize(("name", "make"), [("summary.md", summary), ("junit.xml", junit)])
def test_what_people_read_is_as_recorded(outcome: Outcome, name: str, make: Callable[[Outcome, Path], str]) -> None:
    assert make(outcome, ROOT) == (HERE / "golden" / name).read_text(encoding="utf-8")


def test_the_summary_of_what_is_well_says_so(records: list[Record]) -> None:
    good = [item for item in records if item.expected]

    assert summary(Outcome(good), ROOT).startswith(
        "### verifier: 2 claims, all as the designs say\n\n1 proved, 1 refuted."
    )


def test_a_summary_is_never_too_long_and_says_what_it_leaves_out(
    records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verifier.reports.summary.ROOM", 9000)
    text = summary(Outcome([records[1]] * 20), ROOT)

    assert 8000 < len(text.encode()) < 9100
    assert re.search(r"\d+ more are left out here\.\n$", text)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
@example("50 %\r\n%0A%25 `|` <b> ]]> &amp; a:b,c::d")
def test_any_text_survives_each_format(text: str) -> None:
    shown = Outcome(trouble=[Trouble(text)], breaks=[Break(f"d{text}", "p", None, "weakened", text)])

    assert len(cases(junit(shown, ROOT))) == 2
    results(sarif(shown, ROOT))
    assert summary(shown, ROOT)
    lines = list(commands(shown, ROOT))
    assert len(lines) == 2
    assert all(re.fullmatch(r"::error [^\n\r]*", line) for line in lines)
    properties, message = lines[1].removeprefix("::error title=").split("::", 1)
    unescaped = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert (properties, unescaped) == ("verifier%3A setup", text)


def test_annotations_are_where_github_finds_them(outcome: Outcome) -> None:
    line = next(commands(outcome, ROOT))

    assert line.startswith(
        "::error file=tests/ci/team.py,line=12,title=solvency[shock = 0.2] of team%3A refuted::team · "
    )
    assert "%0A" in line


def test_where_github_runs_us_its_files_are_written(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = tmp_path / "step.md"
    step.write_text("before\n")
    write_reports(Reports(), Outcome(outcome.records))
    assert (step.read_text(), capsys.readouterr().err) == ("before\n", "")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("FORCE_COLOR", "1")
    write_reports(Reports(), outcome)
    write_reports(Reports(summary=tmp_path / "new" / "own.md"), Outcome(outcome.records))

    assert step.read_text() == "before\n" + summary(outcome, repository())
    assert (tmp_path / "new" / "own.md").read_text() == summary(Outcome(outcome.records), repository())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 7 + 5
    assert "\x1b" not in captured.err + step.read_text()


def test_paths_are_relative_to_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert repository() == tmp_path / "inner"
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert repository() == tmp_path


def test_claims_whose_conditions_read_the_same_are_told_apart(records: list[Record]) -> None:
    plain, refuted = attrs.evolve(records[0], under=[]), records[1]
    found = cases(junit(Outcome([plain, refuted, refuted, plain, plain]), ROOT))

    assert list(found) == [
        "team solvency", "team solvency[shock = 0.2]", "team solvency[shock = 0.2, #2]", "team solvency[#2]",
        "team solvency[#3]",
    ]  # fmt: skip


def test_a_report_is_good_exactly_where_the_exit_status_is(records: list[Record]) -> None:
    for item in records:
        wrong = [case for case in cases(junit(Outcome([item]), ROOT)).values() if case is not None]
        assert Outcome([item]).good == (status([item]) == 0) == (not wrong)

"""What others have published, as claims of bundled designs: ``published.toml``, and docs/published.md made of it.

What is a run or a table of numbers rather than a claim is a test, named there too.
``python tests/test_published.py`` settles the claims, some of which takes seconds, and writes the page.
``tests/specs/test_library.py`` settles all claims that designs list, so a row says what the tool says.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import attrs

from verifier.analyses.cases import Case, cases, conditions
from verifier.analyses.prove import Prover
from verifier.language.load import bundled
from verifier.reports.failures import title

PAGE = Path(__file__).parents[1] / "docs" / "published.md"
DATA = Path(__file__).parent / "published.toml"
SPECS = Path(__file__).parent / "specs"

Verdict = Literal["proved", "refuted"]


@attrs.frozen
class Published:
    """One published result, and the claim by which a design states it: by name, or with its conditions."""

    source: str
    result: str
    says: str
    design: str
    claim: str
    verdict: Verdict
    remark: str = ""

    def is_stated_by(self, case: Case) -> bool:
        """Whether this is the claim."""
        named = title(case.prop.name, conditions(case), case.prop.arithmetic)
        said = case.prop.name if case.prop.arithmetic == "real" else None
        declared = "proved" if case.declared is None else "refuted"
        return case.design.title == self.design and self.claim in {named, said} and declared == self.verdict


@attrs.frozen
class Replayed:
    """One published run or table of numbers, and the test that goes through it."""

    result: str
    says: str
    module: str
    name: str


@attrs.frozen
class Source:
    """One publication, what it says, and what is to be said of what is left out."""

    name: str
    claims: list[Published]
    tests: list[Replayed]
    note: str


def sources() -> list[Source]:
    """All publications, in order."""
    return [
        Source(
            data["name"],
            [Published(data["name"], *row) for row in data["results"]],
            [Replayed(*row) for row in data.get("tests", ())],
            data.get("note", ""),
        )
        for data in tomllib.loads(DATA.read_text(encoding="utf-8"))["source"]
    ]


def stated() -> Iterator[tuple[Published, Case]]:
    """Each row with the first claim that states it."""
    listed = cases(bundled().values())
    for row in (row for source in sources() for row in source.claims):
        case = next((case for case in listed if row.is_stated_by(case)), None)
        assert case is not None, row
        yield row, case


# The benchmark's truth of 16 July 2026 (ad9858c): 1 it holds, 0 it fails, - it gives none.
VERSIONS = ("v1", "v3", "v4", "v7", "v8")
CELLS = {
    "bor-additivity": "11111",
    "bor-state": "11111",
    "bor-tokens": "11111",
    "bor-xr-eq": "11111",
    "credits-zero": "00000",
    "credits-zero-notrunc": "11010",
    "dep-additivity": "00001",
    "dep-gain-eq": "0----",
    "dep-gain-eq-notrunc": "1----",
    "dep-state": "11111",
    "dep-tokens": "11111",
    "dep-xr": "11111",
    "dep-xr-eq": "00001",
    "dep-xr-eq-notrunc": "11011",
    "expected-interest": "10111",
    "int-xr-gneq": "11110",
    "rdm-additivity": "00001",
    "rdm-state": "11011",
    "rdm-tokens": "11011",
    "rdm-xr-eq": "00001",
    "rpy-additivity": "11111",
    "rpy-state": "1-101",
    "rpy-tokens": "11101",
    "rpy-xr-eq": "11111",
    "xr-geq-one": "11111",
    "xr-increasing": "00001",
    "xr-increasing-but-rdm": "11111",
    "xr-invariant": "0----",
    "xr-invariant-notrunc": "1----",
}
MISLABELLED = {("int-xr-gneq", version) for version in ("v1", "v3", "v4", "v7")}


def cells() -> Iterator[tuple[str, str, Verdict]]:
    """Each decided cell: property, version, and the verdict that is to come out."""
    for name, row in CELLS.items():
        for version, truth in zip(VERSIONS, row, strict=True):
            if truth != "-":
                holds = truth == "1" and (name, version) not in MISLABELLED
                yield name, version, "proved" if holds else "refuted"


def key(case: Case) -> tuple[str, str, str, Verdict]:
    """What tells the claims of the benchmark apart."""
    verdict: Verdict = "proved" if case.declared is None else "refuted"
    return case.design.title, case.prop.name, case.prop.arithmetic, verdict


def labelled() -> Iterator[tuple[str, Case]]:
    """Each decided cell's property, with the first claim that the cell rests on."""
    claimed = {key(case): case for case in reversed(cases(bundled().values()))}
    for name, version, verdict in cells():
        claim = name.removesuffix("-notrunc").replace("-", "_")
        arithmetic = "real" if name.endswith("-notrunc") else "fixed"
        yield name, claimed[f"lending-protocol-{version}", claim, arithmetic, verdict]


def meanings() -> dict[str, str]:
    """What each property of the benchmark says: its claim's first sentence."""
    docs = {name: case.problem().claim.doc for name, case in labelled()}
    exact = {name: ", in exact arithmetic" if name.endswith("-notrunc") else "" for name in docs}
    return {name: f"{doc[0].lower()}{doc[1:].rstrip('.')}{exact[name]}" for name, doc in docs.items()}


TRACES = {
    "trace1": (
        "A deposits 50 of one token and B 50 of another, and B borrows 30 of the first: 20 and 50 are left",
        "11111",
    ),
    "trace2": ("after an accrual B owes 33 and repays 5, so that 28 is left", "11101"),
}


def page(seconds: Mapping[Published | str, float]) -> str:
    """The page, in Markdown."""
    lines = [
        "# Published results",
        "",
        "Each row is a claim of a bundled design, which `verifier prove DESIGN` returns, or a test of a published run or",
        "table. This page is written by `python tests/test_published.py`, with the seconds that each claim took then, with",
        "nothing kept from before, on one core; tests compare it with what the designs claim, and settle that.",
    ]
    for source in sources():
        lines += ["", f"## {source.name}", "", "| result | what it says | design and claim | verdict | seconds |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for row in source.claims:
            verdict = f"{row.verdict}: {row.remark}" if row.remark else row.verdict
            claim = f"`{row.design}` `{row.claim}`"
            lines += [f"| {row.result} | {row.says} | {claim} | {verdict} | {seconds.get(row, 0):.2f} |"]
        lines += [f"| {row.result} | {row.says} | `{row.module}` `{row.name}` | tested | – |" for row in source.tests]
        lines += ["", source.note] if source.note else []
    lines += [
        "",
        "## contracts-verification-benchmark, lending-protocol",
        "",
        "Its labels of 16 July 2026 (ad9858c) for the versions without lazy interest; `notrunc` rows in exact",
        "arithmetic, all others in the contract's integers. ✓: it holds and is proved; ✗: it fails and is refuted;",
        "**✗**: labelled as true, and refuted; –: the benchmark gives no label. The claim of each version",
        "`lending-protocol-v1` and so on has the property's name; a row's seconds are those of all its versions.",
        "",
        "| property | what it says | " + " | ".join(VERSIONS) + " | seconds |",
        "| --- | --- |" + " --- |" * len(VERSIONS) + " --- |",
    ]
    signs = {("proved", False): "✓", ("refuted", False): "✗", ("refuted", True): "**✗**"}
    found = {(n, v): signs[verdict, (n, v) in MISLABELLED] for n, v, verdict in cells()}
    says = meanings()
    for name in CELLS:
        verdicts = " | ".join(found.get((name, version), "–") for version in VERSIONS)
        lines += [f"| {name} | {says[name]} | {verdicts} | {seconds.get(name, 0):.2f} |"]
    for name, (meaning, row) in TRACES.items():
        lines += [f"| {name} | {meaning} | " + " | ".join("✓" if truth == "1" else "✗" for truth in row) + " | – |"]
    lines += [
        "",
        "The two traces are replayed exactly. `int-xr-gneq`, \"an accrual with debt raises the exchange rate\", is",
        "mislabelled for v1, v3, v4 and v7. A debt of 1 to 9 earns floor(debt / 10) = 0: deposit 100, borrow 9, accrue,",
        "and the rate is still 1000000. And with more than 10^6 credits a unit of interest is less than the rate's last",
        "digit: deposit 1000002, borrow 11, accrue, and the rate is still 1000000 beside a debt of 12. If the user owes",
        "at least 10 and there are at most 10^6 credits, it is proved (`int_xr_gneq_above_ten`); so it is in exact",
        "arithmetic (`int_xr_gneq`), except for v4, whose redeem may leave a debt without credits.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def settled() -> dict[Published | str, float]:
    """How long each row takes, each settled anew. Raises AssertionError if a verdict is not the row's."""
    taken: dict[Published | str, float] = {}
    with Prover(jobs=1) as prover:
        for row, case in (*stated(), *labelled()):
            finding = prover.finding(case, explain=False)
            *_, expected = key(case)
            assert type(finding.verdict).__name__.lower() == expected, row
            taken[row] = taken.get(row, 0) + finding.seconds
            print(f"{case.design.title} {case.prop.name}: {finding.seconds:.2f} s")
    return taken


def test_every_published_result_is_a_claim_of_a_design() -> None:
    assert all(key(case)[-1] == row.verdict for row, case in stated())
    assert {name for name, _ in labelled()} == set(CELLS)


def test_every_published_run_and_table_is_a_test() -> None:
    for row in (row for source in sources() for row in source.tests):
        text = (SPECS / f"{row.module}.py").read_text(encoding="utf-8")
        assert f"\ndef {row.name}(" in text, row


def test_the_page_is_up_to_date() -> None:
    def untimed(text: str) -> str:
        return re.sub(r"\d+\.\d\d \|$", "|", text, flags=re.MULTILINE)

    assert untimed(PAGE.read_text(encoding="utf-8")) == untimed(page({}))


if __name__ == "__main__":
    PAGE.write_text(page(settled()), encoding="utf-8")

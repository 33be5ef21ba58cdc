"""What others have published, as claims of bundled designs: ``published.toml``, and docs/published.md made of it.

``python tests/test_published.py`` settles them, some of which takes seconds, and writes the page.
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


def published() -> list[Published]:
    """All rows."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return [Published(source["name"], *row) for source in data["source"] for row in source["results"]]


def stated() -> Iterator[tuple[Published, Case]]:
    """Each row with the first claim that states it."""
    listed = cases(bundled().values())
    for row in published():
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


def cell_key(name: str, version: str, verdict: Verdict) -> tuple[str, str, str, Verdict]:
    """The claim that a cell rests on."""
    claim = name.removesuffix("-notrunc").replace("-", "_")
    return f"lending-protocol-{version}", claim, "real" if name.endswith("-notrunc") else "fixed", verdict


def page(seconds: Mapping[Published, float]) -> str:
    """The page, in Markdown."""
    lines = [
        "# Published results",
        "",
        "Each row is a claim of a bundled design, which `verifier prove DESIGN` returns. This page is written by",
        "`python tests/test_published.py`, with the seconds that each took then, with nothing kept from before, on one",
        "core; tests compare it with what the designs claim, and settle that.",
    ]
    rows = published()
    for source in dict.fromkeys(row.source for row in rows):
        lines += ["", f"## {source}", "", "| result | what it says | design and claim | verdict | seconds |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for row in (row for row in rows if row.source == source):
            verdict = f"{row.verdict}: {row.remark}" if row.remark else row.verdict
            claim = f"`{row.design}` `{row.claim}`"
            lines += [f"| {row.result} | {row.says} | {claim} | {verdict} | {seconds.get(row, 0):.2f} |"]
    lines += [
        "",
        "## contracts-verification-benchmark, lending-protocol",
        "",
        "Its labels of 16 July 2026 (ad9858c) for the versions without lazy interest; `notrunc` rows in exact",
        "arithmetic, all others in the contract's integers. ✓: it holds and is proved; ✗: it fails and is refuted;",
        "**✗**: labelled as true, and refuted; –: the benchmark gives no label.",
        "",
        "| property | " + " | ".join(VERSIONS) + " |",
        "| --- |" + " --- |" * len(VERSIONS),
    ]
    signs = {("proved", False): "✓", ("refuted", False): "✗", ("refuted", True): "**✗**"}
    found = {(n, v): signs[verdict, (n, v) in MISLABELLED] for n, v, verdict in cells()}
    lines += [f"| {name} | " + " | ".join(found.get((name, v), "–") for v in VERSIONS) + " |" for name in CELLS]
    lines += [
        "| trace1 | " + " | ".join("✓" for _ in VERSIONS) + " |",
        "| trace2 | " + " | ".join("✗" if v == "v7" else "✓" for v in VERSIONS) + " |",
        "",
        "The two traces are replayed exactly. `int-xr-gneq`, \"an accrual with debt raises the exchange rate\", is",
        "mislabelled for v1, v3, v4 and v7. A debt of 1 to 9 earns floor(debt / 10) = 0: deposit 100, borrow 9, accrue,",
        "and the rate is still 1000000. And with more than 10^6 credits a unit of interest is less than the rate's last",
        "digit: deposit 1000002, borrow 11, accrue, and the rate is still 1000000 beside a debt of 12. If the user owes",
        "at least 10 and there are at most 10^6 credits, it is proved (`int_xr_gneq_above_ten`); so it is in exact",
        "arithmetic (`int_xr_gneq`), except for v4, whose redeem may leave a debt without credits.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def settled() -> dict[Published, float]:
    """How long each row takes, each settled anew. Raises AssertionError if a verdict is not the row's."""
    taken = {}
    with Prover(jobs=1) as prover:
        for row, case in stated():
            finding = prover.finding(case, explain=False)
            assert type(finding.verdict).__name__.lower() == row.verdict, row
            taken[row] = finding.seconds
            print(f"{row.design} {row.claim}: {finding.seconds:.2f} s")
    return taken


def test_every_published_result_is_a_claim_of_a_design() -> None:
    cells_claimed = {
        (c.design.title, c.prop.name, c.prop.arithmetic, "proved" if c.declared is None else "refuted")
        for c in cases(bundled().values())
    }

    assert len(list(stated())) == len(published())
    assert [cell for cell in cells() if cell_key(*cell) not in cells_claimed] == []


def test_the_page_is_up_to_date() -> None:
    def untimed(text: str) -> str:
        return re.sub(r"\d+\.\d\d \|$", "|", text, flags=re.MULTILINE)

    assert untimed(PAGE.read_text(encoding="utf-8")) == untimed(page({}))


if __name__ == "__main__":
    PAGE.write_text(page(settled()), encoding="utf-8")

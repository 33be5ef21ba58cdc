"""Which bundled designs are exposed to which class of failure: ``failures.toml``, and docs/failures.md made of it.

``python tests/test_failures.py`` writes the page from what designs list as proved and refuted, which
``tests/specs/test_library.py`` settles, and from what is left of those proofs under the harshest settings of a class.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from verifier.analyses.cases import Case, cases, conditions
from verifier.analyses.prove import Prover
from verifier.evidence.verdict import Proved, Refuted
from verifier.language.load import bundled
from verifier.reports.failures import title

PAGE = Path(__file__).parents[1] / "docs" / "failures.md"
DATA = Path(__file__).parent / "failures.toml"


@attrs.frozen(eq=False)
class Failure:
    """A class of failure, its precondition, the claims that decide it, and what they must bear to be immunity."""

    name: str
    when: str
    claims: list[str]
    harshest: dict[str, Any] = attrs.field(factory=dict)

    def decided_by(self, case: Case) -> bool:
        """Whether this claim is one of them."""
        return case.prop.name in self.claims or f"{case.design.title} {titled(case)}" in self.claims


@attrs.frozen(eq=False)
class Decided:
    """What one claim says of one design."""

    case: Case
    verdict: str
    why: str = ""

    def row(self) -> str:
        return f"| `{self.case.design.title}` | `{titled(self.case)}` | {self.verdict} | {self.why} |"


def titled(case: Case) -> str:
    return title(case.prop.name, conditions(case), case.prop.arithmetic)


def classes() -> list[Failure]:
    """All classes."""
    return [Failure(**entry) for entry in tomllib.loads(DATA.read_text(encoding="utf-8"))["class"]]


def decisions(failure: Failure, listed: list[Case], prover: Prover) -> Iterator[Decided]:
    """What decides a class: the designs' own claims, and those of designs that list no exposure at their harshest."""
    own = [case for case in listed if failure.decided_by(case)]
    yield from (Decided(case, "refuted", case.declared) if case.declared else Decided(case, "proved") for case in own)
    exposed = {case.design for case in own if case.declared is not None}
    slots = {name.partition(".")[0] for name in failure.harshest}
    for design in dict.fromkeys(case.design for case in own):
        if not slots <= design.slots().keys() or not slots or design in exposed:
            continue
        deciding = [case.prop for case in own if case.design is design]
        asked = tuple(dict.fromkeys(prop.name for prop in deciding))
        harsh = cases([design], only=asked, settings=failure.harshest, arithmetic="real")
        for case in (case for case in harsh if case.prop in deciding):
            verdict = prover.finding(case, explain=False).verdict
            said = {Proved: "proved", Refuted: "refuted"}.get(type(verdict), "unknown")
            yield Decided(case, said, "at its harshest")


def page(prover: Prover) -> str:
    """The page, in Markdown."""
    listed = cases(bundled().values())
    summary = ["| class | when | exposed | immune |", "| --- | --- | --- | --- |"]
    details: list[str] = []
    for failure in classes():
        decided = list(decisions(failure, listed, prover))
        exposed = names(decided, {"refuted"})
        immune = [name for name in names(decided, {"proved"}) if name not in {*exposed, *names(decided, {"unknown"})}]
        summary.append(f"| {failure.name} | {failure.when} | {told(exposed)} | {told(immune)} |")
        details += ["", f"## {failure.name}", "", "| design | claim | verdict | why |", "| --- | --- | --- | --- |"]
        details += [item.row() for item in decided]
    return "\n".join(
        [
            "# Classes of failure",
            "",
            "Exposed is a design with a refuted claim of the class, if only for some parameters or shocks. Immune is one",
            "all of whose claims of the class are proved, under the assumptions that their verdicts list, and where the size",
            "of a shock matters also at one that takes 99 % of the price; whether liquidators come, also where they sell",
            "into a pool of 50 units of collateral. Below, each with the claims that decide it and the design's own reason;",
            "`verifier prove DESIGN --property CLAIM` shows the run. This page is written by `python tests/test_failures.py`,",
            "and tests settle what it says.",
            "",
            *summary,
            *details,
        ]
    ) + "\n"  # fmt: skip


def names(decided: list[Decided], verdicts: set[str]) -> list[str]:
    return list(dict.fromkeys(item.case.design.title for item in decided if item.verdict in verdicts))


def told(designs: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in designs) or "–"


def test_each_class_is_decided_by_claims_of_designs() -> None:
    listed = cases(bundled().values())
    claimed = {case.prop.name for case in listed} | {f"{case.design.title} {titled(case)}" for case in listed}

    assert [claim for failure in classes() for claim in failure.claims if claim not in claimed] == []


def test_the_page_is_up_to_date(prover: Prover) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(prover)


if __name__ == "__main__":
    with Prover(jobs=1) as alone:
        PAGE.write_text(page(alone), encoding="utf-8")

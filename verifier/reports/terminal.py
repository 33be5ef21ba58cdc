"""What a person reads: a table of verdicts, then each refutation as a story, then whatever is open and why."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from verifier.evidence.verdict import Bounded, Breaking, Finding, Proved, Refuted, Unknown, Vacuous, word
from verifier.reports.numbers import readable, seconds
from verifier.reports.story import Story, breach, open_parameters, story

COLOURS = {"proved": "green", "refuted": "red", "bounded": "yellow", "vacuous": "magenta", "unknown": "yellow"}
WIDTH, MANY = 132, 3


def console(stream: TextIO | None = None) -> Console:
    """A console that wraps at the terminal's width, or at a fixed one where there is no terminal."""
    out = stream or sys.stdout
    return Console(file=out, width=None if out.isatty() else WIDTH, highlight=False, soft_wrap=False)


def print_findings(findings: Sequence[Finding], out: Console, *, precisely: bool = False) -> None:
    """Everything about the findings."""
    out.print(verdict_table(findings, wide=out.width >= WIDTH - 20))
    for finding in findings:
        if isinstance(finding.verdict, Refuted):
            _print_refuted(finding, finding.verdict, out, precisely=precisely)
    for finding in findings:
        if isinstance(finding.verdict, Bounded | Unknown | Vacuous):
            _print_open(finding, out)
    for design, notes in dict.fromkeys((f.design, f.notes) for f in findings if isinstance(f.verdict, Proved)):
        if notes:
            _print_notes(design, notes, out)
    out.print()
    if (assumed := assumption_table(findings)).row_count:
        out.print(assumed)
    out.print(summary(findings))


def assumption_table(findings: Sequence[Finding]) -> Table:
    """What is taken for granted, and how many of the proofs could not do without it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for heading in ("assumption", "says", "needed by"):
        table.add_column(heading, overflow="fold")
    rows: dict[tuple[str, str], list[bool]] = {}
    for finding in findings:
        if isinstance(finding.verdict, Proved):
            for name, statement, _ in finding.assumptions:
                rows.setdefault((name, statement), []).append(name not in finding.unused_assumptions)
    for (name, statement), needed in rows.items():
        table.add_row(name, statement, f"{sum(needed)} of {len(needed)} proofs")
    return table


def verdict_table(findings: Sequence[Finding], *, wide: bool = True) -> Table:
    """One row a finding; a design's name once. Where there is room, names are not broken."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for heading in ("design", "property", "under", "arithmetic", "borrowers", "verdict"):
        whole = wide and heading in {"design", "property"}
        table.add_column(heading, overflow="fold", no_wrap=whole)
    table.add_column("time", justify="right", no_wrap=True)
    last = ""
    for finding in findings:
        if finding.design != last and last:
            table.add_section()
        table.add_row(
            finding.design if finding.design != last else "",
            finding.claim.name,
            under(finding),
            finding.arithmetic,
            finding.borrowers,
            Text(verdict_text(finding), style=COLOURS[word(finding.verdict)]),
            seconds(finding.seconds),
        )
        last = finding.design
    return table


def verdict_text(finding: Finding) -> str:
    """The verdict with what it needs to be read right."""
    verdict = finding.verdict
    match verdict:
        case Proved(certificate=certificate):
            text = "proved (identity)" if certificate.identity else "proved"
        case Bounded(depth=depth):
            text = f"bounded: up to depth {depth}"
        case Refuted(run=run):
            steps = "1 step" if len(run) == 1 else f"{len(run)} steps"
            text = f"refuted in {steps}" + (", as declared" if finding.declared is not None else "")
        case Unknown(why=why):
            text = f"unknown ({why})"
        case Vacuous():
            text = "vacuous"
    wrong = finding.declared is not None and not isinstance(verdict, Refuted)
    return f"{text}, but declared refuted" if wrong else text


def under(finding: Finding) -> str:
    """The settings that make this claim this one: what the property says beyond the design."""
    wide_open = [text for text in finding.conditions if text.endswith("= any")]
    if len(wide_open) > MANY:
        rest = [text for text in finding.conditions if text not in wide_open]
        return ", ".join([*rest, f"{len(wide_open)} parameters open"])
    return ", ".join(finding.conditions) or "–"


def _heading(finding: Finding) -> Text:
    colour = COLOURS[word(finding.verdict)]
    return Text.assemble(
        (f"{finding.design} · {finding.claim.name}", "bold"),
        f" ({under(finding)})" if finding.conditions else "",
        " is ",
        (verdict_text(finding), colour),
    )


def _print_refuted(finding: Finding, verdict: Refuted, out: Console, *, precisely: bool) -> None:
    out.print()
    out.print(_heading(finding))
    out.print(indented(f"claim: {finding.claim.doc}"))
    if finding.declared is not None:
        out.print(indented(f"why:   {finding.declared}"))
    if verdict.run.params:
        out.print(indented(f"with:  {open_parameters(verdict.run.params, precisely=precisely)}"))
    if broken := breach(verdict.run, finding.claim):
        out.print(indented(f"broke: {broken}"))
    for note in finding.notes:
        out.print(indented(f"note:  {note}"))
    if not verdict.shortest and not finding.notes:
        out.print(indented("That no shorter run exists was not shown."))
    out.print(indented(story_table(story(verdict.run, finding.columns, precisely=precisely))))


def indented(what: RenderableType, by: int = 2) -> Padding:
    """Something set in from the left, without blanks on its right."""
    return Padding(what, (0, 0, 0, by), expand=False)


def story_table(told: Story) -> Table:
    """A story as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for number, heading in enumerate(told.headings):
        left = number == 1
        table.add_column(heading, justify="left" if left else "right", overflow="fold", min_width=18 if left else None)
    for row in told.rows:
        table.add_row(*row)
    return table


def _print_notes(design: str, notes: Sequence[str], out: Console) -> None:
    """What the proofs of one design over its tiers speak of."""
    out.print()
    out.print(Text(f"{design}: what is proved over tiers", style="bold"))
    for note in notes:
        out.print(indented(f"note:  {note}"))


def _print_open(finding: Finding, out: Console) -> None:
    verdict = finding.verdict
    out.print()
    out.print(_heading(finding))
    out.print(indented(f"claim: {finding.claim.doc}"))
    match verdict:
        case Vacuous(why=why):
            out.print(indented(f"why:   {why}: the claim holds because nothing happens"))
        case Unknown(detail=detail, depth=depth):
            reach = "" if depth is None else f"; no run of up to {depth} steps violates it"
            out.print(indented(f"why:   {detail}{reach}"))
        case Bounded(depth=depth):
            out.print(indented(f"why:   no run of up to {depth} steps violates it, and no proof was found"))
        case _:
            pass
    found: Breaking | None = getattr(verdict, "breaking", None)
    if found is not None:
        out.print(indented(_breaking_text(found.rule, found.values)))


def _breaking_text(rule: str, values: Mapping[str, Fraction | bool]) -> str:
    state = ", ".join(f"{name} = {readable(value)}" for name, value in values.items() if "." not in name)
    own = {name.rpartition(".")[2]: value for name, value in values.items() if name.startswith(f"{rule}.")}
    inputs = ", ".join(f"{name} = {readable(value)}" for name, value in own.items())
    step = rule.replace("_", " ") + (f" with {inputs}" if inputs else "")
    return (
        f"This state satisfies all that is known, and {step} leads out of the claim. It is unreachable, or a lemma is "
        f"missing:\n{state}"
    )


def summary(findings: Sequence[Finding]) -> Text:
    """The last line: how many of each, and whether that is as wanted."""
    words = [word(finding.verdict) for finding in findings]
    counted = ", ".join(f"{words.count(kind)} {kind}" for kind in COLOURS if kind in words)
    unwanted = [finding for finding in findings if not finding.expected]
    if not unwanted:
        return Text(f"\n{counted}: all as the designs say.", style="bold green")
    return Text(f"\n{counted}: {len(unwanted)} not as the designs say.", style="bold red")

"""The command line: parse, call, print. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from verifier import __version__
from verifier.conforming import conform

if TYPE_CHECKING:
    from verifier.analyses.cases import Case
    from verifier.analyses.pool import Settled, Work
    from verifier.analyses.selection import Files
    from verifier.evidence.baseline import Baseline
    from verifier.evidence.bound import Bound
    from verifier.evidence.gate import Report
    from verifier.evidence.outcome import Break
    from verifier.evidence.record import Record
    from verifier.reports.files import Reports

GOOD, WRONG, USAGE, OPEN, INTERNAL = range(5)

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
REPORT = PICTURE = click.Path(dir_okay=False, path_type=Path)


def as_number(_: click.Context, __: click.Parameter, text: str | None) -> Fraction | None:
    """An option's number above zero, exactly as written."""
    try:
        found = None if text is None else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"'{text}' is not a number; write a decimal or p/q") from None
    if found is not None and found <= 0:
        raise click.BadParameter(f"{text} is not above zero")
    return found


def as_shard(_: click.Context, __: click.Parameter, text: str) -> tuple[int, int]:
    """A part i/n of all claims."""
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter(f"'{text}' is not I/N with I from 1 to N, as in 2/5")
    return int(number), int(of)


designs = click.argument("designs", nargs=-1, metavar="[DESIGN or FILE]...")
only = click.option("--property", "only", multiple=True, metavar="NAME", help="Only claims of this name.")
settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Give a parameter a value, exactly, or 'any' for all values; a slot takes a kind.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


timeout = functools.partial(
    click.option, "--timeout", type=click.FloatRange(min=0.0, min_open=True), show_default=True, metavar="SECONDS"
)
"""The option that limits the time of one question; its default and what it says are given where it is used."""


def market_files(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a book and a depth table, given to the command as one."""

    @functools.wraps(command)
    def gathered(
        *, book: Path | None, tiers: int, price: Fraction | None, depth_table: Path | None, **rest: Any
    ) -> None:
        from verifier.analyses.selection import Files

        command(files=Files(book, tiers, price, depth_table), **rest)

    options = (
        click.option("--book", type=EXISTING, metavar="FILE",
                     help="Positions from a CSV file: collateral, and debt or health_factor."),
        click.option("--tiers", type=click.IntRange(min=3), default=64, show_default=True, metavar="K",
                     help="Tiers at most."),
        click.option("--price", callback=as_number, metavar="P", help="The first price, if the book has debts."),
        click.option("--depth-table", type=EXISTING, metavar="FILE",
                     help="Standing bids from a CSV file as the market: discount,quantity."),
    )  # fmt: skip
    for option in reversed(options):
        gathered = option(gathered)
    return gathered


def report_files(command: Callable[..., None]) -> Callable[..., None]:
    """The options of reports for CI, given to the command as one; should it not get to write them, they say why."""

    @functools.wraps(command)
    def gathered(*, junit: Path | None, sarif: Path | None, summary: Path | None, **rest: Any) -> None:
        from verifier.evidence.outcome import Outcome, Trouble
        from verifier.language.errors import SpecError
        from verifier.reports.files import Reports, write_reports

        reports = Reports(junit, sarif, summary)
        try:
            command(reports=reports, **rest)
        except (BrokenPipeError, click.ClickException, click.Abort):
            raise
        except SpecError as error:
            write_reports(reports, Outcome(trouble=[Trouble(error.message, str(error.site) if error.site else None)]))
            raise
        except Exception as error:
            write_reports(reports, Outcome(trouble=[Trouble(f"internal error: {type(error).__name__}: {error}")]))
            raise

    options = (
        click.option("--junit", type=REPORT, metavar="FILE", help="Write JUnit XML, too."),
        click.option("--sarif", type=REPORT, metavar="FILE", help="Write SARIF 2.1, too."),
        click.option("--summary", type=REPORT, metavar="FILE",
                     help="Write a page of Markdown, too; without this, to GitHub's step summary where there is one."),
    )  # fmt: skip
    for option in reversed(options):
        gathered = option(gathered)
    return gathered


evidence = click.option(
    "--evidence",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write what each verdict rests on: obligations as SMT-LIB 2, runs as JSON and ITF.",
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    metavar="N",
    help="Processes at work; as many as there are cores unless given.",
)
shard = click.option("--shard", callback=as_shard, default="1/1", metavar="I/N", help="Only the I-th part of N.")
cache_or_not = click.option("--cache/--no-cache", default=True, help="Whether to use and keep what was settled before.")
precisely = click.option("--exact", "precisely", is_flag=True, help="Exact numbers instead of readable ones.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="verifier")
def cli() -> None:
    """Prove what a liquidation mechanism guarantees, or show the shortest run that breaks it."""


cli.add_command(conform)


@cli.command("list")
@as_json
def list_designs(as_json: bool) -> None:
    """The bundled designs and what each claims."""
    from verifier.reports.catalogue import catalogue, catalogue_json

    click.echo(catalogue_json() if as_json else catalogue())


@cli.command()
@click.argument("design")
@settings
def show(design: str, settings: tuple[str, ...]) -> None:
    """A spec as mathematics: parameters, state, rules and claims, with their units."""
    from verifier.analyses.cases import cases
    from verifier.analyses.selection import parsed
    from verifier.language.load import select
    from verifier.reports.catalogue import mathematics

    chosen = select((design,))
    for cls in chosen.values():
        click.echo(mathematics(cls, cases([cls], settings=parsed(settings))))


@cli.command()
@designs
@only
@settings
@click.option("--arithmetic", type=click.Choice(["real", "fixed"]), help="Only claims in this arithmetic.")
@click.option("--borrowers", type=click.Choice(["any"]), help="Ask for proofs about any number of borrowers.")
@market_files
@click.option("--on-contract", is_flag=True, help="Take runs that refute fixed-point claims on the real contract, too.")
@evidence
@timeout(default=60.0, help="The most time for one claim.")
@jobs
@shard
@report_files
@cache_or_not
@precisely
@as_json
def prove(
    designs: tuple[str, ...],
    only: tuple[str, ...],
    settings: tuple[str, ...],
    arithmetic: Literal["real", "fixed"] | None,
    borrowers: str | None,
    files: Files,
    on_contract: bool,
    evidence: Path | None,
    timeout: float,
    jobs: int,
    shard: tuple[int, int],
    cache: bool,
    reports: Reports,
    precisely: bool,
    as_json: bool,
) -> None:
    """Prove or refute what designs claim: bundled ones by name, your own by file.

    Without a name those that pyproject.toml lists under [tool.verifier], or all bundled ones.
    """
    from verifier.analyses import conformance
    from verifier.analyses.pool import Work
    from verifier.analyses.selection import Selection
    from verifier.evidence.outcome import Outcome, Trouble
    from verifier.reports.files import write_reports

    selection = Selection(designs, only, settings, arithmetic, files, shard)
    if on_contract:
        conformance.implemented(designs)
        conformance.ready()
    more = conformance.on_contract if on_contract else None
    explain = True if as_json or evidence is not None or on_contract or reports.wanted else None
    settled, total = settle_all(Work(selection, jobs, timeout, kept(use=cache), evidence, more, explain))
    records, finished = [noted(item) for item in settled], len(settled) == total
    trouble = [] if finished else [Trouble(interrupted(settled, total))]
    elsewhere = parted(settled)
    write_reports(reports, Outcome(records, [*elsewhere, *(weak(records) if borrowers == "any" else [])], trouble))
    if as_json:
        from verifier.reports.document import document

        click.echo(document(records))
    else:
        from verifier.reports.terminal import console, print_records

        print_records(records, console(), precisely=precisely)
    for item in elsewhere:
        click.echo(f"{item.design} · {item.property}: {item.message}", err=True)
    if not finished:
        click.echo(interrupted(settled, total), err=True)
    sys.exit(WRONG if elsewhere else exit_status(records, finished=finished, borrowers=borrowers))


@cli.command()
@designs
@only
@settings
@click.option("--examples", type=click.IntRange(min=1), default=200, show_default=True, help="Runs for each claim.")
@click.option("--length", type=click.IntRange(min=1), default=8, show_default=True, help="Steps of a run at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed searches the same runs.")
@precisely
def fuzz(
    designs: tuple[str, ...],
    only: tuple[str, ...],
    settings: tuple[str, ...],
    examples: int,
    length: int,
    seed: int,
    precisely: bool,
) -> None:
    """Search for violations with Hypothesis, by the exact and by the fixed-point interpreter. It never proves."""
    from verifier.analyses.cases import cases
    from verifier.analyses.search import search
    from verifier.analyses.selection import parsed
    from verifier.language.load import chosen_or_listed
    from verifier.reports.searches import print_search
    from verifier.reports.terminal import console

    out, wrong = console(), False
    for case in cases(chosen_or_listed(designs).values(), only=only, settings=parsed(settings)):
        found = search(case, examples=examples, length=length, seed=seed)
        wrong |= found.unexpected
        print_search(found, out, precisely=precisely)
    sys.exit(WRONG if wrong else GOOD)


@cli.command()
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@precisely
def replay(trace: Path, precisely: bool) -> None:
    """Run the counterexamples of a JSON document again, by the exact interpreter alone."""
    from verifier.analyses.replays import replays
    from verifier.reports.searches import print_replay
    from verifier.reports.terminal import console

    wrong, out = False, console()
    for result in replays(trace):
        wrong |= result.why is not None
        print_replay(result, out, precisely=precisely)
    sys.exit(WRONG if wrong else GOOD)


@cli.command()
@click.argument("named", nargs=-1, required=True, metavar="[DESIGN or FILE or 'bundled'] DIR")
@only
@timeout(default=20.0, help="The most time for one obligation.")
@jobs
@as_json
def recheck(named: tuple[str, ...], only: tuple[str, ...], timeout: float, jobs: int, as_json: bool) -> None:
    """Check evidence without the code that found it: rebuild it from the spec, and ask cvc5.

    A claim of the spec for which there is no evidence is open; with --property only those of this name are.
    """
    from verifier.analyses.recheck import recheck as check
    from verifier.analyses.recheck import without_evidence
    from verifier.evidence.referee import available
    from verifier.language.errors import SpecError
    from verifier.reports.rechecks import print_recheck, print_summary, recheck_document
    from verifier.reports.terminal import console

    *specs, folder = named
    if len(specs) > 1 or not Path(folder).is_dir():
        raise SpecError(f"recheck takes a spec, or none, and then a folder, not {' '.join(named)}")
    if not available():
        raise SpecError("recheck asks cvc5, which is not installed: pip install cvc5")
    found, out = [], console()
    for one in check(specs[0] if specs else None, Path(folder), seconds=timeout, jobs=jobs):
        found.append(one)
        if not as_json:
            print_recheck(one, out)
    lacking = without_evidence(specs[0], only, found) if specs else []
    if as_json:
        click.echo(recheck_document(found, lacking))
    else:
        print_summary(found, lacking, out)
    standings = {one.standing for one in found} | ({"not confirmed"} if lacking else set())
    sys.exit(WRONG if standings & {"refused", "refuted"} else OPEN if "not confirmed" in standings else GOOD)


@cli.command()
@click.argument("file", type=EXISTING)
@click.option("--threshold", callback=as_number, metavar="T", help="The liquidation threshold, if FILE has debts.")
@click.option("--price", callback=as_number, metavar="P", help="The first price, if FILE has debts.")
@click.option("--tiers", type=click.IntRange(min=3), default=32, show_default=True, metavar="K", help="Tiers at most.")
@click.option("--plot", type=PICTURE, metavar="PICTURE", help="Draw to .png or .svg")
@as_json
def book(
    file: Path, threshold: Fraction | None, price: Fraction | None, tiers: int, plot: Path | None, as_json: bool
) -> None:
    """The healths of a book of positions: a CSV file with columns collateral, and debt or health_factor."""
    from verifier.analyses.ledger import read_ledger
    from verifier.reports.books import book_document, draw_book, print_book
    from verifier.reports.terminal import console

    ledger = read_ledger(file, threshold=threshold, price=price)
    grouped = ledger.tiers(tiers)
    if plot is not None:
        draw_book(plot, ledger)
    if as_json:
        click.echo(book_document(ledger, grouped))
    else:
        print_book(ledger, grouped, console())


@cli.command()
@click.argument("designs", nargs=-1, required=True, metavar="DESIGN or FILE...")
@click.option("--property", "name", required=True, metavar="NAME", help="The claim; any of the library's will do.")
@click.option("--vary", metavar="NAME", help="What varies: the shock unless this names another quantity.")
@click.option(
    "--precision", callback=as_number, default="1e-6", show_default=True, metavar="P", help="How close both sides come."
)
@settings
@market_files
@evidence
@timeout(default=120.0, help="The most time for one bound.")
@click.option("--plot", type=PICTURE, metavar="PICTURE", help="Draw the cascade curve to .png or .svg")
@cache_or_not
@precisely
@as_json
def bound(
    designs: tuple[str, ...],
    name: str,
    vary: str | None,
    precision: Fraction,
    settings: tuple[str, ...],
    files: Files,
    evidence: Path | None,
    timeout: float,
    plot: Path | None,
    cache: bool,
    precisely: bool,
    as_json: bool,
) -> None:
    """The largest shock, smallest cap or largest parameter for which a claim holds, with evidence on both sides."""
    import attrs

    from verifier.analyses.bound import bound_case
    from verifier.analyses.selection import from_files, parsed
    from verifier.evidence.proof import with_evidence
    from verifier.language.load import select
    from verifier.reports.bounds import bounds_document, print_bounds
    from verifier.reports.terminal import console

    given = parsed(settings)
    todo = [bound_case(design, name, from_files(design, given, files), vary) for design in select(designs).values()]
    found = bounds_of(todo, vary, precision, timeout, kept(use=cache))
    found = [attrs.evolve(item, proof=item.proof and with_evidence(item.proof, evidence)) for item in found]
    if plot is not None:
        from verifier.reports.picture import draw_bounds

        draw_bounds(plot, found)
    if as_json:
        click.echo(bounds_document(found))
    else:
        print_bounds(found, console(), precisely=precisely)
    closed = len(found) == len(todo) and all(item.verdict == "proved" for item in found)
    sys.exit(GOOD if closed else OPEN)


@cli.command()
@designs
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a value of the environment.")
@click.option("--frequencies", type=EXISTING, metavar="FILE", help="Shocks a year, from a CSV file: size,per_year.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Markdown on standard output.")
@click.option("--html", type=PICTURE, metavar="FILE", help="Write a page with all numbers, pictures and evidence, too.")
@timeout(default=20.0, help="The most time for one claim.")
@jobs
@cache_or_not
@as_json
def compare(
    designs: tuple[str, ...],
    settings: tuple[str, ...],
    frequencies: Path | None,
    as_markdown: bool,
    html: Path | None,
    timeout: float,
    jobs: int,
    cache: bool,
    as_json: bool,
) -> None:
    """Set designs side by side under one environment: who survives what, who loses how much, what each relies on.

    Each is the name of a design, a file, or a design with parameters or pieces of its own: 'spot(oracle=mean)'.
    """
    import json

    from verifier.analyses.compare import comparison
    from verifier.analyses.frequencies import default, from_csv
    from verifier.analyses.prove import Prover
    from verifier.analyses.selection import parsed, sides
    from verifier.engines.memory import Memory
    from verifier.reports.comparison import comparison_data, markdown, print_comparison
    from verifier.reports.terminal import console

    often = default() if frequencies is None else from_csv(frequencies)
    with Prover(jobs=jobs, seconds=timeout, memory=Memory(kept(use=cache))) as prover:
        found = comparison(
            sides(designs),
            parsed(settings),
            often,
            prover,
            lambda text: click.echo(text, err=True),
            named=bool(designs),
        )
    if as_json:
        click.echo(json.dumps(comparison_data(found), indent=2, ensure_ascii=False))
    elif as_markdown:
        click.echo(markdown(found))
    else:
        print_comparison(found, console())
    if html is not None:
        from verifier.reports.page import write_page

        write_page(html, found)
    sys.exit(OPEN if found.unexplained else GOOD)


def as_tolerance(_: click.Context, __: click.Parameter, text: str) -> Fraction:
    """A number that is not negative, exactly as written."""
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"'{text}' is not a number; write a decimal or p/q") from None
    if found < 0:
        raise click.BadParameter(f"{text} is below zero")
    return found


tolerance_option = click.option(
    "--tolerance", callback=as_tolerance, default="0", show_default=True, metavar="T",
    help="How far a bound may lie on the unsafe side of the recorded one.",
)  # fmt: skip
explain_option = click.option(
    "--explain/--no-explain", default=True,
    help="Whether to look for where a bound is now, and for what would restore a claim.",
)  # fmt: skip
no_bounds = click.option("--no-bounds", is_flag=True, help="Leave recorded bounds aside, and record none.")


@cli.command()
@designs
@click.option("--update", is_flag=True, help="Write the baseline instead of comparing with it.")
@click.option(
    "--baseline",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The baseline; unless given, what pyproject.toml says under [tool.verifier].",
)
@click.option(
    "--merge", is_flag=True, help="Join the --json documents of all parts, which are named instead of designs."
)
@tolerance_option
@no_bounds
@explain_option
@timeout(default=60.0, help="The most time for one claim.")
@jobs
@shard
@report_files
@cache_or_not
@as_json
def gate(
    designs: tuple[str, ...],
    update: bool,
    file: Path | None,
    merge: bool,
    tolerance: Fraction,
    no_bounds: bool,
    explain: bool,
    timeout: float,
    jobs: int,
    shard: tuple[int, int],
    reports: Reports,
    cache: bool,
    as_json: bool,
) -> None:
    """Prove what the baseline lists again, and fail if anything proved got weaker; --update writes the baseline."""
    from verifier.analyses.gate import Options, Weigh, Write, claims, lost, report
    from verifier.analyses.pool import Work
    from verifier.analyses.selection import Selection
    from verifier.evidence.baseline import read_baseline
    from verifier.evidence.gate import merged
    from verifier.evidence.outcome import Outcome, Trouble
    from verifier.language.errors import SpecError
    from verifier.language.project import BASELINE, find_project
    from verifier.reports.files import write_reports
    from verifier.reports.gates import outcome_of, read_part

    project = find_project(Path.cwd())
    path = file or (Path(BASELINE) if project is None else project.baseline)
    if merge:
        found = merged([read_part(Path(part)) for part in designs])
        write_reports(reports, outcome_of(found))
        print_found(found, path.name, as_json=as_json)
    if update and shard != (1, 1):
        raise SpecError("a baseline is written as a whole: --update without --shard")
    selection, options = Selection(designs, shard=shard), Options(tolerance, not no_bounds, explain)
    listed = claims(selection.all())
    titles = {design for design, *_ in listed} if designs else None
    old = read_baseline(path) if path.exists() or not update else None
    more = Write(old, options) if update or old is None else Weigh(old, options)
    settled, total = settle_all(Work(selection, jobs, timeout, kept(use=cache), more=more, explain=False))
    if len(settled) < total:
        write_reports(reports, Outcome(trouble=[Trouble(interrupted(settled, total))]))
        click.echo(interrupted(settled, total), err=True)
        sys.exit(OPEN)
    if update or old is None:
        write_baseline(path, settled, None if old is None or titles is None else old.without(titles))
        return
    results = [item.more or lost(case, item.record, old) for case, item in zip(selection.cases(), settled, strict=True)]
    found = report(old if titles is None else old.of(titles), listed, results, shard)
    write_reports(reports, outcome_of(found))
    print_found(found, path.name, as_json=as_json)


def write_baseline(path: Path, settled: list[Settled], kept: Baseline | None) -> None:
    """Write what is settled as the baseline, with what is kept of the old one. Raises SpecError."""
    from verifier.evidence.baseline import baseline, written
    from verifier.language.errors import SpecError

    if any(item.more is None for item in settled):
        raise SpecError(f"a claim's process was stopped, so {path} is not written; more time may help: --timeout")
    pairs = [*(item.more for item in settled), *([] if kept is None else kept.pairs())]
    path.write_text(written(baseline(pairs)), encoding="utf-8")
    click.echo(f"wrote {path}: {len(pairs)} claims", err=True)


@cli.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@tolerance_option
@no_bounds
@explain_option
@timeout(default=60.0, help="The most time for one claim.")
@jobs
@cache_or_not
@as_json
def diff(
    one: str,
    other: str,
    tolerance: Fraction,
    no_bounds: bool,
    explain: bool,
    timeout: float,
    jobs: int,
    cache: bool,
    as_json: bool,
) -> None:
    """What B guarantees less or more than A, and whether it refines A.

    Each is the name of a design, a file, or either with parameters: 'NAME(parameter=value, ...)'.
    """
    from verifier.analyses.diff import diff as between
    from verifier.analyses.gate import Options
    from verifier.analyses.prove import Prover
    from verifier.analyses.selection import side
    from verifier.engines.memory import Memory

    with Prover(jobs=jobs, seconds=timeout, memory=Memory(kept(use=cache))) as prover:
        found = between(side(one), side(other), prover, Options(tolerance, not no_bounds, explain))
    print_found(found, Path(one).name, as_json=as_json)


def print_found(found: Report, baseline: str, *, as_json: bool) -> NoReturn:
    """Print a report of the gate and end with its status."""
    from verifier.evidence.gate import status
    from verifier.reports.gates import gate_document, print_gate
    from verifier.reports.terminal import console

    if as_json:
        click.echo(gate_document(found))
    else:
        print_gate(found, console(), baseline)
    sys.exit(status(found))


@cli.command()
@click.argument("what", type=click.Choice(["size", "clear", "verify"]), default="size")
def cache(what: str) -> None:
    """What was settled before: how much is kept, forget it, or look for damaged entries and drop them."""
    from verifier.engines.memory import Memory, default_path

    memory = Memory(default_path())
    if what == "clear":
        memory.clear()
        click.echo(f"{memory.path}: empty now")
    elif what == "verify":
        whole, spoilt = memory.verify()
        click.echo(f"{memory.path}: {whole} entries are whole, {spoilt} were damaged and are dropped")
    else:
        found = memory.contents()
        size = f"{found.bytes / 1e6:.1f} MB"
        click.echo(f"{found.path}: {found.answers} answers of solvers, {found.verdicts} verdicts, {size}")


@cli.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a commented starting spec that runs."""
    from verifier.reports.starting import write_starting_spec

    path = write_starting_spec(name, Path.cwd())
    click.echo(f"wrote {path.name}; prove it with: verifier prove {path.name}")


def kept(*, use: bool) -> Path | None:
    """The file of what was settled before."""
    from verifier.engines.memory import default_path

    return default_path() if use else None


def interrupted(settled: Sequence[object], total: int) -> str:
    """What to say of the claims that are not settled."""
    return f"interrupted: {len(settled)} of {total} claims are settled"


def settle_all(work: Work) -> tuple[list[Settled], int]:
    """The verdicts, and how many there should be; an interrupt keeps those that are there."""
    from verifier.analyses.pool import Settled, remembered

    if (found := remembered(work)) is not None:
        click.echo(f"all {len(found)} verdicts were settled before; --no-cache settles them anew", err=True)
        return [Settled(record, remembered=True) for record in found], len(found)
    from verifier.analyses.pool import settled
    from verifier.reports.progress import progress

    todo = work.selection.cases()
    done: list[Settled] = []
    with progress(len(todo)) as shown:
        try:
            for item in settled(work, todo, shown.working):
                done.append(item)
                shown.settled(item.record)
        except KeyboardInterrupt:
            return done, len(todo)
    if known := sum(item.remembered for item in done):
        click.echo(f"{known} of {len(done)} verdicts were settled before; --no-cache settles them anew", err=True)
    return done, len(todo)


def bounds_of(
    todo: list[Case], vary: str | None, precision: Fraction, timeout: float, file: Path | None
) -> list[Bound]:
    """The bounds; an interrupt keeps those that are found."""
    from verifier.analyses.bound import bounds
    from verifier.engines.memory import Memory

    found: list[Bound] = []

    def tell(text: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    try:
        for item in bounds(todo, vary=vary, precision=precision, seconds=timeout, memory=Memory(file), tell=tell):
            found.append(item)
            tell("")
            line = f"[{len(found)}/{len(todo)}] {item.design} {item.claim}: {item.verdict} ({item.seconds:.2f} s)"
            click.echo(line, err=True)
    except KeyboardInterrupt:
        click.echo(f"interrupted: {len(found)} of {len(todo)} bounds are found", err=True)
    return found


def exit_status(records: list[Record], *, finished: bool, borrowers: str | None) -> int:
    """The status that the findings deserve at the strength asked for."""
    from verifier.evidence.record import status

    too_weak = borrowers == "any" and bool(weak(records))
    return status(records) or (OPEN if too_weak or not finished else GOOD)


def noted(item: Settled) -> Record:
    """The verdict, with what the real code makes of its run where that was asked."""
    import attrs

    notes = [] if item.more is None else [str(item.more)]
    return attrs.evolve(item.record, notes=[*item.record.notes, *notes])


def parted(settled: list[Settled]) -> list[Break]:
    """The refutations with which the real code does not go along."""
    from verifier.evidence.outcome import Break

    return [
        Break(
            item.record.design, item.record.property, item.record.site, "not on the contract", str(item.more),
            item.record.arithmetic, item.record.under,
        )
        for item in settled
        if item.more is not None and item.more.parted is not None
    ]  # fmt: skip


def weak(records: list[Record]) -> list[Break]:
    """The proofs that speak of fewer than any number of borrowers."""
    from verifier.evidence.outcome import Break

    return [
        Break(
            item.design, item.property, item.site, "too weak",
            f"proved for {item.borrowers} borrower(s), and asked for any number", item.arithmetic, item.under,
        )
        for item in records
        if item.verdict == "proved" and item.borrowers != "any"
    ]  # fmt: skip


def main() -> None:
    """The entry point: mistakes of a user become one message, everything else is ours and keeps its traceback."""
    from verifier.language.errors import SpecError

    try:
        guarded(lambda: cli(standalone_mode=False))
    except SpecError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(OPEN)


def guarded(run: Callable[[], object]) -> None:
    """Run; a reader of standard output that has left is no error, and what is ours ends with status 4."""
    from verifier.language.errors import SpecError

    try:
        run()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(GOOD)
    except (SpecError, click.ClickException, click.Abort):
        raise
    except Exception as error:  # noqa: BLE001 (whatever is left is ours, and says so)
        import traceback

        traceback.print_exc()
        click.echo(f"internal error: {type(error).__name__}: {error}. This is a fault of the verifier's own.", err=True)
        sys.exit(INTERNAL)

"""The command line: parse, call, print. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

import click

from verifier import __version__

if TYPE_CHECKING:
    from verifier.analyses.cases import Case
    from verifier.evidence.bound import Bound
    from verifier.evidence.gate import Report
    from verifier.evidence.record import Record
    from verifier.evidence.verdict import Finding
    from verifier.language.pieces import Design

GOOD, WRONG, USAGE, OPEN, INTERNAL = range(5)

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
PICTURE = click.Path(dir_okay=False, path_type=Path)


def as_number(_: click.Context, __: click.Parameter, text: str | None) -> Fraction | None:
    """An option's number above zero, exactly as written."""
    try:
        found = None if text is None else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"'{text}' is not a number; write a decimal or p/q") from None
    if found is not None and found <= 0:
        raise click.BadParameter(f"{text} is not above zero")
    return found


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


class Files(NamedTuple):
    """What a market may read from files."""

    book: Path | None
    tiers: int
    price: Fraction | None
    depth_table: Path | None


def market_files(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a book and a depth table, given to the command as one."""

    @functools.wraps(command)
    def gathered(
        *, book: Path | None, tiers: int, price: Fraction | None, depth_table: Path | None, **rest: Any
    ) -> None:
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


evidence = click.option(
    "--evidence",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the obligations of proofs over tiers as SMT-LIB 2.",
)
precisely = click.option("--exact", "precisely", is_flag=True, help="Exact numbers instead of readable ones.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="verifier")
def cli() -> None:
    """Prove what a liquidation mechanism guarantees, or show the shortest run that breaks it."""


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
@evidence
@timeout(default=60.0, help="The most time for one claim.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    metavar="N",
    help="Claims settled at once; as many as there are cores unless given.",
)
@precisely
@as_json
def prove(
    designs: tuple[str, ...],
    only: tuple[str, ...],
    settings: tuple[str, ...],
    arithmetic: Literal["real", "fixed"] | None,
    borrowers: str | None,
    files: Files,
    evidence: Path | None,
    timeout: float,
    jobs: int,
    precisely: bool,
    as_json: bool,
) -> None:
    """Prove or refute what designs claim: bundled ones by name, your own by file; all bundled ones without a name."""
    from verifier.analyses.cases import cases
    from verifier.evidence.obligations import with_evidence
    from verifier.evidence.record import record
    from verifier.language.load import select

    chosen, given = select(designs), parsed(settings)
    if files.book or files.depth_table:
        todo = [
            case
            for design in chosen.values()
            for case in cases(
                [design],
                only=only,
                settings=from_files(design, given, files),
                arithmetic=arithmetic,
            )
        ]
    else:
        todo = cases(chosen.values(), only=only, settings=given, arithmetic=arithmetic)
    findings, finished = settle_all(todo, jobs, timeout)
    records = [record(with_evidence(finding, evidence)) for finding in findings]
    if as_json:
        from verifier.reports.document import document

        click.echo(document(records))
    else:
        from verifier.reports.terminal import console, print_records

        print_records(records, console(), precisely=precisely)
    if not finished:
        click.echo(f"interrupted: {len(records)} of {len(todo)} claims are settled", err=True)
    sys.exit(exit_status(records, finished=finished, borrowers=borrowers))


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
    from verifier.language.load import select
    from verifier.reports.searches import print_search
    from verifier.reports.terminal import console

    out, wrong = console(), False
    for case in cases(select(designs).values(), only=only, settings=parsed(settings)):
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
    precisely: bool,
    as_json: bool,
) -> None:
    """The largest shock, smallest cap or largest parameter for which a claim holds, with evidence on both sides."""
    import attrs

    from verifier.analyses.bound import bound_case
    from verifier.evidence.obligations import with_evidence
    from verifier.language.load import select
    from verifier.reports.bounds import bounds_document, print_bounds
    from verifier.reports.terminal import console

    given = parsed(settings)
    todo = [bound_case(design, name, from_files(design, given, files), vary) for design in select(designs).values()]
    found = bounds_of(todo, vary, precision, timeout)
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
@click.option(
    "--jobs", type=click.IntRange(min=1), default=lambda: os.cpu_count() or 1, metavar="N", help="Claims at once."
)
@as_json
def compare(
    designs: tuple[str, ...],
    settings: tuple[str, ...],
    frequencies: Path | None,
    as_markdown: bool,
    html: Path | None,
    timeout: float,
    jobs: int,
    as_json: bool,
) -> None:
    """Set designs side by side under one environment: who survives what, who loses how much, what each relies on."""
    import json

    from verifier.analyses.compare import comparison
    from verifier.analyses.frequencies import default, from_csv
    from verifier.analyses.prove import Prover
    from verifier.language.load import select
    from verifier.reports.comparison import comparison_data, markdown, print_comparison
    from verifier.reports.terminal import console

    often = default() if frequencies is None else from_csv(frequencies)
    with Prover(jobs=jobs, seconds=timeout) as prover:
        found = comparison(
            select(designs),
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


def as_shard(_: click.Context, __: click.Parameter, text: str) -> tuple[int, int]:
    """A part i/n of all claims."""
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter(f"'{text}' is not I/N with I from 1 to N, as in 2/5")
    return int(number), int(of)


def as_tolerance(_: click.Context, __: click.Parameter, text: str) -> Fraction:
    """A number that is not negative, exactly as written."""
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter(f"'{text}' is not a number; write a decimal or p/q") from None
    if found < 0:
        raise click.BadParameter(f"{text} is below zero")
    return found


jobs_option = click.option(
    "--jobs", type=click.IntRange(min=1), default=lambda: os.cpu_count() or 1, metavar="N", help="Claims at once."
)
tolerance_option = click.option(
    "--tolerance", callback=as_tolerance, default="0", show_default=True, metavar="T",
    help="How far a bound may lie on the unsafe side of the recorded one.",
)  # fmt: skip
explain_option = click.option(
    "--explain", type=click.FloatRange(min=0.0), default=60.0, show_default=True, metavar="SECONDS",
    help="How long to look for where a bound is now, and for what would restore a claim; 0 not at all.",
)  # fmt: skip
no_bounds = click.option("--no-bounds", is_flag=True, help="Leave recorded bounds aside, and record none.")
as_markdown_option = click.option("--markdown", "as_markdown", is_flag=True, help="Markdown for a pull request.")


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
@click.option("--shard", callback=as_shard, default="1/1", metavar="I/N", help="Only the I-th part of N, with --json.")
@click.option("--merge", is_flag=True, help="Join the documents of all parts, which are named instead of designs.")
@tolerance_option
@no_bounds
@explain_option
@timeout(default=60.0, help="The most time for one claim.")
@jobs_option
@as_markdown_option
@as_json
def gate(
    designs: tuple[str, ...], update: bool, file: Path | None, shard: tuple[int, int], merge: bool,
    tolerance: Fraction, no_bounds: bool, explain: float, timeout: float, jobs: int, as_markdown: bool, as_json: bool,
) -> None:  # fmt: skip
    """Prove what the baseline lists again, and fail if anything proved got weaker; --update writes the baseline."""
    import attrs

    from verifier.analyses.gate import Options, claims, settled
    from verifier.analyses.gate import gate as compared
    from verifier.analyses.prove import Prover
    from verifier.evidence.baseline import baseline, read_baseline, written
    from verifier.evidence.gate import merged
    from verifier.language.load import select
    from verifier.language.project import project
    from verifier.reports.gates import read_part

    own = project(Path.cwd())
    path = file or own.baseline
    if merge:
        parts = [read_part(Path(part)) for part in designs]
        finish_gate(merged(parts), path, as_markdown=as_markdown, as_json=as_json)
    chosen = select(designs or own.designs)
    options = Options(tolerance, not no_bounds, explain)
    old = read_baseline(path) if path.exists() or not update else None
    kept = [] if old is None or not designs else [e for e in old.claim if e.design not in chosen]
    with Prover(jobs=jobs, seconds=timeout) as prover:
        if update:
            pairs = settled(list(claims(chosen.values()).values()), prover, old, options)
            pairs += [(entry, old.environment_of(entry)) for entry in kept if old is not None]
            path.write_text(written(baseline(pairs)), encoding="utf-8")
            click.echo(f"wrote {path}: {len(pairs)} claims", err=True)
            return
        assert old is not None
        if designs:
            old = attrs.evolve(old, claim=[entry for entry in old.claim if entry.design in chosen])
        report = compared(old, claims(chosen.values()), prover, options, shard=shard)
    finish_gate(report, path, as_markdown=as_markdown, as_json=as_json)


@cli.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@tolerance_option
@no_bounds
@explain_option
@timeout(default=60.0, help="The most time for one claim.")
@jobs_option
@as_markdown_option
@as_json
def diff(
    one: str, other: str, tolerance: Fraction, no_bounds: bool, explain: float, timeout: float, jobs: int,
    as_markdown: bool, as_json: bool,
) -> None:  # fmt: skip
    """What B guarantees less or more than A, and whether it refines A.

    Each is the name of a design, a file, or either with parameters: 'NAME(parameter=value, ...)'.
    """
    from verifier.analyses.diff import diff as between
    from verifier.analyses.diff import side
    from verifier.analyses.gate import Options
    from verifier.analyses.prove import Prover

    with Prover(jobs=jobs, seconds=timeout) as prover:
        report = between(side(one), side(other), prover, Options(tolerance, not no_bounds, explain))
    finish_gate(report, Path(one), as_markdown=as_markdown, as_json=as_json)


def finish_gate(report: Report, path: Path, *, as_markdown: bool, as_json: bool) -> NoReturn:
    """Print a report of the gate and end with its status."""
    from verifier.evidence.gate import status
    from verifier.reports.gates import gate_document, markdown, print_gate
    from verifier.reports.terminal import console

    if as_json:
        click.echo(gate_document(report))
    elif as_markdown:
        click.echo(markdown(report, path.name), nl=False)
    else:
        print_gate(report, console(), path.name)
    sys.exit(status(report))


@cli.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a commented starting spec that runs."""
    from verifier.reports.starting import write_starting_spec

    path = write_starting_spec(name, Path.cwd())
    click.echo(f"wrote {path.name}; prove it with: verifier prove {path.name}")


def from_files(design: type[Design], settings: dict[str, Any], files: Files) -> dict[str, Any]:
    """The settings with those that come from files."""
    from verifier.analyses.inputs import book_settings, depth_settings

    if files.depth_table is not None:
        settings = depth_settings(design, settings, files.depth_table)
    if files.book is None:
        return settings
    return book_settings(design, settings, files.book, files.tiers, files.price)


def parsed(settings: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a command line by name."""
    from verifier.analyses.cases import parse_setting
    from verifier.language.errors import SpecError

    made: dict[str, Any] = {}
    for text in settings:
        name, given = parse_setting(text)
        if name in made:
            raise SpecError(f"{name} is set twice: a kind is chosen by the slot's name, its parameters by {name}.NAME")
        made[name] = given
    return made


def settle_all(todo: list[Case], jobs: int, timeout: float) -> tuple[list[Finding], bool]:
    """The findings, and whether all cases were settled; an interrupt keeps those that are."""
    from verifier.analyses.prove import Prover
    from verifier.evidence.record import record
    from verifier.reports.progress import progress

    findings: list[Finding] = []
    with Prover(jobs=jobs, seconds=timeout) as prover, progress(len(todo)) as shown:
        try:
            for finding in prover.findings(todo, shown.working):
                findings.append(finding)
                shown.settled(record(finding))
        except KeyboardInterrupt:
            return findings, False
    return findings, True


def bounds_of(todo: list[Case], vary: str | None, precision: Fraction, timeout: float) -> list[Bound]:
    """The bounds; an interrupt keeps those that are found."""
    from verifier.analyses.bound import bounds

    found: list[Bound] = []

    def tell(text: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    try:
        for item in bounds(todo, vary=vary, precision=precision, seconds=timeout, tell=tell):
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

    worst = status(records)
    weak = borrowers == "any" and any(item.verdict == "proved" and item.borrowers != "any" for item in records)
    return worst or (OPEN if weak or not finished else GOOD)


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

"""What designs claim, as tests: ``pytest specs/`` collects each property of each design as an item.

Specs are the files that [tool.verifier] lists, and those that are named on the command line or lie in a folder named
there; a file that pytest takes for tests is none. Nothing heavy is imported before there is one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verifier.analyses.prove import Prover
    from verifier.evidence.record import Record
    from verifier.language.pieces import Design
    from verifier.language.project import Project

SPEC = re.compile(r"^\s*(from|import) verifier(\.language|_specs)\b", re.MULTILINE)
VERDICT = "verifier verdict"
PROVER = pytest.StashKey["Prover"]()
NAMED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one choice there is."""
    group = parser.getgroup("verifier", "claims of liquidation mechanisms")
    group.addoption(
        "--claim-timeout", type=float, default=60.0, metavar="SECONDS", help="the most time for one claim (60)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Remember whether somebody named what is to be run; a worker of xdist is told."""
    told = getattr(config, "workerinput", {}).get("verifier_named")
    config.stash[NAMED] = config.args_source is pytest.Config.ArgsSource.ARGS if told is None else told


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist, which takes all that it is given for named."""
    node.workerinput["verifier_named"] = node.config.stash[NAMED]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the solver."""
    if (prover := config.stash.get(PROVER, None)) is not None:
        prover.__exit__()
        del config.stash[PROVER]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A spec in a folder, or the names of bundled designs that a project lists."""
    if file_path.name == "pyproject.toml":
        project = project_of(file_path.parent)
        names = project is not None and project.file == file_path and [e for e in project.designs or () if not e.files]
        return Listed.from_parent(parent, path=file_path) if names else None
    if parent.session.isinitpath(file_path):
        return None  # pytest itself asks what to make of a file that is named
    return Spec.from_parent(parent, path=file_path) if is_spec(file_path, parent.config, named=False) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """A spec that is named."""
    return Spec.from_parent(parent, path=module_path) if is_spec(module_path, parent.config, named=True) else None


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A claim that fails says which verdict it is."""
    word = dict(report.user_properties).get(VERDICT) if report.when == "call" and report.failed else None
    return ("failed", "F" if word == "refuted" else str(word)[0].upper(), str(word).upper()) if word else None


def is_spec(path: Path, config: pytest.Config, *, named: bool) -> bool:
    """Whether a file is a spec that is to be run, judged without importing it."""
    if path.suffix != ".py" or path.name in {"conftest.py", "__init__.py"}:
        return False
    if any(fnmatch(str(path) if "/" in text else path.name, text) for text in config.getini("python_files")):
        return False
    listed = listed_files(path.parent)
    wanted = named or path.resolve() in listed if listed is not None else named or config.stash[NAMED]
    return wanted and SPEC.search(path.read_text(encoding="utf-8", errors="replace")) is not None


@cache
def project_of(folder: Path) -> Project | None:
    """The project around a folder, if it has a table of ours. A mistake in it is a collection error."""
    if not any((above / "pyproject.toml").is_file() for above in (folder, *folder.parents)):
        return None
    from verifier.language.errors import SpecError
    from verifier.language.project import find_project

    try:
        return find_project(folder)
    except SpecError as error:
        raise pytest.UsageError(str(error)) from None


@cache
def listed_files(folder: Path) -> Collection[Path] | None:
    """The files that the project around a folder lists; None if it lists nothing."""
    project = project_of(folder)
    if project is None or project.designs is None:
        return None
    return {file.resolve() for entry in project.designs for file in entry.files}


class Designs(pytest.File):
    """Designs that are found under a file."""

    def designs(self) -> Collection[type[Design]]:
        """The designs. Raises SpecError."""
        raise NotImplementedError

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Each design; a mistake is said in one sentence with its place."""
        from verifier.language.errors import SpecError

        try:
            found = self.designs()
        except SpecError as error:
            raise self.CollectError(str(error)) from None
        for design in found:
            yield Claims.from_parent(self, name=design.title, design=design)


class Spec(Designs):
    """A file that defines designs."""

    def designs(self) -> Collection[type[Design]]:
        """Those of the file; a file that is not named may have none."""
        from verifier.language.load import designs_in, from_file, module_of

        if self.session.isinitpath(self.path):
            return from_file(self.path).values()
        return designs_in(module_of(self.path)).values()


class Listed(Designs):
    """The bundled designs that a project lists by their names."""

    def designs(self) -> Collection[type[Design]]:
        """Those that the list names."""
        import attrs

        from verifier.language.load import listed

        project = project_of(self.path.parent)
        assert project is not None
        names = tuple(entry for entry in project.designs or () if not entry.files)
        return listed(attrs.evolve(project, designs=names)).values()


class Claims(pytest.Collector):
    """What one design claims."""

    def __init__(self, *, design: type[Design], **rest: Any) -> None:
        super().__init__(**rest)
        self.design = design

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each claim."""
        from verifier.analyses.cases import cases, conditions
        from verifier.language.errors import SpecError
        from verifier.reports.failures import title, told_apart

        try:
            found = cases([self.design])
        except SpecError as error:
            raise self.CollectError(str(error)) from None
        titles = told_apart([title(case.prop.name, conditions(case), case.prop.arithmetic) for case in found])
        for case, name in zip(found, titles, strict=True):
            yield ClaimItem.from_parent(self, name=name, case=case)


class NotAsDeclared(Exception):
    """A claim that did not come out as its design says."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.verdict)
        self.record = record


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, case: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case

    def runtest(self) -> None:
        """Settle it, and fail unless it comes out as declared."""
        from verifier.evidence.record import record

        found = record(prover_of(self.config).finding(self.case, explain=False))
        self.user_properties.append((VERDICT, found.verdict))
        if not found.expected:
            raise NotAsDeclared(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **more: Any) -> Any:
        """The run that refutes it, or why it is open; a mistake in the spec in one sentence."""
        from verifier.language.errors import SpecError
        from verifier.reports.failures import as_text

        match excinfo.value:
            case NotAsDeclared(record=found):
                return as_text(found)
            case SpecError() as error:
                return str(error)
            case _:
                return super().repr_failure(excinfo, *args, **more)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the claim is made."""
        site = self.case.prop.site or self.case.design.site()
        return (self.path, None, self.name) if site is None else (Path(site.file), site.line - 1, self.name)


def prover_of(config: pytest.Config) -> Prover:
    """The one solver of this process."""
    from verifier.analyses.prove import Prover

    return config.stash.setdefault(PROVER, Prover(jobs=1, seconds=config.getoption("--claim-timeout")))

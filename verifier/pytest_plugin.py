"""What designs claim, as tests: ``pytest specs/`` collects each property of each design as an item.

Specs are the files that [tool.verifier] lists, and those that are named on the command line or lie in a folder named
there; a file that pytest takes for tests is none. Nothing heavy is imported before there is one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verifier.analyses.prove import Prover
    from verifier.evidence.record import Record
    from verifier.language.pieces import Design
    from verifier.language.project import Project

LANGUAGE = re.compile(r"^(from|import) verifier(\.language|_specs)\b", re.MULTILINE)
CLASS = re.compile(r"^class \w+\(", re.MULTILINE)
VERDICT = "verifier verdict"
PROVER = pytest.StashKey["Prover"]()
PROJECT = pytest.StashKey["Project | None"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one choice there is."""
    group = parser.getgroup("verifier", "claims of liquidation mechanisms")
    group.addoption(
        "--claim-timeout", type=float, default=60.0, metavar="SECONDS", help="the most time for one claim (60)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find out what is listed."""
    config.stash[PROJECT] = _project(config.invocation_params.dir)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the solver."""
    if (prover := config.stash.get(PROVER, None)) is not None:
        prover.__exit__()
        del config.stash[PROVER]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A spec in a folder, or the bundled designs that the project lists by their names."""
    project = parent.config.stash[PROJECT]
    if project is not None and file_path == project.file:
        return Listed.from_parent(parent, path=file_path) if _bundled(project).designs else None
    if parent.session.isinitpath(file_path):
        return None  # pytest itself asks what to make of a file that is named
    return Spec.from_parent(parent, path=file_path) if is_spec(file_path, parent.config, named=False) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """A spec that is named."""
    return Spec.from_parent(parent, path=module_path) if is_spec(module_path, parent.config, named=True) else None


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """A claim that fails says which verdict it is."""
    if not isinstance(report, pytest.TestReport) or report.when != "call" or not report.failed:
        return None
    verdict = dict(report.user_properties).get(VERDICT)
    if verdict is None:
        return None
    word = "not refuted" if verdict == "proved" else str(verdict)
    return "failed", "F" if verdict in {"refuted", "proved"} else word[0].upper(), word.upper()


def is_spec(path: Path, config: pytest.Config, *, named: bool) -> bool:
    """Whether a file is a spec that is to be run, judged without importing it."""
    if path.suffix != ".py" or path.name in {"conftest.py", "__init__.py"}:
        return False
    if any(fnmatch(str(path) if "/" in text else path.name, text) for text in config.getini("python_files")):
        return False
    project = config.stash[PROJECT]
    if not named and project is not None and project.designs is not None:
        named = any(path.samefile(file) for entry in project.designs for file in entry.files)
    else:
        named = named or config.args_source is pytest.Config.ArgsSource.ARGS
    if not named:
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return LANGUAGE.search(text) is not None and CLASS.search(text) is not None


def _project(folder: Path) -> Project | None:
    """The project around a folder; where none has a table of ours, nothing is imported to find out."""
    files = [above / "pyproject.toml" for above in (folder, *folder.parents)]
    if not any(file.is_file() and "tool.verifier" in file.read_text(errors="replace") for file in files):
        return None
    from verifier.language.errors import SpecError
    from verifier.language.project import find_project

    try:
        return find_project(folder)
    except SpecError as error:
        raise pytest.UsageError(str(error)) from None


def _bundled(project: Project) -> Project:
    """The project with those of its designs that it lists by their names."""
    import attrs

    return attrs.evolve(project, designs=tuple(entry for entry in project.designs or () if not entry.files))


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
        from verifier.language.load import listed

        project = self.config.stash[PROJECT]
        assert project is not None
        return listed(_bundled(project)).values()


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
            found[0].problem()  # a mistake in a rule is one of every claim: said once, here
        except SpecError as error:
            raise self.CollectError(str(error)) from None
        titles = told_apart([title(case.prop.name, conditions(case), case.prop.arithmetic) for case in found])
        for case, name in zip(found, titles, strict=True):
            yield ClaimItem.from_parent(self, name=name, nodeid=f"{self.nodeid}::{name}", case=case)


class NotAsDeclaredError(Exception):
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
            raise NotAsDeclaredError(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **more: Any) -> Any:
        """The run that refutes it, or why it is open; a mistake in the spec in one sentence."""
        from verifier.language.errors import SpecError
        from verifier.reports.failures import as_text

        match excinfo.value:
            case NotAsDeclaredError(record=found):
                return as_text(found)
            case SpecError() as error:
                return str(error)
            case _:
                return super().repr_failure(excinfo, *args, **more)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the claim is made."""
        site, name = self.case.prop.site or self.case.design.site(), f"{self.case.design.title} · {self.name}"
        return (self.path, None, name) if site is None else (Path(site.file), site.line - 1, name)


def prover_of(config: pytest.Config) -> Prover:
    """The one solver of this process."""
    from verifier.analyses.prove import Prover

    if PROVER not in config.stash:
        config.stash[PROVER] = Prover(jobs=1, seconds=config.getoption("--claim-timeout"))
    return config.stash[PROVER]

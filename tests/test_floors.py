"""The floors of the building: what may import what, so that nothing trusted ever leans on what it judges."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    "language",
    "interpretations",
    "evidence",
    "engines",
    "analyses",
    "reports",
    "cli",
)  # the pytest plugin stands beside cli
MODULES = sorted((ROOT / "verifier").rglob("*.py"))
SPECS = sorted((ROOT / "specs").rglob("*.py"))
OWNERS = {
    "cattrs": {"evidence/record.py"},
    "pebble": {"analyses/pool.py"},
    "z3": {"engines/worker.py"},
    "cvc5": {"evidence/referee.py"},
    "hypothesis": {"engines/fuzz.py", "engines/conform.py"},
    "click": {"cli.py", "conforming.py"},
    "pytest": {"pytest_plugin.py"},
    "junitparser": {"reports/junit.py"},
    "jinja2": {"reports/page.py"},
    "markupsafe": {"reports/charts.py"},
    "matplotlib": {"reports/drawing.py", "reports/books.py", "reports/picture.py"},
    "sympy": {"interpretations/formula.py", "analyses/binding.py", "analyses/irrational.py", "analyses/lowest.py"},
}
"""The only modules that may import these; rich belongs to all of reports."""
ALLOWED = {"attrs", "verifier", "verifier_specs", *OWNERS, "rich"}
MECHANISMS = re.compile(
    r"aave(?!\()|maker|clipper|compound|liquity|euler|morpho|options?[-_ ]pair|weth|usdc|chainlink|uniswap",
    re.IGNORECASE,
)


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def floor_of(path: Path) -> int | None:
    """The floor on which a module stands; None for the package itself."""
    first = path.relative_to(ROOT / "verifier").parts[0].removesuffix(".py").replace("pytest_plugin", "cli")
    return FLOORS.index(first) if first in FLOORS else None


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports anywhere in it, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base, node.lineno
            if base == "verifier":
                yield from ((f"verifier.{alias.name}", node.lineno) for alias in node.names)


def floor_imported(name: str) -> int | None:
    parts = name.split(".")
    return FLOORS.index(parts[1]) if parts[0] == "verifier" and len(parts) > 1 and parts[1] in FLOORS else None


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_imports_point_down_or_stay_on_their_floor(path: Path) -> None:
    own = floor_of(path)
    if own is None:
        own = len(FLOORS)
    upward = [f"{name} in line {line}" for name, line in imported(path) if (floor_imported(name) or 0) > own]
    assert upward == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name == "evidence"], ids=short)
def test_evidence_knows_no_engine_and_no_solver(path: Path) -> None:
    assert [n for n, _ in imported(path) if n.startswith(("verifier.engines", "z3", "hypothesis"))] == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name == "reports"], ids=short)
def test_reports_use_no_engine_but_the_result_of_a_search_or_a_comparison(path: Path) -> None:
    used = {name for name, _ in imported(path) if name.startswith("verifier.engines")}
    results = {"searches.py": {"verifier.engines.fuzz"}, "conformance.py": {"verifier.engines.conform"}}
    assert used <= results.get(path.name, set())


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_library_is_imported_only_where_it_is_owned(path: Path) -> None:
    here = path.relative_to(ROOT / "verifier").as_posix()
    for name, line in imported(path):
        top = name.split(".")[0]
        if top in OWNERS:
            assert here in OWNERS[top], f"{top} in line {line}"
        elif top == "rich":
            assert here.startswith("reports/"), f"rich in line {line}"
        else:
            assert top in ALLOWED or top in sys.stdlib_module_names, f"{top} in line {line}"


@pytest.mark.parametrize("path", SPECS, ids=short)
def test_a_spec_imports_the_language_and_other_specs_alone(path: Path) -> None:
    for name, line in imported(path):
        plain = name.startswith((".", "verifier_specs")) or name.split(".")[0] in sys.stdlib_module_names
        assert plain or name == "verifier.language", f"{name} in line {line}"


def test_the_language_names_no_bundled_spec_but_the_library_it_loads() -> None:
    named = [short(path) for path in MODULES if any(n.startswith("verifier_specs") for n, _ in imported(path))]
    assert named == []


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_nothing_in_the_verifier_names_a_particular_mechanism(path: Path) -> None:
    found = [
        f"line {number}: {line.strip()}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MECHANISMS.search(line)
    ]
    assert found == []


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_module_can_be_imported_first() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
        if path.name != "__main__.py"
    ]
    code = (
        "import importlib, os, sys\n"
        "import attrs, cattrs, click, hypothesis, jinja2, junitparser, pebble, rich, sympy, z3\n"  # which all share
        f"for name in {names!r}:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        try:\n"
        "            importlib.import_module(name)\n"
        "        except BaseException as error:\n"
        "            print(name, repr(error), flush=True)\n"
        "        os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
    )
    assert run(code) == ""


def test_asking_for_help_loads_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from verifier.cli import cli\n"
        "try:\n"
        "    cli(['--help'], prog_name='verifier')\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "print('loaded:', sorted({'z3', 'hypothesis', 'rich'} & set(sys.modules)))\n"
    )
    lines = run(code).splitlines()
    assert lines[0].startswith("Usage: verifier")
    assert lines[-1] == "loaded: []"


def test_composing_a_bundled_design_loads_no_solver() -> None:
    code = (
        "import sys\n"
        "from verifier.analyses.cases import cases\n"
        "from verifier.language.load import bundled\n"
        "todo = cases(bundled().values())\n"
        "some = {case.design: case for case in todo} | {case.prop.name: case for case in todo}\n"
        "for case in some.values():\n"
        "    case.problem()\n"
        "print(sorted({'z3', 'hypothesis', 'rich'} & set(sys.modules)))\n"
    )
    assert run(code).strip() == "[]"

"""Planted faults, for the tests of every mechanism."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verifier.analyses.cases import cases
from verifier.analyses.prove import Prover
from verifier.evidence.verdict import Finding, Proved, Refuted, Unknown, word
from verifier.interpretations.exact import value
from verifier.language.errors import SpecError
from verifier.language.load import bundled, designs_in
from verifier.language.lower import Problem
from verifier.language.pieces import Design


def mutant(module: str, design: str, old: str, new: str, folder: Path) -> type[Design]:
    """A bundled design with one text of one file replaced by another: of its own, or of one that it is built on."""
    source = Path(importlib.import_module(f"verifier_specs.{module}").__file__ or "").read_text(encoding="utf-8")
    assert old in source, f"the fault's text is not in {module} any more: {old}"
    path = folder / f"{module}.py"
    path.write_text(source.replace(old, new), encoding="utf-8")
    name = f"verifier_specs.mutant_{abs(hash((module, old, new)))}"
    made = {f"verifier_specs.{module}": executed(path, name)}
    return designs_in(anew(bundled()[design].__module__, made, name))[design]


def anew(name: str, made: dict[str, ModuleType], suffix: str) -> ModuleType:
    """A module of the library, executed again where it is built on one that was made."""
    if name not in made:
        module = importlib.import_module(name)
        used = {str(getattr(item, "__module__", None)) for item in vars(module).values()} - {name}
        built_on = {other: anew(other, made, suffix) for other in sorted(used) if other.startswith("verifier_specs.")}
        if any(built_on[other] is not sys.modules[other] for other in built_on):
            with pytest.MonkeyPatch.context() as patch:
                for other, copy in made.items():
                    patch.setitem(sys.modules, other, copy)
                module = executed(Path(module.__file__ or ""), f"{suffix}_in_{name.rpartition('.')[2]}")
        made[name] = module
    return made[name]


def executed(path: Path, name: str) -> ModuleType:
    """A spec file as a module of the library by another name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def planted(tmp_path: Path, prover: Prover) -> Callable[..., None]:
    """Assert that a design with one text of a file replaced is refuted by a claim; by None: refused when loaded."""

    def check(module: str, design: str, fault: str, old: str, new: str, claim: str | None) -> None:
        if claim is None:
            with pytest.raises(SpecError):
                [case.problem() for case in cases([mutant(module, design, old, new, tmp_path)])]
            return
        faulty = mutant(module, design, old, new, tmp_path)
        todo = [case for case in cases([faulty], only=(claim,)) if not case.declared]
        todo.sort(key=lambda case: case.prop.arithmetic, reverse=True)  # the real reading first: it is the cheaper one
        verdicts = (prover.finding(case).verdict for case in todo)
        assert any(isinstance(verdict, Refuted) for verdict in verdicts), fault

    return check


@pytest.fixture
def planted_in_units(tmp_path: Path, prover: Prover) -> Callable[..., None]:
    """Assert that a claim in whole units is proved by its lemmas, and with one text of a file replaced is not.

    A run that violates it may be hard to find among whole numbers. That the solver gave up does not count.
    """

    def check(module: str, design: str, fault: str, old: str, new: str, claim: str) -> None:
        verdicts = []
        for one in (bundled()[design], mutant(module, design, old, new, tmp_path)):
            (case,) = (case for case in cases([one], only=(claim,), arithmetic="fixed") if not case.declared)
            verdicts.append(prover.finding(case, effort="lemmas", explain=False).verdict)
        sound, faulty = verdicts
        assert isinstance(sound, Proved), word(sound)
        assert isinstance(faulty, Unknown), fault
        assert faulty.why == "incomplete", fault

    return check


LITTLE = Fraction(1, 10**4)


@pytest.fixture
def tight(settle: Callable[..., Finding], problem: Callable[..., Problem]) -> Callable[..., Fraction]:
    """Assert that a property holds at its author's closed form and not just beyond it; gives back the form's value."""

    def check(design: str, claim: str, vary: str, **settings: Any) -> Fraction:
        guess = {"cap": {"cap": "0"}, "bound": {"shock__bound": "0.5"}}[vary]
        edge = Fraction(value(problem(design, claim, **settings | guess).forms[vary], {}))
        (name,) = guess
        beyond = edge + (LITTLE if vary == "bound" else -LITTLE)
        at = settle(design, claim, **settings | {name: edge}).verdict
        assert isinstance(at, Proved), (edge, word(at))
        if beyond >= 0:
            past = settle(design, claim, effort="runs", **settings | {name: beyond}).verdict
            assert isinstance(past, Refuted), (beyond, word(past))
        return edge

    return check

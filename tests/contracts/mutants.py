"""One-token faults of a spec, and whether the comparison with its contract catches each.

On demand: ``python tests/contracts/mutants.py aave-v3.0`` tries all of a design's, prints those that survive, and says
how many there were.
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.util
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from verifier import language
from verifier.analyses.conformance import conformance, library
from verifier.language.errors import SpecError
from verifier.language.load import designs_in, select
from verifier.language.pieces import Design

STATES = 400
HOOKS = {"compounded"}
"""What only another file's functions call."""
CLAIMS = {"assumption", "initially", "invariant", "lemma", "closed_form", "extreme", "generic"}
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
CALLED = {
    "down": ("up", "nearest"), "up": ("down", "nearest"), "nearest": ("down", "up"), "minimum": ("maximum",),
    "maximum": ("minimum",),
}  # fmt: skip

EQUIVALENT = {
    "aave-v3.0": (
        "down(age * (age - 1) * square / 2, RAY) ->",  # of two neighbours one is even: nothing is rounded
        "down(age * (age - 1) * maximum(age - 2, 0) * cube / 6, RAY) ->",  # and of three one is a multiple of 3
        "nearest(self.debt() / 2, 0) -> up",  # a half is all that can be left over
    ),
    "aave-v3.6": ("nearest(owed / 2, 0) -> up",),
    "uniswap-v2": ("TOKEN1 / TOKEN0 ->", "TOKEN0 / TOKEN1 ->"),  # units of what is divided by and multiplied again
}
"""Changes that change nothing."""


def acting(tree: ast.Module, apart: Collection[str]) -> list[ast.FunctionDef]:
    """The functions that the compared rules are made of; what is only claimed or assumed is not compared."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name not in apart]
    reached = [function for function in functions if "rule" in marks(function) or function.name in HOOKS]
    for function in reached:
        named = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(function)}
        reached += [one for one in functions if one.name in named and one not in reached and not marks(one) & CLAIMS]
    return reached


def marks(function: ast.FunctionDef) -> set[str]:
    """What a function is decorated with."""
    return {getattr(mark.func if isinstance(mark, ast.Call) else mark, "id", "") for mark in function.decorator_list}


def faults(source: str, apart: Collection[str]) -> Iterator[tuple[str, str]]:
    """The spec's text with one fault, and what the fault is."""
    tree = ast.parse(source)
    for function in acting(tree, apart):
        for node in [inner for statement in function.body for inner in ast.walk(statement)]:
            for what, undo in changed(node):
                yield f"{function.name}, line {node.lineno}: {what}", ast.unparse(tree)
                undo()


def changed(node: Any) -> Iterator[tuple[str, Any]]:
    """The node under each change of one token, with the way back."""
    before = copy.copy(node.__dict__)
    said = ast.unparse(node) if isinstance(node, ast.expr) else ""

    def undo() -> None:
        node.__dict__.update(before)

    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            node.ops = [COMPARED[type(op)]()]
            yield f"{said} -> {ast.unparse(node)}", undo
        case ast.BinOp(op=op) if type(op) in COMPUTED:
            node.op = COMPUTED[type(op)]()
            yield f"{said} -> {ast.unparse(node)}", undo
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            for other in CALLED[name]:
                node.func = ast.Name(other, ast.Load())
                yield f"{said} -> {other}", undo
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            node.op, node.operand = ast.Invert(), ast.UnaryOp(ast.Invert(), operand)
            yield f"{said} -> {ast.unparse(operand)}", undo
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            node.value = number + 1
            yield f"{number} -> {number + 1}", undo
        case ast.Constant(value=float(number)):
            node.value = round(number + 0.0001, 6)
            yield f"{number} -> {node.value}", undo


def loaded(module: ModuleType, text: str, name: str) -> dict[str, type[Design]]:
    """The designs of a spec file with another text."""
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    made.__file__ = module.__file__
    made.__package__ = module.__package__
    sys.modules[name] = made
    exec(compile(text, name, "exec"), made.__dict__)
    made.__dict__.update({word: getattr(language, word) for word in CALLED})
    return designs_in(made)


def caught(design: type[Design], text: str, contract: Any, states: int = STATES) -> str | None:
    """What gives the fault away, or None."""
    module = sys.modules[design.__module__]
    try:
        mutant = loaded(module, text, f"{module.__package__}.mutant_{abs(hash(text))}")[design.title]
        found = conformance(mutant, states=states, contract=contract, smallest=False).found
    except SpecError as error:
        return f"refused: {error.message}"
    except Exception as error:  # a state that no contract can be in is noticed, too
        return f"refused: {error!r}"
    return None if found is None else f"{found.rule}: {found.field}: spec {found.spec}, contract {found.contract}"


def texts(design: type[Design]) -> Iterator[tuple[str, str]]:
    """All faults of the file that holds a design."""
    source = Path(sys.modules[design.__module__].__file__ or "").read_text(encoding="utf-8")
    return faults(source, library().implementation(design.title).apart)


def main(names: list[str]) -> None:
    for name in names or library().IMPLEMENTATIONS:
        (design,) = select((name,)).values()
        contract, started = library().implementation(name)(), time.perf_counter()
        survived, count = [], 0
        for fault, text in texts(design):
            if any(same in fault for same in EQUIVALENT.get(name, ())):
                continue
            count += 1
            found = caught(design, text, contract)
            print(f"{count} {fault}: {found or 'SURVIVED'}"[:200], file=sys.stderr, flush=True)
            if found is None:
                survived.append(fault)
        print(f"{name}: {count - len(survived)} of {count} caught in {time.perf_counter() - started:.0f} s")
        for fault in survived:
            print(f"  survived: {fault}")


if __name__ == "__main__":
    main(sys.argv[1:])

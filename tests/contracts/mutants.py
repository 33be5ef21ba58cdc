"""One-token faults of a spec, and whether the comparison with its contract catches each.

On demand: ``python tests/contracts/mutants.py aave-v3.0`` tries all of a design's, prints those that survive, and says
how many there were.
"""

from __future__ import annotations

import ast
import copy
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from verifier import language
from verifier.analyses.conformance import conformance, library
from verifier.language.errors import SpecError
from verifier.language.load import designs_in, select
from verifier.language.pieces import Design, Mechanism

Texts = dict[str, str]
"""Spec files by the names of their modules, each after those that it is built on."""

STATES = 400
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
        "self.calls + CALL ->",  # which no contract counts
    ),
    "aave-v3.6": ("nearest(owed / 2, 0) -> up", "self.calls + CALL ->"),
    "compound-v2": (
        "self.oracle.quote() > 0 -> self.oracle.quote() >= 0",  # no price is 0, and by one nothing could be divided
        "seized * self.exchange_rate() -> seized /",  # an infinite market takes whatever is sold
    ),
    "morpho-blue": ("elapsed > 0 -> elapsed >= 0",),  # in no time nothing accrues, refused or not
    "uniswap-v2": ("TOKEN1 / TOKEN0 ->", "TOKEN0 / TOKEN1 ->"),  # units of what is divided by and multiplied again
}
"""Changes that change nothing."""


def acting(trees: Collection[ast.Module], classes: Collection[str], apart: Collection[str]) -> list[ast.FunctionDef]:
    """The functions that the compared rules are made of; what is only claimed or assumed is not compared."""
    bodies = [*trees] + [
        node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef) and node.name in classes
    ]
    functions = [f for body in bodies for f in body.body if isinstance(f, ast.FunctionDef) and f.name not in apart]
    reached = [function for function in functions if "rule" in marks(function)]
    for function in reached:
        named = {getattr(node, "attr", getattr(getattr(node, "func", None), "id", "")) for node in ast.walk(function)}
        reached += [one for one in functions if one.name in named and one not in reached and not marks(one) & CLAIMS]
    return reached


def marks(function: ast.FunctionDef) -> set[str]:
    """What a function is decorated with."""
    return {getattr(mark.func if isinstance(mark, ast.Call) else mark, "id", "") for mark in function.decorator_list}


def faults(design: type[Design]) -> Iterator[tuple[str, Texts]]:
    """The spec's texts with one fault, and what the fault is."""
    mechanisms = [piece for piece in vars(design).values() if isinstance(piece, Mechanism)]
    kinds = [kind for piece in mechanisms for kind in reversed(type(piece).__mro__) if "specs" in kind.__module__]
    files = list(dict.fromkeys([*(kind.__module__ for kind in kinds), design.__module__]))
    texts = {name: Path(sys.modules[name].__file__ or "").read_text(encoding="utf-8") for name in files}
    trees = {name: ast.parse(text) for name, text in texts.items()}
    apart = library().implementation(design.title).apart
    compared = acting(trees.values(), {kind.__name__ for kind in kinds}, apart)
    for name, tree in trees.items():
        for function in [node for node in ast.walk(tree) if node in compared]:
            for node in [inner for statement in function.body for inner in ast.walk(statement)]:
                for what, undo in changed(node):
                    where = f"{name.rpartition('.')[2]}.{function.name}, line {node.lineno}"
                    yield f"{where}: {what}", {**texts, name: ast.unparse(tree)}
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


def loaded(texts: Texts) -> dict[str, type[Design]]:
    """The designs of the last of some spec files with other texts, each of which may use those before it."""
    made, suffix = ModuleType(""), f"mutant_{abs(hash(tuple(texts.values())))}"
    with pytest.MonkeyPatch.context() as patch:
        for name, text in texts.items():
            made = ModuleType(f"{name}_{suffix}")
            made.__file__, made.__package__ = sys.modules[name].__file__, sys.modules[name].__package__
            sys.modules[made.__name__] = made
            exec(compile(text, made.__name__, "exec"), made.__dict__)
            made.__dict__.update({word: getattr(language, word) for word in CALLED})
            patch.setitem(sys.modules, name, made)
    return designs_in(made)


def caught(design: type[Design], texts: Texts, contract: Any, states: int = STATES) -> str | None:
    """What gives the fault away, or None."""
    try:
        found = conformance(loaded(texts)[design.title], states=states, contract=contract, smallest=False).found
    except SpecError as error:
        return f"refused: {error.message}"
    except Exception as error:  # a state that no contract can be in is noticed, too
        return f"refused: {error!r}"
    return None if found is None else f"{found.rule}: {found.field}: spec {found.spec}, contract {found.contract}"


def main(names: list[str]) -> None:
    for name in names or library().IMPLEMENTATIONS:
        (design,) = select((name,)).values()
        contract, started = library().implementation(name)(), time.perf_counter()
        survived, count = [], 0
        for fault, texts in faults(design):
            if any(same in fault for same in EQUIVALENT.get(name, ())):
                continue
            count += 1
            found = caught(design, texts, contract)
            print(f"{count} {fault}: {found or 'SURVIVED'}"[:200], file=sys.stderr, flush=True)
            if found is None:
                survived.append(fault)
        print(f"{name}: {count - len(survived)} of {count} caught in {time.perf_counter() - started:.0f} s")
        for fault in survived:
            print(f"  survived: {fault}")


if __name__ == "__main__":
    main(sys.argv[1:])

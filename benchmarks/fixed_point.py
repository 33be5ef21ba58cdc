"""Actions a second of the compiled fixed-point reading on one core, printed and never judged."""

import time
from collections.abc import Sequence
from itertools import cycle, islice
from random import Random
from typing import Any

from verifier.analyses.conformance import library, opened
from verifier.engines.states import Spec, State
from verifier.language.load import select

ACTIONS = 100_000


class Chance:
    """Draws at random."""

    def __init__(self) -> None:
        self.random = Random(0)

    def integer(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def choose(self, options: Sequence[Any]) -> Any:
        return self.random.choice(options)


def main() -> None:
    for name in library().IMPLEMENTATIONS:
        (design,) = select((name,)).values()
        contract, draw = library().implementation(name), Chance()
        spec = Spec(opened(design, contract.settings), words=contract.words, wider=contract.wider)
        rules = [rule for rule in spec.system.rules if rule.name not in contract.apart]
        todo: list[tuple[str, State]] = []
        while len(todo) < 200:
            if (state := spec.start(draw)) is not None:
                rule = draw.choose(rules)
                todo.append((rule.name, {**state, **spec.inputs(rule, state, draw)}))
        started = time.process_time()
        for rule_name, values in islice(cycle(todo), ACTIONS):
            spec.actions[rule_name].step(values)
        print(f"{name}: {ACTIONS / (time.process_time() - started):,.0f} actions a second")


if __name__ == "__main__":
    main()

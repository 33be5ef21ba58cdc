"""The command that compares specs with real contracts."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("designs", nargs=-1, metavar="[DESIGN]...")
@click.option("--states", type=click.IntRange(min=1), default=300, show_default=True, help="Initial states for each.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed compares the same states.")
@click.option("--install", is_flag=True, help="Fetch the contracts' packages first: npm ci, into a cache.")
@click.option("--runs", is_flag=True, help="Take the runs that refute fixed-point claims on the contract, too.")
def conform(designs: tuple[str, ...], states: int, seed: int, install: bool, runs: bool) -> None:
    """Compare specs with the real contracts, to the unit: every field, every refusal, both sides of every threshold."""
    from verifier.analyses.conformance import conformance, implemented, library, ready, replays
    from verifier.analyses.prove import Prover
    from verifier.reports.conformance import print_conformance, print_replayed, show_progress
    from verifier.reports.terminal import console

    if install:
        library().install()
    chosen, out, wrong = implemented(designs), console(), False
    ready()
    for design in chosen.values():
        found = conformance(design, states=states, seed=seed, tell=lambda seen: show_progress(seen, states))
        print_conformance(found, out)
        wrong |= found.found is not None
        if runs:
            with Prover(jobs=1) as prover:
                for replayed in replays(design, prover):
                    print_replayed(replayed, out)
                    wrong |= replayed.parted is not None
    sys.exit(1 if wrong else 0)

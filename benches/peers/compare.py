"""Slugline beside scikit-learn and fastText: the same files, in turn, in several rounds; medians and their ratios."""

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import scikit
import slugline
import table
from corpus import SETS, Corpus
from fasttext import FastText

TARGET = Path(__file__).resolve().parents[2] / "target"
PEERS = ("slugline", "svc", "logistic", "fasttext")


def listed(known):
    """A parser of `a,b` that knows what there is."""

    def parse(text):
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return names

    return parse


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__)
    parser.add_argument("--sets", type=listed(SETS), default=list(SETS), help=f"any of {','.join(SETS)}; default all")
    parser.add_argument("--peers", type=listed(PEERS), default=list(PEERS), help=f"any of {','.join(PEERS)}; default all")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; default 3")
    parser.add_argument("--tuned", action="store_true", help="adds a row of slugline-train --tune quick")
    parser.add_argument("--markdown", action="store_true", help="prints the table as README.md has it")
    target = Path(os.environ.get("CARGO_TARGET_DIR", TARGET))
    parser.add_argument("--program", type=Path, default=target / "release/slugline-train", help="slugline-train to run")
    chosen = parser.parse_args()
    if chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not chosen.program.is_file():
        parser.error(f"{chosen.program} is not there: cargo build --release")
    return chosen


def contestants(chosen, folder):
    """What is run for each peer, by its name in the table."""
    runs = {}
    if "slugline" in chosen.peers:
        runs["slugline-train"] = partial(slugline.run, chosen.program, tuning=["--no-tune"])
    if chosen.tuned:
        runs["slugline-train, tuned"] = partial(slugline.run, chosen.program, tuning=["--tune", "quick"])
    if "svc" in chosen.peers:
        runs["scikit-learn LinearSVC"] = lambda corpus: scikit.run("svc", corpus.settings.svc_c, corpus)
    if "logistic" in chosen.peers:
        runs["scikit-learn LogisticRegression"] = lambda corpus: scikit.run("logistic", corpus.settings.logistic_c, corpus)
    if "fasttext" in chosen.peers:
        runs["fastText"] = FastText(TARGET / "fasttext", folder).run
    return runs


def main():
    chosen = arguments()
    corpora = [Corpus.named(name) for name in chosen.sets]
    with tempfile.TemporaryDirectory() as folder:
        peers = contestants(chosen, Path(folder))
        runs = {corpus.name: {peer: [] for peer in peers} for corpus in corpora}
        for number in range(1, chosen.rounds + 1):
            for corpus in corpora:
                for peer, run in peers.items():
                    figures = run(corpus=corpus)
                    runs[corpus.name][peer].append(figures)
                    progress = f"round {number}  {corpus.name}  {peer}: fit {figures.fit_seconds:.2f} s, accuracy {figures.accuracy:.4f}"
                    print(progress, file=sys.stderr, flush=True)
    print("\n".join((table.markdown if chosen.markdown else table.plain)(table.rows(runs))))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How time and memory of a training grow with the number of documents, up to a million.

    cargo build --release && benches/million.py [--documents 10000,100000,1000000] [--keep FOLDER] [--steps]

The documents are made up, the same on each machine: 40 words each, drawn by Zipf's law from a vocabulary of 100,000, every tenth word from
500 of the document's own label, of 20 labels; every tenth label is any of them. That words are drawn one by one makes more distinct pairs
of words than real text has.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

LABELS = 20
WORDS_A_DOCUMENT = 40
VOCABULARY = 100_000
WORDS_OF_A_LABEL = 500
# One word in so many is one of the label's own.
OWN_WORD_EVERY = 10
# One document in so many has any label: without such, all would be classified rightly, which no real set is.
ANY_LABEL_EVERY = 10
ROOT = Path(__file__).resolve().parents[1]


def spell(number):
    """Gives a word of syllables, a different one for each number."""
    word = ""
    while True:
        number, syllable = divmod(number, 100)
        word += "bcdfghjklmnprstvwxyz"[syllable // 5] + "aeiou"[syllable % 5]
        if number == 0:
            return word
        number -= 1


def zipf(size):
    """Running sums of the weights 1/1, 1/2, 1/3, .."""
    return list(accumulate(1 / rank for rank in range(1, size + 1)))


def write(path, documents):
    """Writes so many rows of {"text", "label"}, the first of any larger number of them."""
    draw = random.Random(1)
    words, weights = [spell(number) for number in range(VOCABULARY)], zipf(VOCABULARY)
    own_words = [[spell(VOCABULARY + label * WORDS_OF_A_LABEL + number) for number in range(WORDS_OF_A_LABEL)] for label in range(LABELS)]
    own_weights = zipf(WORDS_OF_A_LABEL)
    own = WORDS_A_DOCUMENT // OWN_WORD_EVERY
    with open(path, "w", encoding="ascii") as file:
        for number in range(documents):
            label = draw.randrange(LABELS)
            text = draw.choices(words, cum_weights=weights, k=WORDS_A_DOCUMENT - own)
            text += draw.choices(own_words[label], cum_weights=own_weights, k=own)
            draw.shuffle(text)
            if number % ANY_LABEL_EVERY == 0:
                label = draw.randrange(LABELS)
            file.write(f'{{"text": "{" ".join(text)}", "label": "label-{label:02}"}}\n')


def write_apart(path, documents):
    """Writes them in another process: the memory that this one holds when it starts the trainer would count as the trainer's."""
    command = [sys.executable, "-c", "import sys, million; million.write(sys.argv[1], int(sys.argv[2]))", str(path), str(documents)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})


def train(program, data, report):
    """Gives seconds and the most memory of a training, in bytes, and what the program tells of it if `report` is a file to tell it in."""
    told = ["--report", report] if report else []
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        # Not with subprocess.run: only wait4 tells of the memory of one child.
        child = subprocess.Popen([program, "--data", data, "--no-tune", *told], stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            sys.exit(f"error: {program} ended with status {child.returncode}: {errors.read()}")
    return seconds, usage.ru_maxrss * 1024, json.loads(report.read_text()) if report else None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", default="10000,100000,1000000", help="how many, in rising order; default 10000,100000,1000000")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--program", type=Path, default=target / "release/slugline-train", help="slugline-train to run")
    parser.add_argument("--keep", type=Path, help="folder to keep the files in, and to take them from if they are there")
    parser.add_argument(
        "--steps", action="store_true", help="tells the seconds of each step; draws learning curves, which takes as long again"
    )
    chosen = parser.parse_args()
    if not chosen.program.is_file():
        parser.error(f"{chosen.program} is not there: cargo build --release")
    return chosen


def main():
    chosen = arguments()
    before = None
    print("documents   seconds  growth  peak memory, MB  growth", flush=True)
    with tempfile.TemporaryDirectory() as passing:
        folder = chosen.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for documents in map(int, chosen.documents.split(",")):
            data = folder.resolve() / f"made-up-{documents}.jsonl"
            if not data.exists():
                unfinished = data.with_suffix(".new")
                write_apart(unfinished, documents)
                unfinished.rename(data)
            report_path = folder / f"report-{documents}.json" if chosen.steps else None
            seconds, held, report = train(chosen.program, data, report_path)
            growth = ("", "") if before is None else (f"x{seconds / before[0]:.1f}", f"x{held / before[1]:.1f}")
            print(f"{documents:9,}  {seconds:8.1f}  {growth[0]:>6}  {held / 1e6:15,.0f}  {growth[1]:>6}", flush=True)
            if report:
                steps = ", ".join(f"{step} {taken:.1f}" for step, taken in report["seconds"].items())
                print(f"           {report['label']['features']:,} features; {steps}", flush=True)
            before = (seconds, held)


if __name__ == "__main__":
    main()

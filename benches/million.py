#!/usr/bin/env python3
"""How time and memory of a training grow with the number of documents, up to a million.

    cargo build --release && benches/million.py [--documents 10000,100000,1000000] [--keep FOLDER]

The documents are made up, the same on each machine: 40 words each, drawn by Zipf's law from a vocabulary of 100,000, every sixth word from
500 of the document's own label, of 20 labels. That words are drawn one by one makes more distinct pairs of words than real text has.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path

LABELS = 20
WORDS_A_DOCUMENT = 40
VOCABULARY = 100_000
WORDS_OF_A_LABEL = 500
# One word in so many is one of the label's own.
OWN_WORD_EVERY = 6
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
        for _ in range(documents):
            label = draw.randrange(LABELS)
            text = draw.choices(words, cum_weights=weights, k=WORDS_A_DOCUMENT - own)
            text += draw.choices(own_words[label], cum_weights=own_weights, k=own)
            draw.shuffle(text)
            file.write(f'{{"text": "{" ".join(text)}", "label": "label-{label:02}"}}\n')


def train(program, data, report):
    done = subprocess.run([program, "--data", data, "--no-tune", "--report", report], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {program} failed with status {done.returncode}: {done.stderr}")
    return json.loads(report.read_text())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", default="10000,100000,1000000", help="how many, in rising order; default 10000,100000,1000000")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--program", type=Path, default=target / "release/slugline-train", help="slugline-train to run")
    parser.add_argument("--keep", type=Path, help="folder to keep the files in, and to take them from if they are there")
    chosen = parser.parse_args()
    if not chosen.program.is_file():
        parser.error(f"{chosen.program} is not there: cargo build --release")
    return chosen


def main():
    chosen = arguments()
    before = None
    print("documents    total, s  (read, clean, features, learn, calibrate)        peak memory, MB    features   growth of time, memory")
    with tempfile.TemporaryDirectory() as passing:
        folder = chosen.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for documents in map(int, chosen.documents.split(",")):
            data = folder / f"made-up-{documents}.jsonl"
            if not data.exists():
                write(data.with_suffix(".new"), documents)
                data.with_suffix(".new").rename(data)
            report = train(chosen.program, data, folder / f"report-{documents}.json")
            seconds, bytes_held = report["seconds"], report["peak_rss_bytes"]
            steps = ", ".join(f"{seconds.get(step, 0):.2f}" for step in ("read", "clean", "features", "learn", "calibrate"))
            # Learning curves are drawn for the report alone.
            total = seconds["total"] - seconds.get("learning_curve", 0)
            growth = "" if before is None else f"x{total / before[0]:.1f}, x{bytes_held / before[1]:.1f}"
            features = report["label"]["features"]
            print(f"{documents:9,}  {total:10.1f}  {f'({steps})':46}  {bytes_held / 1e6:15,.0f}  {features:10,}   {growth}", flush=True)
            before = (total, bytes_held)


if __name__ == "__main__":
    main()

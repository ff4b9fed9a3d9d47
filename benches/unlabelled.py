#!/usr/bin/env python3
"""What unlabelled documents bring where labels are few: the table of README.md, "Few labels, much text".

    SLUGLINE_DATA=/path/to/data python3 benches/unlabelled.py [--corpus ag_news] [--train target/release/slugline-train]

In $SLUGLINE_DATA/<corpus>/ stand train.jsonl and test.jsonl, rows of {"title"?, "text", "label"}. A few documents of each label are drawn from
train.jsonl by a fixed seed, the rest of it is the archive, and test.jsonl judges; five draws, all settings the defaults (`--no-tune`).
Beside it, to show that the gain is not that of a badly chosen strength: the settings of `--tune quick` without the archive.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile


def train(program, arguments, report):
    done = subprocess.run([program, *map(str, arguments), "--report", str(report)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} failed: {done.stderr}")
    return json.loads(report.read_text())


def draw(rows, each, seed):
    """Indices of `each` rows of every label, or of all that it has but one half."""
    chosen = set()
    for label in sorted({row["label"] for row in rows}):
        having = [n for n, row in enumerate(rows) if row["label"] == label]
        chosen.update(random.Random(f"{label} {seed}").sample(having, min(each, (len(having) + 1) // 2)))
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="ag_news")
    parser.add_argument("--train", default="target/release/slugline-train")
    parser.add_argument("--each", default="10,30,100", help="labelled documents of each label")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--no-tuned", action="store_true", help="leave out the column of tuned settings")
    options = parser.parse_args()
    if "SLUGLINE_DATA" not in os.environ:
        sys.exit("set SLUGLINE_DATA to the folder of the corpora")
    folder = pathlib.Path(os.environ["SLUGLINE_DATA"]) / options.corpus
    lines = (folder / "train.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]

    print("| labelled documents of each label | without, defaults | without, tuned | with the archive | log-loss without, with | chosen | seconds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for each in map(int, options.each.split(",")):
        runs = []
        for seed in range(options.draws):
            chosen = draw(rows, each, seed)
            with tempfile.TemporaryDirectory() as work:
                work = pathlib.Path(work)
                labelled, archive, report = work / "labelled.jsonl", work / "archive.jsonl", work / "report.json"
                labelled.write_text("".join(line + "\n" for n, line in enumerate(lines) if n in chosen))
                archive.write_text("".join(line + "\n" for n, line in enumerate(lines) if n not in chosen))
                common = ["--data", labelled, "--test", folder / "test.jsonl"]
                plain = train(options.train, [*common, "--no-tune"], report)
                tuned = plain if options.no_tuned else train(options.train, common, report)
                both = train(options.train, [*common, "--no-tune", "--unlabelled", archive], report)
                runs.append((plain, tuned, both))
        mean = lambda which, key: statistics.mean(run[which]["label"][key] for run in runs)
        spread = lambda which: statistics.pstdev(run[which]["label"]["accuracy"] for run in runs)
        columns = [f"{mean(which, 'accuracy'):.3f} ± {spread(which):.3f}" for which in range(3)]
        if options.no_tuned:
            columns[1] = "-"
        chosen = sum(run[2]["unlabelled"]["chosen"] for run in runs)
        seconds = statistics.mean(run[2]["seconds"]["total"] for run in runs)
        losses = f"{mean(0, 'log_loss'):.2f}, {mean(2, 'log_loss'):.2f}"
        print(f"| {each} | {' | '.join(columns)} | {losses} | {chosen} of {len(runs)} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()

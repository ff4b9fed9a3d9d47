"""Labelled files in fastText's own format, and its answers judged.

Both are programs of their own, `fasttext_text.py write ..` and `fasttext_text.py judge ..`: the process that starts fastText must stay
small, for Linux counts its memory at the start as the child's.
"""

import json
import random
import re
import sys

from corpus import read
from figures import of_labels, of_probabilities

LABEL = "__label__"
# Either what the other peers see, or words and marks apart, as fastText's own preparation of news does; both in small letters.
TOKENS = {"words": re.compile(r"\b\w\w+\b"), "marks": re.compile(r"\w+|[^\w\s]")}


def write(train, test, folder, tokens):
    """Writes train.txt, shuffled because fastText learns in the file's order, and test.txt; prints how many documents the latter has."""
    texts, labels = read(train)
    names = sorted(set(labels))
    learned = list(zip(texts, labels, strict=True))
    random.Random(0).shuffle(learned)
    judged = list(zip(*read(test), strict=True))
    for name, rows in (("train.txt", learned), ("test.txt", judged)):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            for text, label in rows:
                number = names.index(label) if label in names else len(names)
                file.write(f"{LABEL}{number} {' '.join(TOKENS[tokens].findall(text.lower()))}\n")
    print(len(judged))


def judge(test, answers):
    """Judges `predict-prob` of all labels: a line of label and probability in turn, the most probable first."""
    with open(test, encoding="utf-8") as file:
        truth = [line.split(maxsplit=1)[0] for line in file]
    with open(answers, encoding="utf-8") as file:
        given = [line.split() for line in file]
    labels = sorted({label for row in given for label in row[::2]})
    column = {label: number for number, label in enumerate(labels)}
    probabilities = [[0.0] * len(labels) for _ in given]
    for row, answer in zip(probabilities, given, strict=True):
        for label, probability in zip(answer[::2], answer[1::2], strict=True):
            row[column[label]] = min(float(probability), 1.0)
    best = [row[0] if row else "" for row in given]
    print(json.dumps(of_labels(truth, best) | of_probabilities(truth, probabilities, labels)))


if __name__ == "__main__":
    {"write": write, "judge": judge}[sys.argv[1]](*sys.argv[2:])

"""The sets, and what each peer is told about them."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """A peer's settings: C of scikit-learn as the best known for the set, however it was chosen; fastText's chosen on a held-out fifth of train."""

    logistic_c: float
    svc_c: float
    fasttext_epochs: int
    fasttext_rate: float
    # Whether fastText learns from punctuation and single letters too. It is no better by them where texts are long.
    fasttext_marks: bool


SETS = {
    "ag_news": Settings(logistic_c=4, svc_c=0.5, fasttext_epochs=5, fasttext_rate=0.5, fasttext_marks=True),
    "20newsgroups": Settings(logistic_c=32, svc_c=1, fasttext_epochs=25, fasttext_rate=1.0, fasttext_marks=False),
    "reuters_r52": Settings(logistic_c=32, svc_c=1, fasttext_epochs=25, fasttext_rate=1.0, fasttext_marks=False),
}


@dataclass(frozen=True)
class Corpus:
    """One set: a file to learn from and one to be judged by."""

    name: str
    settings: Settings
    train: Path
    test: Path

    @classmethod
    def named(cls, name):
        """Finds a set in $SLUGLINE_DATA."""
        folder = os.environ.get("SLUGLINE_DATA")
        if not folder:
            sys.exit("error: set SLUGLINE_DATA to the folder with ag_news/train.jsonl, ag_news/test.jsonl and the like")
        train, test = (Path(folder) / name / file for file in ("train.jsonl", "test.jsonl"))
        for path in (train, test):
            if not path.is_file():
                sys.exit(f"error: {path} is not there: leave {name} out with --sets, or put it there")
        return cls(name, SETS[name], train, test)


def read(path):
    """Gives the texts of a labelled file, title first, and their labels."""
    texts, labels = [], []
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            texts.append(f"{row.get('title') or ''}\n{row['text']}".strip())
            labels.append(row["label"])
    return texts, labels

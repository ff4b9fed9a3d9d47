"""scikit-learn's LinearSVC and LogisticRegression over word 1- and 2-grams.

As a program, `scikit.py LEARNER C TRAIN TEST` is one run in a process of its own, so that its memory is its own; it prints the figures.
"""

import dataclasses
import json
import resource
import subprocess
import sys
import time

from corpus import read
from figures import Run, of_labels, of_probabilities


def run(learner, c, corpus):
    """Trains and judges once, in another process."""
    command = [sys.executable, __file__, learner, str(c), str(corpus.train), str(corpus.test)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: scikit-learn failed on {corpus.name}: {done.stderr}")
    return Run(**json.loads(done.stdout))


def main(learner, c, train, test):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC
    from threadpoolctl import threadpool_limits

    classifier = {"svc": LinearSVC(C=c, random_state=0), "logistic": LogisticRegression(C=c, max_iter=1000)}[learner]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), classifier)
    with threadpool_limits(2):
        start = time.perf_counter()
        texts, labels = read(train)
        model.fit(texts, labels)
        fit_seconds = time.perf_counter() - start
    texts, truth = read(test)
    with threadpool_limits(1):
        start = time.perf_counter()
        given = model.predict(texts).tolist()
        predict_seconds = time.perf_counter() - start
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    judged = {"log_loss": None, "ece": None}
    if learner == "logistic":
        judged = of_probabilities(truth, model.predict_proba(texts), model.classes_.tolist())
    figures = Run(
        **of_labels(truth, given),
        **judged,
        fit_seconds=fit_seconds,
        documents_per_second=len(texts) / predict_seconds,
        peak_bytes=peak_bytes,
    )
    print(json.dumps(dataclasses.asdict(figures)))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:])

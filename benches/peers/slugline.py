"""slugline-train, with the default settings or with tuned ones."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import Run

FITTING_THREADS = "2"


def run(program, corpus, tuning):
    """Trains and judges once. `tuning` is the arguments that say how settings are chosen."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [program, "--data", corpus.train, "--test", corpus.test, "--report", report, *tuning]
        environment = os.environ | {"RAYON_NUM_THREADS": FITTING_THREADS}
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            sys.exit(f"error: {program} failed on {corpus.name}: {done.stderr}")
        report = json.loads(report.read_text())
    task, seconds = report["label"], report["seconds"]
    fit = seconds["read"] + seconds["tune"] + seconds["features"] + seconds["learn"]
    return Run(
        **{figure: task[figure] for figure in ("accuracy", "macro_f1", "log_loss", "ece")},
        fit_seconds=fit,
        whole_fit_seconds=fit + seconds.get("clean", 0) + seconds["calibrate"],
        documents_per_second=task["test_documents"] / seconds["predict"],
        peak_bytes=report["peak_rss_bytes"],
    )

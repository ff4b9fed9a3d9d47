"""fastText's own program, built from the source archive on PyPI."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from figures import Run

VERSION = "0.9.3"
# As in its Makefile.
FLAGS = ["-pthread", "-std=c++17", "-march=native", "-O3", "-funroll-loops", "-DNDEBUG"]
# The test file is classified so often in one go: once takes less time than to open the model, which is taken off.
REPEATED = 5
TEXT = Path(__file__).with_name("fasttext_text.py")


def build(folder):
    """Gives the path of the program; downloads and compiles it if it is not there yet."""
    program = folder / f"fasttext-{VERSION}" / "fasttext"
    if program.exists():
        return program
    compiler = shutil.which("c++") or shutil.which("g++")
    if not compiler:
        sys.exit("error: fastText needs a C++ compiler: install g++, or leave it out with --peers")
    print("building fastText ..", file=sys.stderr)
    source = f"fasttext=={VERSION}"
    pip = ["python3", "-m", "pip", "--python", sys.executable, "--disable-pip-version-check", "--quiet"]
    command(*pip, "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest", folder, source)
    with tarfile.open(folder / f"fasttext-{VERSION}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    unfinished = program.with_suffix(".new")
    command(compiler, *FLAGS, "-o", unfinished, *sorted((program.parent / "src").glob("*.cc")))
    unfinished.rename(program)
    return program


class FastText:
    """Bigrams, 2 threads. Files are written in its format once a set; neither that nor splitting into words is counted."""

    def __init__(self, build_folder, work_folder):
        build_folder.mkdir(parents=True, exist_ok=True)
        self.program = build(build_folder)
        self.work_folder = work_folder
        self.documents = {}

    def run(self, corpus):
        """Trains and judges once."""
        folder = self.work_folder / corpus.name
        if corpus.name not in self.documents:
            folder.mkdir()
            tokens = "marks" if corpus.settings.fasttext_marks else "words"
            self.documents[corpus.name] = int(command(sys.executable, TEXT, "write", corpus.train, corpus.test, folder, tokens))
            test = (folder / "test.txt").read_bytes()
            (folder / "repeated.txt").write_bytes(test * REPEATED)
            (folder / "empty.txt").touch()
            del test
        model, answers = folder / "model", folder / "answers.txt"
        learn = ["-wordNgrams", 2, "-epoch", corpus.settings.fasttext_epochs, "-lr", corpus.settings.fasttext_rate, "-dim", 10]
        learn += ["-thread", 2, "-verbose", 0]
        fit_seconds, peak_bytes = self.timed("supervised", "-input", folder / "train.txt", "-output", model, *learn)
        binary = model.with_suffix(".bin")
        opening, _ = self.timed("predict", binary, folder / "empty.txt", 1)
        predicting, _ = self.timed("predict", binary, folder / "repeated.txt", 1)
        self.timed("predict-prob", binary, folder / "test.txt", 1_000_000, output=answers)
        return Run(
            **json.loads(command(sys.executable, TEXT, "judge", folder / "test.txt", answers)),
            fit_seconds=fit_seconds,
            documents_per_second=REPEATED * self.documents[corpus.name] / (predicting - opening),
            peak_bytes=peak_bytes,
        )

    def timed(self, *arguments, output=Path(os.devnull)):
        """Gives the seconds and the most memory, in bytes, of a call of fastText."""
        with open(output, "wb") as file, tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            # Not with subprocess.run: only wait4 tells of the memory of one child.
            child = subprocess.Popen([self.program, *map(str, arguments)], stdout=file, stderr=errors)
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                errors.seek(0)
                sys.exit(f"error: fasttext {arguments[0]} failed: {errors.read()}")
        return seconds, usage.ru_maxrss * 1024


def command(*arguments):
    """Gives what a program prints; ends with what it complains of if it fails."""
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {arguments[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout

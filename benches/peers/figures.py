"""How good and how fast a run was."""

from dataclasses import dataclass

# As slugline-train counts them, so that figures can be set side by side.
BINS = 15
SMALLEST_PROBABILITY = 1e-7


@dataclass
class Run:
    """Figures of one run of one peer on one set. Those of probabilities are None where it gives none."""

    accuracy: float
    macro_f1: float
    log_loss: float | None
    ece: float | None
    fit_seconds: float
    documents_per_second: float
    peak_bytes: int
    # What slugline-train does beyond fitting: duplicates, cross-validation, calibration.
    whole_fit_seconds: float | None = None


def of_labels(truth, given):
    """Accuracy, and macro-F1 over the labels that occur in either; both are lists of labels."""
    right = {}
    counts = {}
    for true, guess in zip(truth, given, strict=True):
        counts[true] = counts.get(true, 0) + 1
        counts[guess] = counts.get(guess, 0) + 1
        if true == guess:
            right[true] = right.get(true, 0) + 1
    f1 = [2 * right.get(label, 0) / count for label, count in counts.items()]
    return {"accuracy": sum(right.values()) / len(truth), "macro_f1": sum(f1) / len(f1)}


def of_probabilities(truth, probabilities, labels):
    """Log-loss, and expected calibration error of the best label in bins of equal width; rows of documents, columns of `labels`."""
    import numpy

    column = {label: number for number, label in enumerate(labels)}
    probabilities = numpy.asarray(probabilities, dtype=float)
    rows = numpy.arange(len(truth))
    wanted = numpy.array([column.get(label, -1) for label in truth])
    of_truth = numpy.where(wanted < 0, 0.0, probabilities[rows, wanted]).clip(SMALLEST_PROBABILITY, 1)
    best = probabilities.argmax(axis=1)
    confidence = probabilities[rows, best]
    bins = (confidence * BINS).astype(int).clip(0, BINS - 1)
    gaps = numpy.bincount(bins, weights=confidence - (best == wanted), minlength=BINS)
    return {"log_loss": float(-numpy.log(of_truth).mean()), "ece": float(numpy.abs(gaps).sum() / len(truth))}

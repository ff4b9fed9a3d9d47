"""Tables of figures, with ratios to the first peer."""

from statistics import median

HEADER = ("set", "peer", "accuracy", "macro-F1", "log-loss", "calibration error", "fit, s", "documents a second", "peak memory, MB")


def rows(runs):
    """Lines of a table from runs by set and peer: medians over rounds, and in brackets how many times the first peer's they are."""
    for corpus, peers in runs.items():
        first = next(iter(peers.values()))
        for peer, rounds in peers.items():
            shares = (share(rounds, figure) for figure in ("accuracy", "macro_f1", "log_loss", "ece"))
            whole = middle(rounds, "whole_fit_seconds")
            fit = ratio(rounds, first, "fit_seconds", ".2f") + ("" if whole is None else f", with calibration {whole:.2f}")
            speed = ratio(rounds, first, "documents_per_second", ",.0f")
            memory = ratio(rounds, first, "peak_bytes", ",.0f", unit=1e6)
            yield corpus, peer, *shares, fit, speed, memory


def middle(rounds, figure):
    values = [getattr(run, figure) for run in rounds]
    return None if None in values else median(values)


def share(rounds, figure):
    value = middle(rounds, figure)
    return "-" if value is None else f"{value:.4f}"


def ratio(rounds, first, figure, form, unit=1.0):
    value = middle(rounds, figure)
    text = format(value / unit, form)
    return text if rounds is first else f"{text} ({times(value / middle(first, figure))})"


def times(factor):
    """To two digits, never as a power of ten."""
    return f"{float(f'{factor:.2g}'):g}x"


def markdown(lines):
    """A GitHub table."""
    yield "| " + " | ".join(HEADER) + " |"
    yield "|---" * len(HEADER) + "|"
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def plain(lines):
    """Columns for a terminal."""
    lines = [HEADER, *lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()

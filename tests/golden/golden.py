"""Writes a golden file, or checks that the one in the repository still says the same."""

import json
import math
import platform
import sys
from importlib.metadata import version

TOLERANCE = 1e-9


def made_with(*packages):
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def write_or_check(path, golden):
    """With `--check` on the command line compares `golden` with the file, otherwise writes the file."""
    if "--check" not in sys.argv[1:]:
        path.write_text(to_json(golden), encoding="utf-8")
        return
    committed = json.loads(path.read_text(encoding="utf-8"))
    facts = [{key: value for key, value in side.items() if key != "made_with"} for side in (committed, golden)]
    where = first_difference(*facts, at=path.name)
    if where:
        sys.exit(f"{where}. If that is meant, run {path.with_suffix('.py').name} without --check.")


def to_json(golden):
    """JSON with an item of each outer list on a line of its own, so that a diff shows which one changed."""
    parts = []
    for key, value in golden.items():
        if isinstance(value, list):
            lines = ",\n    ".join(json.dumps(item, ensure_ascii=False) for item in value)
            text = f"[\n    {lines}\n  ]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def first_difference(committed, made, at):
    """Says where two values first differ by more than the tolerance, or nothing."""
    if isinstance(committed, dict) and isinstance(made, dict):
        if committed.keys() != made.keys():
            return f"{at}: the keys differ: {sorted(committed.keys() ^ made.keys())}"
        pairs = [(f"{at}.{key}", committed[key], made[key]) for key in committed]
    elif isinstance(committed, list) and isinstance(made, list):
        if len(committed) != len(made):
            return f"{at}: {len(committed)} items in the file, {len(made)} made now"
        pairs = [(f"{at}[{i}]", *pair) for i, pair in enumerate(zip(committed, made))]
    else:
        numbers = all(isinstance(side, (int, float)) for side in (committed, made))
        same = math.isclose(committed, made, rel_tol=TOLERANCE, abs_tol=TOLERANCE) if numbers else committed == made
        return None if same else f"{at}: {committed!r} in the file, {made!r} made now"
    return next(filter(None, (first_difference(old, new, place) for place, old, new in pairs)), None)

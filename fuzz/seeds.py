#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with: seeds.py FOLDER makes FOLDER/TARGET/NAME. All texts are made up."""

import struct
import sys
from pathlib import Path

TITLE = "Ferry strands 40 as gale shuts Marlow harbour"
TEXT = (
    'The U.S. ferry "Ada K." lay off the pier for nine hours on Monday. "Nobody slept," said Dr. Ines Lund, 41.\n'
    "Ministers called the crossing a security risk; aid groups spoke of families without water...\n\n"
    "- Buses run at 6 p.m.\n- Schools stay shut\n\nCafe\u0301 owners gave out soup 🦀. The court rules on asylum claims next week!"
)
GERMAN = "Die Fähre lag neun Stunden vor dem Hafen, und niemand durfte an Land gehen, sagte die Ministerin am Montag."


def varint(number):
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def message(*fields):
    """A protobuf message: each field is its number and its value."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        elif isinstance(value, float):
            out += varint(number << 3 | 5) + struct.pack("<f", value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def answer():
    article = message((1, "a"), (2, TITLE), (3, TEXT))
    german = message((3, GERMAN), (4, "de-DE"))
    unknown = message((3, "qwx zzkv 12 45 pllk"))
    terms = message((5, 3), (6, 2), (8, "topic/society/migration"), (8, "stance/humanitarian"))
    sentences = message((1, "models/news/versions/stable"), (2, "topic"), (5, 2), (6, 3), (7, 2))
    few = message((3, 0.25), (4, 3), (5, 2))
    wrong = message((1, "news"), (2, "tropic"), (3, 2.0), (8, "topic"))
    yield "plain", b"\0" + message((1, article))
    for name, options in [("terms", terms), ("sentences", sentences), ("few", few), ("wrong", wrong)]:
        yield name, b"\0" + message((1, article), (2, options))
    yield "batch", b"\1" + message((1, article), (1, german), (1, unknown), (1, b""), (2, terms))
    requests = [message((1, "1"), (2, article), (3, few)), message((1, "2"), (2, german)), message((2, unknown), (3, terms))]
    yield "stream", b"\2" + b"".join(varint(len(request)) + request for request in requests)
    yield "get_model", b"\3" + message((1, "models/news"))
    yield "list_models", b"\4" + message((1, 1), (2, "news"))


def configuration():
    yield "all", (
        'listen = "0.0.0.0:7000"\nmodels = "models"\ndrain_seconds = 5\nmax_message_bytes = 1000\nlog_format = "json"\n'
        "[limits]\nmax_document_bytes = 500\nmax_batch_documents = 3\n[shadow]\nversion = \"models/news/versions/2\"\nshare = 0.5\n"
    )
    example = Path(__file__).parent.parent / "slugline.toml"
    if example.exists():
        yield "example", example.read_text()
        # The example's settings stand in comments.
        lines = (line.removeprefix("#").removeprefix(" ") for line in example.read_text().splitlines())
        yield "example_settings", "\n".join(line for line in lines if " = " in line or line.startswith("[")) + "\n"
    yield "environment", (
        "drain_seconds = 5\n\n%%%\nSLUGLINE_SERVE_LISTEN=[::1]:1\nSLUGLINE_SERVE_LIMITS_MAX_DOCUMENT_BYTES=600\n"
        "SLUGLINE_SERVE_ADMINISTRATION=true\nSLUGLINE_SERVE_SHADOW_SHARE=0.5\nSLUGLINE_SERVE_SHADOW_VERSION=models/news/versions/2\n"
        "SLUGLINE_SERVE_LOG_FORMAT=json\nSLUGLINE_SERVE_NONSENSE=1\n"
    )


def json_lines():
    yield "rows", (
        '{"id": "1", "title": "A", "text": "B \\u00e9", "label": "x"}\n\n{"id": 2, "content": "C", "labels": ["x", "y"]}\n'
        '{"text": 3}\n{"text": "D", "label": ["x"], "more": {"a": [1, null, true, 1.5e3]}}\nno json\n{"text": ""}\n'
    )
    yield "mark", b'\xef\xbb\xbf{"text": "A"}\r\n{"text": "B\\u0000"}'
    yield "utf16", '\ufeff{"text": "A"}\n'.encode("utf-16-le")
    yield "latin1", b'{"text": "caf\xe9"}\n{"text": "ok"}\n'
    yield "article", f"{TITLE}\n\n{TEXT}\n"
    yield "markdown", f'+++\ntitle = "{TITLE}"\n+++\n\n{TEXT}\n'


def seed_article():
    article = f'+++\ntitle = "{TITLE}"\ntopic = "sport"\ntone = ["alarm", "joy"]\n+++\n\n{TEXT}\n'
    taxonomy = (
        'languages = ["en", "pt-BR"]\n[[tasks]]\nname = "topic"\ndisplay_name = "Topic"\ndescription = "What."\nkind = "single_label"\n'
        'labels = [{ name = "sport", code = "m:1" }, { name = "sport/chess" }]\n'
        '[[tasks]]\nname = "tone"\nkind = "multi_label"\n[[tasks.labels]]\nname = "alarm"\n[[tasks.labels]]\nname = "joy"\n'
    )
    glossary = "# ball games\npenalty  shoot-out\nslam dunk\n"
    counterfactuals = 'identities = [{ one = "a", many = "as" }, { one = "b", many = "bs" }]\nframes = ["{one} met {many}."]\n'
    yield "article", article
    yield "child", article.replace("sport", "sport/chess").replace('"alarm", "joy"', "")
    yield "wrong", article.replace("sport", "sprot").replace('"joy"', '"joy", 3, "joy"').replace("title", "titel")
    yield "all", "\n%%%\n".join([article, taxonomy, glossary, "Norwegian\n", counterfactuals])


def sentences():
    yield "article", f"{TITLE}\n\n{TEXT}\n"
    yield "wrapped", "\n".join(TEXT.replace("\n", " ")[at : at + 70] for at in range(0, len(TEXT), 70))
    yield "marks", "“Go!” he said. (No?) J. R. Hall vs. Acme Inc. met at No. 10 on Jan. 5th… e.g. there.\u2028Then p.m. … it ended.\r\n* a\r\n1. b"


def tokens():
    for switches in (0, 1, 3, 0b110101):
        yield f"switches_{switches}", bytes([switches]) + f"{TITLE}\n{TEXT}\n{GERMAN} Straße ΟΔΟΣ ﬁre ＢＢＣ im\u00admi\u200bgra İstanbul".encode()


for target in (answer, configuration, json_lines, seed_article, sentences, tokens):
    folder = Path(sys.argv[1]) / target.__name__
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in target():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

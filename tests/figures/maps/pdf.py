"""What a PDF of Matplotlib writes, read back as text."""

from __future__ import annotations

import re
import zlib


def text_of_pdf(content: bytes) -> str:
    """All that a PDF of Matplotlib writes, without spaces: two bytes a character, font by font."""
    streams = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompress(packed))
        except zlib.error:
            continue
    tables = [unicode_table(each) for each in streams if b"beginbfrange" in each]
    # The first holds letters by their code, the second what has a number of its own.
    first, *others = sorted(tables, key=lambda table: min(table))[::-1]
    (drawing,) = (each for each in streams if b"BT\n" in each)
    said = []
    for block in re.findall(rb"BT\n.*?ET", drawing, re.DOTALL):
        table: dict[int, str] = {}
        for font, string in re.findall(rb"/(F\d+) |\(((?:\\.|[^\\)])*)\)", block, re.DOTALL):
            if font:
                table = first if font == b"F1" else others[0]
                continue
            codes = re.sub(rb"\\([0-7]{3}|.)", unescaped, string, flags=re.DOTALL)
            said += [
                table[int.from_bytes(codes[i : i + 2], "big")] for i in range(0, len(codes), 2)
            ]
    return "".join(said).replace(" ", "")


def unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) == 3:
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(code, code)


def unicode_table(stream: bytes) -> dict[int, str]:
    table: dict[int, str] = {}
    for low, listed in re.findall(rb"<(\w+)> <\w+> \[(.*?)\]", stream, re.DOTALL):
        for place, text in enumerate(re.findall(rb"<(\w+)>", listed)):
            table[int(low, 16) + place] = bytes.fromhex(text.decode()).decode("utf-16-be")
    return table

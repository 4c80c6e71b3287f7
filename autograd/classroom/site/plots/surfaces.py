"""Surfaces over a grid of numbers: their height anywhere, lines at a level, and their bands of colours as an image."""

import base64
import struct
import zlib
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import Any


def height_at(rows: Sequence[Sequence[float]], i: float, k: float) -> float:
    """The height between four places of a grid."""
    down, across = min(int(i), len(rows) - 2), min(int(k), len(rows[0]) - 2)
    i, k = i - down, k - across
    low = rows[down][across] * (1 - k) + rows[down][across + 1] * k
    return low * (1 - i) + (rows[down + 1][across] * (1 - k) + rows[down + 1][across + 1] * k) * i


def middle_of_band(height: float, bounds: Sequence[float]) -> float:
    """The number whose colour a height has: the middle of its band."""
    at = bisect(bounds, height)
    if at == 0:
        return bounds[0]
    return bounds[-1] if at == len(bounds) else (bounds[at - 1] + bounds[at]) / 2


def segments_at(
    xs: Sequence[float], ys: Sequence[float], rows: Sequence[Sequence[float]], level: float
) -> Iterator[Any]:
    """The pieces of the line at a level, one or two for each square that it goes through."""
    for i in range(len(ys) - 1):
        for k in range(len(xs) - 1):
            corners = [(xs[k], ys[i], rows[i][k]), (xs[k + 1], ys[i], rows[i][k + 1])]
            corners += [(xs[k + 1], ys[i + 1], rows[i + 1][k + 1]), (xs[k], ys[i + 1], rows[i + 1][k])]
            found = []
            for (x1, y1, z1), (x2, y2, z2) in zip(corners, [*corners[1:], corners[0]]):
                if (z1 < level) != (z2 < level):
                    share = (level - z1) / (z2 - z1)
                    found.append((x1 + (x2 - x1) * share, y1 + (y2 - y1) * share))
            if len(found) in (2, 4):
                yield found[0], found[1]
            if len(found) == 4:
                yield found[2], found[3]


def png(rows: Sequence[Sequence[Sequence[int]]]) -> str:
    """An image of red, green and blue, as an address that has it in itself."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + bytes(channel for pixel in row for channel in pixel) for row in rows)
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + content).decode()

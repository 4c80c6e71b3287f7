"""Files of numbers that were changed: load() says what is wrong, and the model stays as it was.

python -m tests.fuzz.files 600
"""

import json
import random
import tempfile
from functools import cache
from pathlib import Path

import nn
from tests.fuzz import chance as odd

LONGEST_MESSAGE = 20_000


def model() -> nn.Module:
    return nn.Sequential(nn.Layer(2, 3), nn.BatchNorm(3), nn.MLP(3, [2, 1]))


@cache
def saved(ending: str) -> bytes:
    """The file of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"model{ending}")
        nn.save(model(), path)
        return path.read_bytes()


def content(chance: random.Random, ending: str) -> bytes:
    """Such a file with something odd in it."""
    data = saved(ending)
    if ending == ".json":
        if chance.random() < 0.6:
            return json.dumps(odd.changed(chance, json.loads(data))).encode()
        return odd.mangled(chance, data)
    if chance.random() < 0.6:
        size = int.from_bytes(data[:8], "little")
        head = json.dumps(odd.changed(chance, json.loads(data[8 : 8 + size]))).encode()
        if chance.random() < 0.3:
            head = odd.mangled(chance, head)
        size = chance.choice([len(head), len(head), len(head), len(head) + 1, 0, 2**63, 2**64 - 1])
        return size.to_bytes(8, "little") + head + data[8 + int.from_bytes(data[:8], "little") :]
    return odd.mangled(chance, data)


def one(chance: random.Random) -> None:
    """Load some files."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(20):
            ending = chance.choice([".json", ".safetensors"])
            path, own = Path(folder, f"model{ending}"), model()
            path.write_bytes(content(chance, ending))
            before = [x.data for x in own.parameters()]
            said = "loaded"
            try:
                nn.load(own, path)
            except ValueError as error:
                said = str(error)
            assert 0 < len(said) < LONGEST_MESSAGE, said[:500]
            assert said == "loaded" or [x.data for x in own.parameters()] == before


if __name__ == "__main__":
    odd.run(one)

"""The loss of a small LSTM that predicts the bits of the next letter, one weight for each connection.

A layer has, for each of its cells, a weight and a bias of four gates. Forget and output look at the input, the other
two at the cell's own last output. The normalisation is log(2 + sum exp), as ADBench defined it.
"""

from itertools import pairwise
from typing import Any

from tests.benchmarks.field.problem import Problem, numbers, rows


def problem(layers: int = 2, letters: int = 12, bits: int = 7) -> Problem:
    text = "".join(chr(97 + round(12 + 12 * x)) for x in numbers(letters, seed=6))
    sequence = [[float(bit) for bit in f"{ord(letter):0{bits}b}"[:bits]] for letter in text]
    main, extra = numbers(8 * layers * bits, 0, 1), numbers(3 * bits, 0, 1, seed=2)
    return of(main, extra, rows(numbers(2 * layers * bits, 0, 1, seed=3), bits), sequence)


def of(main: list[float], extra: list[float], state: list[list[float]], sequence: list[list[float]]) -> Problem:
    """Of flat parameters; the state has a row of outputs and a row of cells for each layer."""
    bits, n_main, count = len(sequence[0]), len(main), len(sequence[0]) * (len(sequence) - 1)

    def scalars(xs: list[Any], m: Any) -> Any:
        layers = [rows(each, bits) for each in rows(xs[:n_main], 8 * bits)]  # weights of four gates, then biases
        (w_in, w_out, b_out), memory, total = rows(xs[n_main:], bits), [list(row) for row in state], []
        for letter, wanted in pairwise(sequence):
            x = [w * bit for w, bit in zip(w_in, letter)]
            for i, layer in enumerate(layers):
                before, cells = memory[2 * i], memory[2 * i + 1]
                sources = (x, before, x, before)
                forget, enter, leave, change = (
                    [f(w * v + b) for w, v, b in zip(layer[g], sources[g], layer[4 + g])]
                    for g, f in enumerate((m.sigmoid, m.sigmoid, m.sigmoid, m.tanh))
                )
                cells = [cell * f + e * c for cell, f, e, c in zip(cells, forget, enter, change)]
                x = [o * m.tanh(cell) for o, cell in zip(leave, cells)]
                memory[2 * i], memory[2 * i + 1] = x, cells
            logits = [v * w + b for v, w, b in zip(x, w_out, b_out)]
            normal = m.log(2.0 + m.sum([m.exp(z) for z in logits]))
            total += [bit * (z - normal) for z, bit in zip(logits, wanted) if bit]
        return -m.sum(total) / count

    def arrays(x: Any, np: Any) -> Any:
        layers, extra = x[:n_main].reshape(-1, 8, bits), x[n_main:].reshape(3, bits)
        memory, total = [np.array(row) for row in state], 0.0
        for letter, wanted in pairwise(sequence):
            v = extra[0] * np.array(letter)
            for i in range(n_main // (8 * bits)):
                layer, before = layers[i], memory[2 * i]
                forget, enter, leave = (
                    1 / (1 + np.exp(-(layer[g] * source + layer[4 + g]))) for g, source in ((0, v), (1, before), (2, v))
                )
                change = np.tanh(layer[3] * before + layer[7])
                memory[2 * i + 1] = memory[2 * i + 1] * forget + enter * change
                v = memory[2 * i] = leave * np.tanh(memory[2 * i + 1])
            logits = v * extra[1] + extra[2]
            total = total + np.sum(np.array(wanted) * (logits - np.log(2 + np.sum(np.exp(logits)))))
        return -total / count

    return Problem([*main, *extra], scalars, arrays)

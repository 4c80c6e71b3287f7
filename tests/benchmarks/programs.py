"""Training steps as compiled programs, in NumPy by hand, in jitted JAX and in PyTorch: the same numbers, one thread.

Each step is a function without arguments that changes the parameters. FLOPS says how many additions and
multiplications one step needs for its matrix products, forward and backward. A large product in NumPy measures what the
processor can do.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, pairwise
from threading import Thread
from typing import Any

from tests.benchmarks import beside_casadi, by_hand, gpt
from tests.benchmarks.ratios import fastest, ratio

NAMES = ["NumPy", "JAX", "C by hand", "compiled"]
RATE = 0.01

Layers = list[tuple[list[list[float]], list[float]]]


def network(*sizes: int) -> Layers:
    """Weights and biases of layers."""
    rng = random.Random(1)
    return [
        ([[rng.uniform(-1, 1) / n**0.5 for _ in range(n)] for _ in range(m)], [0.0] * m) for n, m in pairwise(sizes)
    ]


def points(n: int) -> tuple[list[list[float]], list[float]]:
    """Points in a square, and on which side of the axes' cross they are."""
    rng = random.Random(2)
    found = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(n)]
    return found, [1.0 if x * y > 0 else -1.0 for x, y in found]


def digits(n: int = 32) -> tuple[Any, Any]:
    """Some of scikit-learn's digits, and which they are."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.data[:n] / 16, data.target[:n]


def pictures(n: int = 64) -> tuple[Any, Any]:
    """Random numbers in place of pictures of 28 × 28, and of ten classes."""
    import numpy as np

    rng = np.random.default_rng(1)
    return rng.random((n, 784)), rng.integers(0, 10, n)


# The steps of networks: of each library forward, backward, and the descent


def in_numpy(layers: Layers, xs: Any, targets: Any, by_class: bool) -> Callable[[], object]:
    """Derivatives by hand, of the max-margin loss or of the cross-entropy."""
    import numpy as np

    made = [[np.array(w), np.array(b)] for w, b in layers]
    x, y = np.array(xs), np.array(targets)
    rows, n = np.arange(len(x)), len(x)

    def step() -> float:
        hs = [x]
        for i, (w, b) in enumerate(made):
            z = hs[-1] @ w.T + b
            hs.append(np.maximum(z, 0) if i < len(made) - 1 else z)
        if by_class:
            e = np.exp(hs[-1] - hs[-1].max(1, keepdims=True))
            p = e / e.sum(1, keepdims=True)
            loss = -np.log(p[rows, y]).mean()
            g = p
            g[rows, y] -= 1
            g /= n
        else:
            margin = 1 - y * hs[-1][:, 0]
            loss = np.maximum(margin, 0).mean()
            g = -((margin > 0) * y / n)[:, None]
        for i in range(len(made) - 1, -1, -1):
            w, b = made[i]
            dw, db = g.T @ hs[i], g.sum(0)
            if i:
                g = (g @ w) * (hs[i] > 0)
            w -= RATE * dw
            b -= RATE * db
        return float(loss)

    return step


def in_jax(layers: Layers, xs: Any, targets: Any, by_class: bool) -> Callable[[], object]:
    """The whole step jitted."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    state = [(jnp.array(w), jnp.array(b)) for w, b in layers]
    x, y = jnp.array(xs), jnp.array(targets)

    def loss_of(layers: Any, x: Any, y: Any) -> Any:
        for w, b in layers[:-1]:
            x = jax.nn.relu(x @ w.T + b)
        z = x @ layers[-1][0].T + layers[-1][1]
        if by_class:
            return (jax.nn.logsumexp(z, 1) - z[jnp.arange(len(y)), y]).mean()
        return jnp.maximum(1 - y * z[:, 0], 0).mean()

    @jax.jit
    def trained(layers: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(layers, x, y)
        return loss, jax.tree.map(lambda p, g: p - RATE * g, layers, gradients)

    def step() -> float:
        nonlocal state
        loss, state = trained(state, x, y)
        return float(loss)

    return step


def in_torch(torch: Any, layers: Layers, xs: Any, targets: Any, by_class: bool) -> Callable[[], object]:
    """Whole tensors, and PyTorch's optimiser."""
    made = [[torch.tensor(t, dtype=torch.float64, requires_grad=True) for t in layer] for layer in layers]
    x, y = torch.tensor(xs, dtype=torch.float64), torch.tensor(targets)
    optimizer = torch.optim.SGD([p for layer in made for p in layer], lr=RATE)

    def step() -> float:
        h = x
        for w, b in made[:-1]:
            h = torch.relu(torch.addmm(b, h, w.T))
        z = torch.addmm(made[-1][1], h, made[-1][0].T)
        loss = torch.nn.functional.cross_entropy(z, y) if by_class else torch.relu(1 - y * z[:, 0]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def compiled(layers: Layers, xs: Any, targets: Any, by_class: bool) -> Callable[[], object]:
    """Written for one example in scalars."""
    import numpy as np

    import autograd
    import nn

    made = [([[autograd.Value(x) for x in row] for row in w], [autograd.Value(x) for x in b]) for w, b in layers]
    parameters = [p for w, b in made for p in [p for row in w for p in row] + b]

    @autograd.compile
    def loss(x: Any, y: Any) -> Any:
        for w, b in made[:-1]:
            x = autograd.linear(w, x, b, autograd.relu)
        z = autograd.linear(made[-1][0], x, made[-1][1])
        return nn.cross_entropy(z, y) if by_class else autograd.relu(1 - y * z[0])

    optimizer, x, y = nn.optim.SGD(parameters, lr=RATE), np.array(xs), np.array(targets)
    return lambda: loss.map.update(optimizer, x, y)


def two_threads(name: str) -> Callable[[], float] | None:
    """How many times as much two threads do as one in the same time: gradients of 512 digits, again and again."""
    if name != "compiled":
        return None
    import autograd
    import nn

    xs, ys = digits(512)
    model = nn.MLP(64, [32, 10], rng=random.Random(1))
    loss = autograd.compile(lambda x, y: nn.cross_entropy(model(x), y))

    def work(times: int) -> None:
        for _ in range(times):
            loss.map.value_and_grad(xs, ys)

    def one_round() -> float:
        start = time.perf_counter()
        work(200)
        between = time.perf_counter()
        threads = [Thread(target=work, args=(100,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (between - start) / (time.perf_counter() - between)

    work(1)
    return one_round


def call_beside_eager(function: Any, args: tuple[Any, ...]) -> tuple[Callable[[], object], Callable[[], object]]:
    """A call and its backward(), compiled and as it is."""
    import autograd

    compiled = autograd.compile(function)
    return lambda: compiled(*args).backward(), lambda: function(*args).backward()


def one_point() -> tuple[Callable[[], object], Callable[[], object]]:
    """Of a 2-16-16-1 network and one point."""
    import autograd
    import nn

    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    return call_beside_eager(lambda x, y: autograd.relu(1.0 - y * model(x)), ([0.5, -0.25], 1.0))


def one_product() -> tuple[Callable[[], object], Callable[[], object]]:
    """Of one multiplication."""
    import autograd

    return call_beside_eager(lambda x, y: x * y, (autograd.Value(1.5), autograd.Value(2.5)))


def product_in_a_list() -> tuple[Callable[[], object], Callable[[], object]]:
    """Of one multiplication, of the two numbers in a list."""
    import autograd

    return call_beside_eager(lambda xs: xs[0] * xs[1], ([autograd.Value(1.5), autograd.Value(2.5)],))


def clearing() -> tuple[Callable[[], object], Callable[[], object]]:
    """model.zero_grad() of 337 parameters, and the whole moons step as one call."""
    import nn

    layers, (xs, ys) = network(2, 16, 16, 1), points(100)
    return nn.MLP(2, [16, 16, 1], rng=random.Random(1)).zero_grad, compiled(layers, xs, ys, False)


def whole_labels() -> tuple[Callable[[], object], Callable[[], object]]:
    """An eager loss of 100 points whose labels are NumPy's whole numbers, and floats."""
    import numpy as np

    import nn

    model, (xs, ys) = nn.MLP(2, [16, 16, 1], rng=random.Random(1)), points(100)
    whole = np.array(ys, dtype=np.int64)
    return (
        lambda: nn.hinge_loss([model(x) for x in xs], whole).backward(),
        lambda: nn.hinge_loss([model(x) for x in xs], ys).backward(),
    )


def plain_loop() -> tuple[Callable[[], object], Callable[[], object]]:
    """The moons step as one writes it, and as one call."""
    import numpy as np

    import autograd
    import nn

    model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
    loss = autograd.compile(lambda x, y: autograd.relu(1.0 - y * model(x)))
    optimizer = nn.optim.SGD(model.parameters(), lr=RATE)
    xs, ys = map(np.array, points(100))

    def step() -> None:
        model.zero_grad()
        loss.map(xs, ys).backward()
        optimizer.step()

    return step, lambda: loss.map.update(optimizer, xs, ys)


def fit_beside_fused(name: str) -> Callable[[], float] | None:
    """A step of nn.fit on all points, in a new order each time, as one call that takes the same lists."""
    if name != "compiled":
        return None
    import autograd
    import nn

    xs, ys = points(100)

    def made() -> tuple[Any, Any]:
        model = nn.MLP(2, [16, 16, 1], rng=random.Random(1))
        return model, nn.optim.SGD(model.parameters(), lr=RATE)

    def fit(epochs: int) -> float:
        model, optimizer = made()
        start = time.process_time()
        nn.fit(model, nn.mse_loss, zip(xs, ys), epochs, len(xs), optimizer, compile=True, progress=False)
        return time.process_time() - start

    model, optimizer = made()
    loss = autograd.compile(lambda x, y: nn.mse_loss([model(x)], [y]))
    fused = partial(loss.map.update, optimizer, xs, ys)
    return lambda: (min(fit(1100) for _ in range(3)) - min(fit(100) for _ in range(3))) / 1000 / fastest(fused)


def network_step(sizes: tuple[int, ...], data: Callable[[], Any], by_class: bool) -> Callable[[Any, str], Any]:
    """A training step on a batch."""

    def made(engine: Any, name: str) -> Callable[[], object] | None:
        if name == "PyTorch":
            return in_torch(engine, network(*sizes), *data(), by_class)
        step = {"NumPy": in_numpy, "JAX": in_jax, "compiled": compiled}.get(name)
        return step(network(*sizes), *data(), by_class) if step else None

    return made


def one_example(engine: Any, name: str) -> Callable[[], object] | None:
    """The loss of one point, and its gradient, without an update."""
    layers, ((x, *_), (y, *_)) = network(2, 16, 16, 1), points(1)
    if name == "compiled":
        import autograd
        import nn

        made = [([[autograd.Value(v) for v in row] for row in w], [autograd.Value(v) for v in b]) for w, b in layers]

        @autograd.compile
        def loss(x: Any, y: Any) -> Any:
            for w, b in made[:-1]:
                x = autograd.linear(w, x, b, autograd.relu)
            return nn.mse_loss(autograd.linear(made[-1][0], x, made[-1][1])[0], y)

        return lambda: loss.value_and_grad(x, y)
    if name == "PyTorch":
        tensors = [[engine.tensor(t, dtype=engine.float64, requires_grad=True) for t in layer] for layer in layers]
        at, target = engine.tensor(x, dtype=engine.float64), engine.tensor(y, dtype=engine.float64)

        def step() -> float:
            h = at
            for w, b in tensors[:-1]:
                h = engine.relu(engine.addmv(b, w, h))
            loss = (engine.addmv(tensors[-1][1], tensors[-1][0], h)[0] - target) ** 2
            loss.backward()
            return float(loss.item())

        return step
    if name == "JAX":
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        state, at = [(jnp.array(w), jnp.array(b)) for w, b in layers], jnp.array(x)

        def loss_of(layers: Any, x: Any, y: Any) -> Any:
            for w, b in layers[:-1]:
                x = jax.nn.relu(w @ x + b)
            return ((layers[-1][0] @ x + layers[-1][1])[0] - y) ** 2

        gradient = jax.jit(jax.value_and_grad(loss_of))
        return lambda: jax.block_until_ready(gradient(state, at, y))
    return None


# The character GPT with Adam


class Adam:
    """Adam on one array of NumPy."""

    def __init__(self, n: int) -> None:
        import numpy as np

        self.np, self.steps, self.mean, self.square = np, 0, np.zeros(n), np.zeros(n)

    def step(self, parameters: Any, gradients: Any) -> None:
        rate, (beta1, beta2) = gpt.rate(self.steps), gpt.BETAS
        self.steps += 1
        self.mean += (1 - beta1) * (gradients - self.mean)
        self.square += (1 - beta2) * (gradients * gradients - self.square)
        corrected = self.np.sqrt(self.square / (1 - beta2**self.steps)) + 1e-8
        parameters -= rate / (1 - beta1**self.steps) * self.mean / corrected


def gpt_in_numpy() -> Callable[[], object]:
    """All derivatives by hand, on views into one array of parameters and one of gradients."""
    import numpy as np

    sizes = [m * n for m, n in gpt.SHAPES.values()]
    flat, gradients = np.zeros(sum(sizes)), np.zeros(sum(sizes))
    ends = np.cumsum([0, *sizes])
    w, g = (
        {name: each[ends[i] : ends[i + 1]].reshape(shape) for i, (name, shape) in enumerate(gpt.SHAPES.items())}
        for each in (flat, gradients)
    )
    for name, rows in gpt.weights().items():
        w[name][:] = rows
    adam, queue = Adam(len(flat)), cycle(gpt.names())
    size, heads, width = gpt.DIMENSIONS, gpt.HEADS, gpt.WIDTH

    def normed(x: Any) -> tuple[Any, Any]:
        scale = ((x * x).mean(1, keepdims=True) + 1e-5) ** -0.5
        return x * scale, scale

    def normed_back(x: Any, scale: Any, dy: Any) -> Any:
        return scale * dy - x * scale**3 * (x * dy).mean(1, keepdims=True)

    def split(x: Any) -> Any:
        return x.reshape(-1, heads, width).transpose(1, 0, 2)

    def joined(x: Any) -> Any:
        return x.transpose(1, 0, 2).reshape(-1, size)

    def step() -> float:
        tokens = np.array(gpt.numbered(next(queue)))
        inputs, targets = tokens[:-1], tokens[1:]
        n = len(inputs)
        e = w["tokens"][inputs] + w["positions"][:n]
        x0, s0 = normed(e)
        h, s1 = normed(x0)
        q, k, v = (split(h @ w[name].T) for name in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) * width**-0.5
        scores[:, np.triu(np.ones((n, n), bool), 1)] = -np.inf
        a = np.exp(scores - scores.max(2, keepdims=True))
        a /= a.sum(2, keepdims=True)
        mixed = joined(a @ v)
        x1 = x0 + mixed @ w["out"].T
        h2, s2 = normed(x1)
        r = np.maximum(h2 @ w["up"].T, 0)
        x2 = x1 + r @ w["down"].T
        logits = x2 @ w["head"].T
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        loss = -np.log(p[np.arange(n), targets]).mean()

        gradients[:] = 0
        dz = p
        dz[np.arange(n), targets] -= 1
        dz /= n
        g["head"] += dz.T @ x2
        dx2 = dz @ w["head"]
        g["down"] += dx2.T @ r
        du = (r > 0) * (dx2 @ w["down"])
        g["up"] += du.T @ h2
        dx1 = dx2 + normed_back(x1, s2, du @ w["up"])
        g["out"] += dx1.T @ mixed
        dm = split(dx1 @ w["out"])
        da, dv = dm @ v.transpose(0, 2, 1), a.transpose(0, 2, 1) @ dm
        ds = a * (da - (da * a).sum(2, keepdims=True)) * width**-0.5
        dq, dk, dv = joined(ds @ k), joined(ds.transpose(0, 2, 1) @ q), joined(dv)
        dh = dq @ w["query"] + dk @ w["key"] + dv @ w["value"]
        for name, d in (("query", dq), ("key", dk), ("value", dv)):
            g[name] += d.T @ h
        de = normed_back(e, s0, dx1 + normed_back(x0, s1, dh))
        np.add.at(g["tokens"], inputs, de)
        g["positions"][:n] += de
        adam.step(flat, gradients)
        return float(loss)

    return step


def gpt_compiled(names: list[str]) -> tuple[Any, Callable[[], object]]:
    """The scalar program of gpt.py and a step on the next of the names; the rows of the tokens are chosen outside, and
    the targets are probabilities."""
    import autograd
    import nn
    from tests.benchmarks.engines import Ours

    engine = Ours()
    w = {name: [[autograd.Value(x) for x in row] for row in rows] for name, rows in gpt.weights().items()}
    loss_of = autograd.compile(lambda tokens, wanted: gpt.loss_of(engine, w, tokens, wanted))
    optimizer = nn.optim.Adam([p for rows in w.values() for row in rows for p in row], gpt.rate(0), gpt.BETAS)
    certain = [[float(i == j) for j in range(len(gpt.ALPHABET))] for i in range(len(gpt.ALPHABET))]
    queue = cycle(names)

    def step() -> float:
        tokens = gpt.numbered(next(queue))
        optimizer.lr = gpt.rate(optimizer.steps)
        return loss_of.update(optimizer, [w["tokens"][t] for t in tokens[:-1]], [certain[t] for t in tokens[1:]])

    return loss_of, step


def gpt_step(engine: Any, name: str) -> Callable[[], object] | None:
    """A training step of the character GPT with Adam, on names in turn."""
    if name == "NumPy":
        return gpt_in_numpy()
    if name == "compiled":
        lengths = {len(name): name for name in gpt.names()}
        _, step = gpt_compiled([*lengths.values(), *gpt.names()])
        for _ in lengths:  # a recording for each, which is not what is measured
            step()
        return step
    if name == "C by hand":
        return by_hand.gpt_step()
    if name == "PyTorch":
        return gpt.torch_step(engine, adam=True)
    return gpt.scalar_step(engine, adam=True) if name in ("plain Python", "native") else None


def large_product(engine: Any, name: str) -> Callable[[], object] | None:
    """What the processor can do: the product of two matrices of 512 by 512 in NumPy."""
    if name != "NumPy":
        return None
    import numpy as np

    a, b = np.random.default_rng(0).random((2, 512, 512))
    return lambda: a @ b


# Compiling itself: the first call, with its two recordings and its run


def written_out(n_points: int) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The loss of the moons network over points, in sums and products of numbers: 644 operations for each point."""
    import autograd

    layers = [([[autograd.Value(v) for v in row] for row in w], [autograd.Value(v) for v in b])
              for w, b in network(2, 16, 16, 1)]  # fmt: skip

    def loss(xs: Any, ys: Any) -> Any:
        losses = []
        for x, y in zip(xs, ys):
            for w, b in layers:
                sums = [sum((wi * xi for wi, xi in zip(row, x)), bias) for row, bias in zip(w, b)]
                x = [autograd.relu(z) for z in sums] if len(b) > 1 else sums
            losses.append(autograd.relu(1 - y * x[0]))
        return sum(losses) * (1 / n_points)

    return loss, points(n_points)


def chain(n: int) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Operations that each need the one before, so that nothing can be done together."""
    import autograd

    a, b, links = autograd.Value(0.5), autograd.Value(-0.25), beside_casadi.links(n)
    return lambda x: links([x, a, b], autograd), (0.25,)


def first_call(make: Callable[[int], Any], n: int) -> Callable[[Any, str], Callable[[], object] | None]:
    """Compiling what is made."""

    def made(engine: Any, name: str) -> Callable[[], object] | None:
        if name != "compiled":
            return None
        function, args = make(n)
        return lambda: engine.compile(function)(*args)

    return made


def products(*sizes: int) -> int:
    """Additions and multiplications of the products of a network with one example; none is needed for its inputs."""
    forward = 2 * sum(n * m for n, m in pairwise(sizes))
    return 3 * forward - 2 * sizes[0] * sizes[1]


STEPS: dict[str, Callable[[Any, str], Callable[[], object] | None]] = {
    "moons step": network_step((2, 16, 16, 1), lambda: points(100), False),
    "digits step, batch of 32": network_step((64, 32, 10), digits, True),
    "784-100-10, batch of 64": network_step((784, 100, 10), pictures, True),
    "784-1260-10, batch of 64": network_step((784, 1260, 10), pictures, True),
    "one example and back": one_example,
    "GPT step with Adam": gpt_step,
    "product of 512 × 512": large_product,
    "compile 100,000 in layers": first_call(written_out, 156),
    "compile 100,000 in a chain": first_call(chain, 100_000),
}
ROUNDS = {  # rows that measure themselves
    "two threads : one": two_threads,
    "call, one product : eager": ratio(one_product),
    "call, in a list : eager": ratio(product_in_a_list),
    "call, one point : eager": ratio(one_point),
    "zero_grad() : moons step": ratio(clearing),
    "labels int64 : float": ratio(whole_labels),
    "plain loop : fused": ratio(plain_loop),
    "nn.fit : fused": fit_beside_fused,
    **beside_casadi.ROUNDS,
}
FLOPS = {
    "moons step": 100 * products(2, 16, 16, 1),
    "digits step, batch of 32": 32 * products(64, 32, 10),
    "784-100-10, batch of 64": 64 * products(784, 100, 10),
    "784-1260-10, batch of 64": 64 * products(784, 1260, 10),
    "one example and back": products(2, 16, 16, 1),
    "product of 512 × 512": 2 * 512**3,
}

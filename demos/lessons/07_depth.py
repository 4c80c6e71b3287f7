# %% [markdown]
"""
# 7. Why depth is hard

The chain rule multiplies. Through twenty layers it multiplies twenty times. A product of twenty numbers is usually tiny
or huge. This lesson looks at what goes wrong, layer by layer, and at the three remedies that made deep networks
possible: initialisation, normalisation, and residual connections.
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 60 minutes

| minutes | part | on the board |
|---|---|---|
| 10 | a product of slopes | 0.25ⁿ for n = 1, 5, 10, 20; a sigmoid with its steepest tangent |
| 12 | layer by layer | two axes: the size of the outputs forward, of the gradients backward |
| 13 | initialisation | Var(z) = n · Var(w) · mean(x²), line by line |
| 8 | normalisation | a list of numbers → minus mean → divided by the standard deviation |
| 7 | residual connections | x → ( + ) with a way around f; the slope 1 + f′ |
| 10 | does it train? | votes before the curves are shown |

Exercises: 30 minutes.

**Usual questions**

- *Why not simply a large learning rate where gradients are small?* Each layer would need its own. And hardly anything
  of the loss arrives at the first layers, so their gradients say little about it.
- *Does the gradient of relu not vanish at all?* It does. The slope of relu is 1 where z > 0. But about half of all
  neurons have z < 0, and the weights still multiply.
- *Is a vanishing gradient not a sign that the bottom is reached?* No. At the bottom the loss is as small as it can be.
  Here the loss is large, and larger weights at the start make it much smaller.
- *1/n or 2/n: does the difference matter?* In one layer hardly. In twenty layers it is a factor of 2²⁰ in the variance,
  a million.
"""

# %%
import math
import random

import matplotlib.pyplot as plt

import autograd
from autograd import Value, draw, explore, show
from autograd.classroom import check
from nn import Layer, LayerNorm, Module, mse_loss, optim

plt.style.use("autograd.classroom.projector")  # large type
BLUE, ORANGE, GREEN, PURPLE = "#2f6fad", "#b05a00", "#3d8168", "#7b5ea7"

# %% [markdown]
# ## A product of slopes
#
# The smallest deep network has one neuron in each layer: x ← f(w · x), again and again. Its derivative is the product
# of all slopes on the way, f′ times w for each layer. The slope of the sigmoid is at most 1/4, at z = 0:

# %%
x = Value(0.5)
y = x
for _ in range(4):
    y = autograd.sigmoid(y)
y.backward()
show(draw(y))

# %% [markdown]
# Read the gradients from the right to the left: each is less than a quarter of the one before. Now move x on this page,
# and look at its gradient: wherever you go, it stays below (1/4)⁴.

# %%
show(explore(y))

# %% [markdown]
# How far does that go? Here is the gradient through up to thirty such neurons, with other functions and weights too.


# %%
def gradient_through(depth, f, w):
    """The derivative of x ← f(w · x), depth times, by the first x."""
    x = y = Value(0.5)
    for _ in range(depth):
        y = f(w * y)
    y.backward()
    return x.grad


# %%
depths = range(1, 31)
figure, axes = plt.subplots()
for name, f, w, colour in (
    ("sigmoid, w = 1", autograd.sigmoid, 1.0, BLUE),
    ("tanh, w = 0.7", autograd.tanh, 0.7, GREEN),
    ("tanh, w = 3", autograd.tanh, 3.0, PURPLE),
    ("relu, w = 0.5", autograd.relu, 0.5, "grey"),
    ("relu, w = 1.5", autograd.relu, 1.5, ORANGE),
):
    gradients = [gradient_through(n, f, w) for n in depths]
    axes.semilogy(depths, gradients, "o-", color=colour, linewidth=2, label=name)
axes.set(title="The gradient through n layers of one neuron", xlabel="n")
axes.set(ylabel="∂y/∂x", ylim=(1e-20, 1e6))
figure.legend(loc="outside right center")
show(figure)

# %% [markdown]
# On a logarithmic axis these are nearly straight lines: the gradient **vanishes** or **explodes** exponentially with
# the depth. tanh vanishes in both cases: with a small w because of w, with a large one because it is saturated.
# (Hochreiter 1991)

# %% [markdown]
# ## Layer by layer
#
# Now we take 16 neurons a layer. The weights are drawn from a normal distribution with mean 0 and standard deviation σ:
# their typical size is σ. (σ² is called the variance.) After one backward pass we look at every layer: how large are
# its outputs, and how large is the gradient that arrives there?


# %%
class Deep(Module):
    """Layers of equal width. The remedies of this lesson are options."""

    def __init__(
        self, depth, sigma, f=autograd.tanh, width=16, normalised=False, residual=False
    ):
        rng = random.Random(1)

        def weight(rng, fan_in, fan_out):
            return rng.gauss(0, sigma)

        self.layers = [Layer(width, width, "linear", weight, rng) for _ in range(depth)]
        self.norms = [LayerNorm(width) for _ in range(depth)] if normalised else []
        self.f, self.residual = f, residual

    def trace(self, x):
        """The outputs of every layer, the last one being the result."""
        outputs = []
        for i, layer in enumerate(self.layers):
            z = layer(x)
            if self.norms:
                z = self.norms[i](z)
            y = [self.f(each) for each in z]
            x = [a + b for a, b in zip(x, y)] if self.residual else y
            outputs.append(x)
        return outputs

    def __call__(self, x):
        """The result."""
        return self.trace(x)[-1]


# %%
def root_mean_square(numbers):
    """The size of a list of numbers."""
    return math.sqrt(sum(number**2 for number in numbers) / len(numbers))


def sizes(model, width=16):
    """The size of every layer's outputs, and of the gradients that arrive there."""
    rng = random.Random(2)
    outputs = model.trace([rng.gauss(0, 1) for _ in range(width)])
    # Any loss will do
    autograd.dot([rng.gauss(0, 1) for _ in range(width)], outputs[-1]).backward()
    forward = [root_mean_square([y.data for y in layer]) for layer in outputs]
    backward = [root_mean_square([y.grad for y in layer]) for layer in outputs]
    return forward, backward


# %%
def compare(models, title):
    """A figure with the sizes of several networks, forward and backward."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.6), sharex=True)
    look = {"marker": "o", "linewidth": 2}
    for (name, model), colour in zip(models.items(), (BLUE, GREEN, ORANGE)):
        forward, backward = sizes(model)
        layers = range(1, len(forward) + 1)
        left.semilogy(layers, forward, color=colour, label=name, **look)
        right.semilogy(layers, backward, color=colour, **look)
    left.set(title="forward: size of the outputs", xlabel="layer")
    right.set(title="backward: size of ∂loss/∂outputs", xlabel="layer")
    for axes in (left, right):
        low, high = axes.get_ylim()
        axes.set(ylim=(min(low, 1e-3), max(high, 1e2)), xticks=range(0, 21, 5))
    figure.legend(loc="outside lower center", ncols=len(models))
    figure.suptitle(title)
    return figure


# %%
models = {f"σ = {sigma}": Deep(20, sigma) for sigma in (0.05, 0.25, 1.0)}
show(compare(models, "20 layers of 16 neurons, tanh"))

# %% [markdown]
# Read the left picture from left to right, as the numbers flow, and the right one from right to left.
#
# - **σ = 0.05:** each layer shrinks the outputs to a fifth, and the gradients too. Hardly anything of the input reaches
#   the last layers, and hardly anything of the loss reaches the first ones.
# - **σ = 1:** whatever comes in, the outputs are near ±1: saturated. Most slopes are nearly 0. But the large weights
#   more than make up for that: on its way back the gradient grows, in jumps.
# - **σ = 0.25:** both nearly keep their size. And 0.25 is 1/√16.

# %% [markdown]
# ## Initialisation
#
# Is that a coincidence? Take z = w₁ · x₁ + … + wₙ · xₙ with weights drawn independently, of mean 0 and variance σ².
# Then the terms are independent, the mean of z is 0, and the variance of the sum is the sum of the variances:
#
# **mean(z²) = n · σ² · mean(x²)**
#
# So numbers keep their size from layer to layer if n · σ² = 1: **σ = 1/√n**. Backward it is the same sum, over the
# neurons of the next layer. With n inputs and m outputs you take a compromise, σ² = 2/(n + m), named after Xavier
# Glorot. This works for tanh, whose slope is close to 1 as long as z is small. But relu sets the negative half to 0,
# and so loses half of mean(z²). To make up for it the variance must be twice as large: **σ = √(2/n)**, named after
# Kaiming He. (Glorot & Bengio 2010; He et al. 2015)

# %%
n = 16
models = {
    "σ = 1/√n": Deep(20, math.sqrt(1 / n), autograd.relu),
    "σ = √(2/n)": Deep(20, math.sqrt(2 / n), autograd.relu),
    "σ = √(4/n)": Deep(20, math.sqrt(4 / n), autograd.relu),
}
show(compare(models, "20 layers of 16 neurons, relu"))

# %% [markdown]
# A factor of 2 in the variance is a factor of √2 in the size. After twenty layers it is (√2)²⁰ = 1024, upwards or
# downwards.

# %% [markdown]
# ## Normalisation
#
# Training changes the weights, so a good beginning is not enough. Keep the size in every layer: subtract the mean of
# the numbers, and divide by their standard deviation. That is **layer normalisation**.

# %%
numbers = [3.0, -1.0, 4.0, 2.0]
mean = sum(numbers) / 4
deviation = math.sqrt(sum((x - mean) ** 2 for x in numbers) / 4)
print(f"mean {mean}, standard deviation {deviation:.4f}")
print("by hand     ", [round((x - mean) / deviation, 4) for x in numbers])
print("by LayerNorm", [round(y.data, 4) for y in LayerNorm(4)(numbers)])
models = {f"σ = {s}": Deep(20, s, normalised=True) for s in (0.05, 0.25, 1.0)}
show(compare(models, "the same with LayerNorm, tanh"))

# %% [markdown]
# These are the same three σ as at the beginning, but now the three curves lie on each other. A factor that multiplies
# all weights of a layer is divided out again. This is so backward, too: the mean and the deviation are computed from
# Values, and the gradient goes through them. (Ba et al. 2016)

# %% [markdown]
# ## Residual connections
#
# There is another way to avoid the product. Let a layer only *add* something: **x ← x + f(x)**. Its slope is 1 + f′(x).
# Even where f′(x) is nearly 0, the gradient gets through, because of the 1.

# %%
models = {
    "x ← f(x), σ = 0.05": Deep(20, 0.05),
    "x ← x + f(x), σ = 0.05": Deep(20, 0.05, residual=True),
    "x ← x + f(x), σ = 0.25": Deep(20, 0.25, residual=True),
}
show(compare(models, "residual connections, tanh"))

# %% [markdown]
# With small weights a residual network hands on nearly what came in. So nothing vanishes, however deep it is. With
# larger weights the sizes grow slowly, because sums add up. That is why residual networks also normalise. The GPT of
# lesson 8 does so. (He et al. 2016)

# %% [markdown]
# ## Does it train?
#
# Ten layers of 8 neurons must learn a wave. All four networks get the same data and the same number of steps. Vote
# before the cell runs: which of them learn?


# %%
def trained(name, steps=150, **options):
    """The losses of a deep network between two linear layers. Prints its gradients."""
    rng = random.Random(5)
    first, last = Layer(1, 8, rng=rng), Layer(8, 1, rng=rng)
    deep = Deep(10, width=8, **options)
    parameters = [p for part in (first, deep, last) for p in part.parameters()]
    optimizer = optim.Adam(parameters, lr=0.005)
    losses = []
    for _ in range(steps):
        predictions = [last(deep(first([x])))[0] for x, _ in waves]
        loss = mse_loss(predictions, [y for _, y in waves])
        optimizer.zero_grad()
        loss.backward()
        if not losses:
            size = root_mean_square([p.grad for p in deep.parameters()])
        optimizer.step()
        losses.append(loss.data)
    print(f"{name:29} grad {size:.0e}, loss {losses[0]:.3f} → {losses[-1]:.4f}")
    return losses


# %%
waves = [(k / 6 - 1.5, math.sin(3 * (k / 6 - 1.5))) for k in range(19)]
both = {"residual": True, "normalised": True}
histories = {
    "σ = 0.05": {"sigma": 0.05},
    "σ = 1/√n": {"sigma": math.sqrt(1 / 8)},
    "σ = 0.05, residual": {"sigma": 0.05, "residual": True},
    "σ = 0.05, residual, LayerNorm": {"sigma": 0.05, **both},
}
histories = {name: trained(name, **options) for name, options in histories.items()}

# %%
figure, axes = plt.subplots()
for (name, losses), colour in zip(histories.items(), ("grey", BLUE, GREEN, ORANGE)):
    axes.semilogy(losses, color=colour, label=name)
axes.set(title="Ten layers learn a wave, or not", xlabel="step", ylabel="loss")
axes.legend()
show(figure)

# %% [markdown]
# The grey curve is stuck at about 1/2, the variance of the wave: this network says the mean, whatever the input. Its
# formula and its gradients are right. But the gradients are less than 10⁻⁹. In the first layers the reason is that
# hardly anything of the loss arrives there. In the last layers hardly anything of the input arrives. (The gradient of a
# weight is δ · x.) Even Adam does not help. It divides each gradient by its size plus 10⁻⁸, so as not to divide by 0,
# and here 10⁻⁸ is the larger part.
#
# The orange curve begins high, because with LayerNorm every layer adds numbers of a size near 1 from the beginning. But
# it is the first to learn.

# %% [markdown]
# Exploding gradients have a simpler remedy. If the list of all gradients is longer than a limit, scale it down to the
# limit. You write that in exercise 7.4. In `nn` it is `optim.clip_grad_norm`. (Pascanu, Mikolov & Bengio 2013)
#
# **What to remember:** through many layers the chain rule is a long product; σ = 1/√n for tanh and √(2/n) for relu keep
# it near 1; normalisation keeps it there while the weights change; a residual connection adds a path around the
# product.

# %% [markdown]
# ## Exercises
#
# ### 7.1 How deep?
#
# Take sigmoids in a row, with w = 1, each at its steepest place. What is the largest number of layers through which at
# least a millionth of the gradient gets?

# %% 7.1
layers = ...

# %%
show(check(layers, "7.1"))

# %% [markdown]
# ### 7.2 How large should the weights be?
#
# Return the standard deviation σ of the weights of a layer with relu and `fan_in` inputs.


# %% 7.2
def standard_deviation(fan_in):
    """σ of the weights of a relu layer, by He et al."""
    ...


# %%
show(check(standard_deviation, "7.2"))

# %% [markdown]
# ### 7.3 Normalise
#
# Shift and scale the numbers of a list, so that the result has mean 0 and mean square 1. (Leave out eps and weights.)


# %% 7.3
def normalised(numbers):
    """The numbers, shifted and scaled to mean 0 and variance 1."""
    ...


# %%
show(check(normalised, "7.3"))

# %% [markdown]
# ### 7.4 Clip the gradient
#
# The length of a list of gradients is the root of the sum of their squares. If it is more than `most`, multiply all
# gradients by one factor, so that the length is `most`. If not, leave them as they are. Return the list.


# %% 7.4
def clipped(gradients, most):
    """The gradients, scaled down to the length `most` where they are longer."""
    ...


# %%
show(check(clipped, "7.4"))

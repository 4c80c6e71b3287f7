# %% [markdown]
"""
# 4. Neuron and layer

A neuron weighs its inputs, adds a bias, and bends the result. One neuron draws one straight line. Neurons side by
side make a layer, layers in a row make a network, and a network can draw any curve. The gradients come from lesson 3.
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 60 minutes

| minutes | part | on the board |
|---|---|---|
| 10 | weigh, add, bend | one neuron: arrows with weights, a circle with Σ and b, an S-curve |
| 10 | what a neuron sees | the plane with the line w·x + b = 0 and the arrow w at a right angle to it |
| 5 | a neuron is a template | a 3 × 3 cross, weights of +1 and −1 on it |
| 10 | the gradient of a neuron | the graph for two inputs; δ at the circle, δ · xᵢ at the weights |
| 15 | one line is not enough | the four points of exclusive or, and any attempt to part them with a ruler |
| 10 | layers, and a network | columns of circles; the count of the weights |

Exercises: 30 minutes.

**Usual questions**

- *What does the bias do?* It moves the line away from the origin. Without it the output at x = 0 is fixed, whatever the
  weights are: 0 with tanh, 1/2 with sigmoid.
- *Why is the activation needed at all?* Without it two layers can do no more than one: a weighted sum of weighted sums
  is a weighted sum.
- *Which activation is the right one?* Any that bends. tanh is easy to think with; relu is fast, and does not flatten on
  the right side. Deep networks need that (lesson 7).
- *Is this how the brain does it?* The idea came from there, in 1943. Today it is a formula that is easy to
  differentiate.
"""

# %%
import math
import random

import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

import autograd
from autograd import Value, draw, show
from autograd.classroom import check
from nn import MLP

plt.style.use("autograd.classroom.projector")  # large type
BLUE, ORANGE = "#2f6fad", "#b05a00"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])

# %% [markdown]
# ## Weigh, add, bend
#
# **y = f(w₁ · x₁ + w₂ · x₂ + … + b)**
#
# The weights w say how much each input counts, and for or against. The sum of products w₁ · x₁ + w₂ · x₂ + … is written
# **w·x**, and called the **dot product**. The bias b moves the threshold, and the **activation** f bends. From now on
# we use the `Value` of the engine. It is your class of lesson 3, with more operations and error messages, and written
# in C as well.


# %%
class Neuron:
    """tanh(w·x + b)."""

    def __init__(self, weights, bias):
        self.w = [Value(weight, label=f"w{i}") for i, weight in enumerate(weights, 1)]
        self.b = Value(bias, label="b")

    def __call__(self, x):
        """The output, a Value, for a list of inputs."""
        z = self.b
        for weight, number in zip(self.w, x):
            z = z + weight * number
        return z.tanh()


neuron = Neuron([1.5, -1.0], 0.5)
for x in ([0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]):
    print(f"x = {x}: y = {neuron(x).data:+.3f}")

# %% [markdown]
# Here are four activations. sigmoid runs from 0 to 1, and tanh from −1 to 1. relu is max(0, z), and gelu is a relu with
# a soft corner. Below each is its slope. The backward pass multiplies by this slope: where it is 0, no gradient gets
# through.

# %%
zs = [z / 20 for z in range(-100, 101)]
activations = (autograd.sigmoid, autograd.tanh, autograd.relu, autograd.gelu)
figure, grid = plt.subplots(2, 4, figsize=(10.5, 5), sharex=True, sharey="row")
for column, f in zip(grid.T, activations):
    outputs = [f(z) for z in zs]
    slopes = [autograd.derivative(f)(z) for z in zs]
    column[0].plot(zs, outputs, color=BLUE)
    column[1].plot(zs, slopes, color=ORANGE)
    column[0].set(title=f.__name__, ylim=(-1.3, 3))
    column[1].set(xlabel="z", ylim=(-0.3, 1.3))
grid[0, 0].set_ylabel("f(z)")
grid[1, 0].set_ylabel("slope f′(z)")
show(figure)

# %% [markdown]
# ## What a neuron sees
#
# With two inputs we can see everything that a neuron does. Where w·x + b = 0 its output is 0, and these points form a
# straight line. The vector w is at a right angle to this line. It points to the side where the output is above 0. The
# longer w, the steeper the step from one side to the other.


# %%
def picture(axes, f, title):
    """The numbers of f over the plane: blue below 0, orange above."""
    side = [i / 15 - 2 for i in range(61)]
    with autograd.no_grad():
        heights = [[f([x1, x2]) for x1 in side] for x2 in side]
    levels = [i / 10 - 1.05 for i in range(22)]
    axes.contourf(side, side, heights, levels=levels, cmap=SIGNED, extend="both")
    axes.contour(side, side, heights, levels=[0], colors="black", linewidths=2)
    axes.set(title=title, aspect="equal", xlabel="$x_1$", ylabel="$x_2$")


# %%
settings = [([1.5, -1.0], 0.5), ([1.5, -1.0], -1.5), ([6.0, -4.0], 2.0)]
figure, places = plt.subplots(1, 3, figsize=(10.5, 4.4), sharey=True)
for axes, (weights, bias) in zip(places, settings):
    neuron = Neuron(weights, bias)
    picture(axes, lambda x, f=neuron: f(x).data, f"w = {weights}, b = {bias}")
    length = math.hypot(*weights)
    foot = [-bias * weight / length**2 for weight in weights]
    arrow = [weight / length for weight in weights]
    axes.arrow(*foot, *arrow, width=0.05, color="black")
show(figure)

# %% [markdown]
# From the first to the second only b changed: the line moved. From the first to the third all numbers were multiplied
# by 4: the line stayed where it was, and the step became steep.

# %% [markdown]
# ## A neuron is a template
#
# If the nine inputs are the pixels of a 3 × 3 image, w is an image too. w·x is largest for the image that has ink where
# w is positive, and none where w is negative.

# %%
images = {
    "plus": [0, 1, 0, 1, 1, 1, 0, 1, 0],
    "cross": [1, 0, 1, 0, 1, 0, 1, 0, 1],
    "bar": [0, 0, 0, 1, 1, 1, 0, 0, 0],
    "full": [1, 1, 1, 1, 1, 1, 1, 1, 1],
}
template = [2 * pixel - 1 for pixel in images["plus"]]  # +1 on the plus, −1 beside it

# %%
figure, places = plt.subplots(1, 5, figsize=(10.5, 3))
for axes, (name, image) in zip(places, {"weights": template, **images}.items()):
    score = f"w·x = {autograd.dot(template, image):+g}" if name != "weights" else ""
    axes.imshow([image[:3], image[3:6], image[6:]], cmap=SIGNED, vmin=-1, vmax=1)
    axes.set(title=f"{name}\n{score}", xticks=[], yticks=[])
show(figure)

# %% [markdown]
# With the bias −3.5 only the plus is above 0. But a network does not get its weights by hand. It learns them, and for
# that it needs gradients.

# %% [markdown]
# ## The gradient of a neuron
#
# Let z = w·x + b and y = tanh(z). When the gradient ∂loss/∂y arrives, the chain rule gives
#
# **δ = ∂loss/∂z = ∂loss/∂y · (1 − y²),  ∂loss/∂wᵢ = δ · xᵢ,  ∂loss/∂b = δ,  ∂loss/∂xᵢ = δ · wᵢ.**
#
# One number, δ, decides for all weights of the neuron. A weight learns in proportion to its input.

# %%
neuron = Neuron([1.5, -1.0], 0.5)
x1, x2 = Value(1.0, label="x1"), Value(2.0, label="x2")
y = neuron([x1, x2])
y.label = "y"
y.backward()
show(draw(y))

# %% [markdown]
# Here z = 1.5 − 2 + 0.5 = 0, tanh is steepest, and δ = 1. Now take the same neuron with a first input of 10, and with a
# first input of 0:

# %%
for x in ([1.0, 2.0], [10.0, 2.0], [0.0, 2.0]):
    neuron = Neuron([1.5, -1.0], 0.5)
    y = neuron(x)
    y.backward()
    w1, w2, b = (p.grad for p in (*neuron.w, neuron.b))
    gradients = f"∂w {w1:.2g}, {w2:.2g}, ∂b {b:.2g}"
    print(f"x = {x}: y = {y.data:+.4f}, {gradients}")

# %% [markdown]
# At z = 13.5 tanh is flat: the neuron is **saturated**. Then δ ≈ 0, and the neuron learns hardly anything, however
# wrong it is. And the weight of an input that is 0 has the gradient 0: it did not change the result.

# %% [markdown]
# ## One line is not enough
#
# **Exclusive or** is 1 where exactly one of two inputs is 1. Can a neuron be positive there, and negative at the other
# two points? tanh(z) has the sign of z = w·x + b, so all four of these must hold:
#
# | x₁, x₂ | wanted | |
# |---|---|---|
# | 0, 0 | − | b < 0 |
# | 1, 0 | + | w₁ + b > 0 |
# | 0, 1 | + | w₂ + b > 0 |
# | 1, 1 | − | w₁ + w₂ + b < 0 |
#
# Add the two in the middle: w₁ + w₂ + 2 · b > 0. Add the first and the last: w₁ + w₂ + 2 · b < 0. Both cannot be true.
# No weights do it, so no training can find them. (Minsky & Papert 1969)
#
# Three neurons can do it. The first is above 0 as soon as one input is 1. The second is above 0 only if both are 1. The
# third takes the first, minus twice the second, minus 1/2:

# %%


def exclusive_or(x):
    """Two neurons with relu, and one that weighs them."""
    one_or_more = autograd.relu(x[0] + x[1])
    two = autograd.relu(x[0] + x[1] - 1)
    return one_or_more - 2 * two - 0.5


print({(x1, x2): exclusive_or([x1, x2]) for x1 in (0, 1) for x2 in (0, 1)})
figure, axes = plt.subplots(figsize=(6, 5))
picture(axes, exclusive_or, "two lines, made of three neurons")
for x1, x2 in ((0, 0), (0, 1), (1, 0), (1, 1)):
    colour = ORANGE if x1 != x2 else BLUE
    axes.plot(x1, x2, "o", color=colour, markersize=16, markeredgecolor="white")
show(figure)

# %% [markdown]
# The first two neurons give the points new coordinates: (0, 0) stays where it is, (0, 1) and (1, 0) both go to (1, 0),
# and (1, 1) goes to (2, 1). In these coordinates one line is enough. That is what **hidden layers** are for: the layers
# before the last one.
#
# The bend makes this possible. Without an activation, two hundred layers can do no more than one. Here are two linear
# layers, and the one linear layer that does the same.

# %%
first, second = [[1.0, 2.0], [3.0, -1.0]], [[0.5, -1.0]]
both = [[autograd.dot(row, column) for column in zip(*first)] for row in second]
for x in ([1.0, 1.0], [-2.0, 5.0]):
    by_two = autograd.linear(second, autograd.linear(first, x))
    print("by two layers", by_two, "by one", autograd.linear(both, x), "with", both)

# %% [markdown]
# ## Layers, and a network
#
# A **layer** is a list of neurons with the same inputs. A **multi-layer perceptron** feeds the outputs of a layer to
# the next one. That is all:


# %%
class Layer:
    """Neurons side by side."""

    def __init__(self, n_in, n_out, rng):
        def weights():
            return [rng.uniform(-1, 1) for _ in range(n_in)]

        self.neurons = [Neuron(weights(), 0.0) for _ in range(n_out)]

    def __call__(self, x):
        """The outputs of all neurons."""
        return [neuron(x) for neuron in self.neurons]


# %%
class Network:
    """Layers in a row: sizes [3, 1] are three neurons, and one that reads them."""

    def __init__(self, n_in, sizes, rng):
        pairs = zip([n_in, *sizes], sizes)  # inputs and outputs of each layer
        self.layers = [Layer(fan_in, fan_out, rng) for fan_in, fan_out in pairs]

    def __call__(self, x):
        """The outputs of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        """All weights and biases."""
        neurons = [neuron for layer in self.layers for neuron in layer.neurons]
        return [p for neuron in neurons for p in (*neuron.w, neuron.b)]


# %%
network = Network(2, [3, 1], random.Random(1))
print(network([1.0, -1.0]), "from", len(network.parameters()), "parameters")

# %% [markdown]
# The package `nn` has the same under the usual names, so we need not write it again. Its last layer is linear, so its
# output can be any number. A layer of m neurons with n inputs has m · n weights and m biases.

# %%
model = MLP(2, [4, 4, 1], activation="tanh", rng=random.Random(1))
print(model)
show(draw(model, x=[1.0, -1.0]))

# %% [markdown]
# Every edge is a weight, blue below 0 and orange above. The circles show the outputs. Next come the outputs of three
# networks with random weights: a small one, a wider one and a deeper one.

# %%
figure, places = plt.subplots(1, 3, figsize=(10.5, 4.4), sharey=True)
for axes, sizes in zip(places, ([4, 1], [30, 1], [10, 10, 10, 1])):
    rng = random.Random(3)
    network = MLP(2, sizes, activation="tanh", initialisation="normal", rng=rng)
    title = f"{sizes}\n{len(network.parameters())} parameters"
    picture(axes, lambda x, f=network: f(x).tanh().data, title)
show(figure)

# %% [markdown]
# These networks have learned nothing, but their lines already bend. Lessons 5 and 6 make them bend where we want.
#
# **What to remember:** a neuron is a line with a soft edge; the gradient of its weights is δ times the inputs; one line
# is not enough for exclusive or; a hidden layer gives new coordinates, if its neurons bend.

# %% [markdown]
# ## Exercises
#
# ### 4.1 A neuron of numbers
#
# Write a neuron as a function, with plain floats: tanh(w·x + b). `math.tanh` does the bending (import math).


# %% 4.1
def neuron_of(w, b, x):
    """tanh(w·x + b), of two lists of equal length and a number."""
    ...


# %%
show(check(neuron_of, "4.1"))

# %% [markdown]
# ### 4.2 How many parameters?
#
# `MLP(2, [16, 16, 1])` has 337. Write the function that counts.


# %% 4.2
def count_parameters(n_in, sizes):
    """How many weights and biases: n_in inputs, and layers of these sizes."""
    ...


# %%
show(check(count_parameters, "4.2"))

# %% [markdown]
# ### 4.3 The majority
#
# Take three inputs, each 0 or 1. Choose weights and a bias so that w·x + b is above 0 where at least two inputs are 1,
# and below 0 elsewhere.

# %% 4.3
majority = {"w": [..., ..., ...], "b": ...}

# %%
show(check(majority, "4.3"))

# %% [markdown]
# ### 4.4 The gradient of a neuron, by hand
#
# y = tanh(w·x + b). Without an engine: return ∂y/∂w as a list, and ∂y/∂b.


# %% 4.4
def gradient_of_neuron(w, b, x):
    """A list with ∂y/∂wᵢ for each weight, and ∂y/∂b: return [...], ..."""
    ...


# %%
show(check(gradient_of_neuron, "4.4"))

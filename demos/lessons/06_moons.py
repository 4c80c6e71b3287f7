# %% [markdown]
"""
# 6. Training the moons

This lesson puts everything together: data, a network of 105 parameters, a loss, and gradient descent. The points form
two half-circles, and no straight line can separate them. You can watch the boundary of the network bend until it does.
Then comes the question that matters: what does the network say about points that it has never seen?
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 60 minutes

| minutes | part | on the board |
|---|---|---|
| 8 | the data | two half-circles, and a ruler between them that does not help |
| 7 | the model, and its loss before any training | 2 → 8 → 8 → 1, and the count 24 + 72 + 9 = 105 |
| 15 | training | forward, zero, backward, step, once more; then the boundary at steps 0, 20, 100, 500 |
| 10 | what the hidden neurons do | eight lines; their weighted sum |
| 12 | points never seen | two curves of the loss: one falls, the other turns upwards |
| 8 | what you can change | a table of settings, filled in by votes before the cell runs |

Exercises: 40 minutes; the last one is a competition.

**Usual questions**

- *Why does the loss begin near 1?* A network that always says 1/2 has the loss −log(1/2) = 0.69. A network with random
  weights is a little worse: it says something other than 1/2, and is often wrong.
- *16 % right before any training, should it not be half?* On average over many random networks, yes. This one happens
  to have the sides the wrong way round. Training turns them within a few steps.
- *Is it cheating to draw the points with `random`?* No. It is convenient: we can draw as many new points as we like,
  and we know their classes. Real data are scarcer.
- *Why not as many neurons as possible?* They cost time, and with few examples they learn the noise by heart.
- *Every seed gives another result. Which one counts?* None alone. Train with several seeds, and report the mean and the
  spread.
"""

# %%
import math
import random

import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

import autograd
from autograd import draw, explore, no_grad, show
from autograd.classroom import check
from nn import MLP, binary_cross_entropy_with_logits, optim

plt.style.use("autograd.classroom.projector")  # large type
BLUE, ORANGE = "#2f6fad", "#b05a00"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])

# %% [markdown]
# ## The data
#
# Class 1 is an upper half-circle. Class 0 is a lower one that reaches into it. Both coordinates have noise.


# %%
def two_moons(n, noise, rng):
    """n points, and their classes, 0 and 1 in turn."""
    points, classes = [], []
    for i in range(n):
        angle = math.pi * rng.random()
        x, y = math.cos(angle), math.sin(angle)
        if i % 2 == 0:
            x, y = 1 - x, 0.5 - y
        points.append([x + rng.gauss(0, noise), y + rng.gauss(0, noise)])
        classes.append(i % 2)
    return points, classes


points, classes = two_moons(100, 0.15, random.Random(1))


# %%
def scatter(axes, points, classes, size=45):
    """The points: class 0 blue circles, class 1 orange squares."""
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        chosen = [point for point, own in zip(points, classes) if own == label]
        axes.scatter(*zip(*chosen), c=colour, marker=marker, edgecolors="white", s=size)
    axes.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")


# %%
figure, axes = plt.subplots()
scatter(axes, points, classes)
axes.set(title="Two moons")
show(figure)

# %% [markdown]
# ## The model, and its loss before any training
#
# The model has two hidden layers of 8 neurons with tanh, and one linear neuron. Its output is the score z: above 0
# means class 1. The loss is the mean of the cross-entropy of lesson 5 over all points.

# %%
model = MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(1))


def loss_of(model, points, classes):
    """The mean cross-entropy."""
    return binary_cross_entropy_with_logits([model(point) for point in points], classes)


def accuracy(model, points, classes):
    """The fraction, from 0 to 1, of the points on the right side of the boundary."""
    with no_grad():
        scores = [model(point).data for point in points]
    return sum((z > 0) == (own == 1) for z, own in zip(scores, classes)) / len(classes)


# %%
print(model)
loss = loss_of(model, points, classes)
print(f"loss {loss.data:.3f}, where always 1/2 would have {math.log(2):.3f}")
print(f"accuracy {accuracy(model, points, classes):.0%}")
print(f"the graph of this loss has {len(autograd.topological_order(loss)):,} nodes")

# %% [markdown]
# That is the graph for all points. For one point alone, the network is small enough to be drawn:

# %%
model.zero_grad()
one = loss_of(model, [points[1]], [classes[1]])
one.backward()
show(draw(model, x=points[1], by="grad", number_format=".2f"))

# %% [markdown]
# Here the edges are not weights but their *gradients* for this one point: how fast the loss grows with each weight. By
# lesson 4 each is δ · x. So an edge is thin if the number x that runs along it is small, or if the δ at its end is
# small. (∂b in a circle is the gradient of the bias, which is δ itself.)

# %% [markdown]
# ## Training
#
# Forward, zero, backward, step. `optim.SGD` does the last of them for all parameters: p.data −= lr · p.grad. On the way
# we look at the boundary, where the score is 0. In a browser each of the four cells that train takes half a minute.


# %%
def scores_over_the_plane(model, n=40):
    """The scores at n × n places, and the places."""
    xs = [-1.9 + 4.7 * i / (n - 1) for i in range(n)]
    ys = [-1.3 + 3.2 * i / (n - 1) for i in range(n)]
    with no_grad():
        return xs, ys, [[model([x, y]).data for x in xs] for y in ys]


def boundary(axes, scores, points, classes, title):
    """The probability of class 1 in colours, the boundary, and the points."""
    xs, ys, rows = scores
    probabilities = [[autograd.sigmoid(z) for z in row] for row in rows]
    look = {"cmap": SIGNED, "vmin": 0, "vmax": 1, "alpha": 0.8}
    axes.contourf(xs, ys, probabilities, levels=20, **look)
    axes.contour(xs, ys, rows, levels=[0], colors="black", linewidths=2.5)
    scatter(axes, points, classes, 25)
    axes.set(title=title, xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))


# %%
def train(model, points, classes, steps, optimizer, watch=lambda step: None):
    """Gradient descent on all points at once; returns the loss before each step."""
    losses = []
    for step in range(steps):
        watch(step)
        loss = loss_of(model, points, classes)  # forward
        optimizer.zero_grad()  # zero
        loss.backward()  # backward
        optimizer.step()  # step
        losses.append(loss.data)
    watch(steps)
    return losses


# %%
seen = {}


def look(step):
    """Keep the picture of some steps."""
    if step in (0, 20, 100, 500):
        seen[step] = scores_over_the_plane(model), accuracy(model, points, classes)


optimizer = optim.SGD(model.parameters(), lr=0.5)
losses = train(model, points, classes, 500, optimizer, look)
for step in (0, 1, 20, 100, 200, 499):
    print(f"step {step:3}: loss {losses[step]:.4f}")

# %%
figure, places = plt.subplots(2, 2, figsize=(10, 7.6), sharex=True, sharey=True)
for axes, (step, (scores, right)) in zip(places.flat, seen.items()):
    boundary(axes, scores, points, classes, f"step {step}: {right:.0%} right")
    axes.label_outer()
show(figure)

# %%
figure, axes = plt.subplots()
axes.semilogy(losses, color=BLUE)
axes.set(title="Training", xlabel="step", ylabel="loss")
show(figure)

# %% [markdown]
# First the network finds a line that is nearly straight, and is right on nine points of ten. Then, for a hundred steps,
# little seems to happen. Then the line bends. A plateau in the loss is not the end.
#
# Now train one yourself: press Play. Each tile shows the output of its neuron over the plane. Then choose a learning
# rate that is too large, and see what breaks. Move a point. Start again with another seed.

# %%
again = MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(1))
show(explore(again, binary_cross_entropy_with_logits, zip(points, classes), lr=1.0))

# %% [markdown]
# ## What the hidden neurons do
#
# Each neuron of the first layer divides the plane by a line, as in lesson 4. The second layer combines these lines to
# curves. The last neuron weighs the curves.

# %%
first, second, _ = model.layers


def plot_outputs(axes, f):
    """What a neuron says over the plane."""
    xs, ys, outputs = scores_over_the_plane(f, 25)
    axes.contourf(xs, ys, outputs, levels=20, cmap=SIGNED, vmin=-1, vmax=1)


# %%
figure, grid = plt.subplots(2, 4, figsize=(10.5, 5), sharex=True, sharey=True)
for k in range(4):
    plot_outputs(grid[0, k], first.neurons[k])
    plot_outputs(grid[1, k], lambda x, k=k: second.neurons[k](first(x)))
for axes in grid.flat:
    scatter(axes, points, classes, 14)
    axes.set(xlabel="", ylabel="", xticks=[], yticks=[])
grid[0, 0].set_ylabel("first layer")
grid[1, 0].set_ylabel("second layer")
figure.suptitle("four neurons of each hidden layer")
show(figure)

# %% [markdown]
# ## Points never seen
#
# The network is right on 99 of the 100 points that trained it. A table of these points could do that as well. What
# counts is **generalisation**: the accuracy on points of the same kind that played no part in training, the **test
# set**. We draw 500 new ones, and make it hard: more noise, and only 30 points to train on.

# %%
few, few_classes = two_moons(30, 0.3, random.Random(5))
new, new_classes = two_moons(500, 0.3, random.Random(4))
model = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))
tests = {}


def test(step):
    """The loss on the new points, now and then."""
    if step % 20 == 0:
        with no_grad():
            tests[step] = loss_of(model, new, new_classes).data


# %%
optimizer = optim.Adam(model.parameters(), lr=0.02)
losses = train(model, few, few_classes, 600, optimizer, test)
best = min(tests, key=tests.get)
right = accuracy(model, few, few_classes), accuracy(model, new, new_classes)
print(f"on the 30: loss {losses[-1]:.4f}, accuracy {right[0]:.0%}")
print(f"on the 500 new ones: loss {tests[600]:.3f}, accuracy {right[1]:.0%}")
print(f"the least loss on the new ones was {tests[best]:.3f}, at step {best}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.8))
left.semilogy(losses, color=BLUE, label="the 30 points trained on")
left.semilogy(tests.keys(), tests.values(), color=ORANGE, label="500 new points")
left.axvline(best, color="black", linestyle=":")
left.set(title="one falls, the other turns", xlabel="step", ylabel="loss")
left.legend()
scores = scores_over_the_plane(model)
boundary(right, scores, few, few_classes, "the 30 points, by heart")
show(figure)

# %% [markdown]
# That is **overfitting**: after the dotted line the network learns where these 30 points happened to fall, and becomes
# more and more sure of it. Four things help:
#
# - more data;
# - a smaller network;
# - **early stopping**: stop at the dotted line. Find it with a third set of points, the validation set, because you
#   must not choose by the test set;
# - **weight decay**, also called L2 regularisation: a price on large weights.
#
# Here are four prices:

# %%
for decay in (0.0, 0.001, 0.01, 0.1):
    model = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))
    optimizer = optim.Adam(model.parameters(), lr=0.01, weight_decay=decay)
    losses = train(model, few, few_classes, 300, optimizer)
    with no_grad():
        fresh = loss_of(model, new, new_classes).data
    largest = max(abs(p.data) for p in model.parameters())
    both = f"loss {losses[-1]:.3f}, on new points {fresh:.3f}"
    print(f"decay {decay:5}: largest weight {largest:.2f}, {both}")

# %% [markdown]
# The higher the price, the smaller the weights, and the larger the loss on the 30. On the new points the loss is lowest
# in between: if the price is too high, the network cannot bend its boundary any more.

# %% [markdown]
# ## What you can change
#
# Guess before the cell runs: which of these is best after 100 steps on the first 100 points?

# %%
for sizes, activation, rate in (
    ([1], "tanh", 1.0),
    ([4, 1], "tanh", 1.0),
    ([8, 8, 1], "tanh", 0.01),
    ([8, 8, 1], "tanh", 1.0),
    ([8, 8, 1], "sigmoid", 1.0),
    ([8, 8, 1], "relu", 1.0),
    ([8, 8, 1], "tanh", 30.0),
):
    model = MLP(2, sizes, activation=activation, rng=random.Random(1))
    losses = train(model, points, classes, 100, optim.SGD(model.parameters(), lr=rate))
    right = accuracy(model, points, classes)
    setting = f"{sizes!s:9} {activation:7} learning rate {rate:5}"
    print(f"{setting}: loss {losses[-1]:.3f}, accuracy {right:.0%}")

# %% [markdown]
# Most are right on about nine points of ten, like a straight line. The first one *is* a straight line, and most others
# are on their plateau. Only one has clearly left it within 100 steps. With the small learning rate the network has
# hardly begun: its loss shows that. With the large one it jumps about. And sigmoid takes longer than tanh: lesson 7
# says why.
#
# **What to remember:** the training loop has the same four lines for every model; a plateau is not the end; the
# accuracy on the training points says little; look at points never seen, and stop in time.

# %% [markdown]
# ## Exercises
#
# ### 6.1 The accuracy
#
# Return the fraction of the scores that are right, from 0 to 1. Each class is 0 or 1. A score above 0 means class 1.


# %% 6.1
def accuracy_of(scores, classes):
    """The fraction, from 0 to 1, of the scores that are on the right side of 0."""
    ...


# %%
show(check(accuracy_of, "6.1"))

# %% [markdown]
# ### 6.2 A step of training
#
# Write one whole step of gradient descent. `loss_of()` computes the current loss as a Value. Return the loss before the
# step, as a float. At the beginning the gradients may not be 0.


# %% 6.2
def training_step(parameters, loss_of, rate):
    """Move every parameter one step downhill. Return the loss before it, a float."""
    ...


# %%
show(check(training_step, "6.2"))

# %% [markdown]
# ### 6.3 When to stop
#
# `losses` has the loss on the validation set after each epoch. Early stopping ends the training as soon as `patience`
# epochs in a row were not better than the best so far. It never sees the losses after that. Return the epoch whose
# parameters you keep.


# %% 6.3
def epoch_to_keep(losses, patience):
    """The epoch, counted from 0, with the best loss before the training ends."""
    ...


# %%
show(check(epoch_to_keep, "6.3"))

# %% [markdown]
# ### 6.4 The competition
#
# Train a network of at most 60 parameters on the 100 points. It must be right on at least 97 % of points that it has
# not seen. (The check draws 500 moons with the noise 0.15.)

# %% 6.4
small = ...

# %%
show(check(small, "6.4"))

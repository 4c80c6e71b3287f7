# %% [markdown]
"""
# 5. Loss and gradient descent

A model has parameters. The loss says in one number how wrong the model is. The gradient says how each parameter moves
this number. A step against the gradient makes it smaller. Repeat: that is training. The rest of this lesson is about
what can go wrong.
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 60 minutes

| minutes | part | on the board |
|---|---|---|
| 8 | how wrong? | points, a curve beside them, the vertical distances; their squares |
| 10 | the landscape of the loss | two parameters as axes, lines of equal loss, the arrow −∇loss |
| 12 | downhill | θ ← θ − η · ∂loss/∂θ, and the loop: forward, zero, backward, step |
| 8 | how large a step | a parabola, and the zigzag of a step that is too large |
| 7 | a rounder valley | a narrow ellipse, and a round one |
| 5 | a few examples at a time | – |
| 10 | yes or no | the curve −log p; the gradient p − t |

Exercises: 30 minutes.

**Usual questions**

- *Why the square of the error, and not the error?* Errors of both signs would cancel. The square has a slope
  everywhere, the absolute value has none at 0. And if errors are normally distributed, the most probable curve is the
  one with the smallest mean square.
- *Does gradient descent find the best parameters?* It finds a place where the slope is 0. Here there is only one. For
  networks it need not be the best one, but it is usually good enough.
- *Is the learning rate learned as well?* No, it is chosen: it is a **hyperparameter**. Try 1, 0.1, 0.01, …
- *Why must gradients be set to 0?* backward() adds to the leaves, so that several losses can share them. If
  you want the gradient of this step alone, clear that of the last step.
"""

# %%
import math
import random

import matplotlib.pyplot as plt

import autograd
from autograd import Value, draw, explore, show
from autograd.classroom import check

plt.style.use("autograd.classroom.projector")  # large type
BLUE, ORANGE, GREEN = "#2f6fad", "#b05a00", "#3d8168"

# %% [markdown]
# ## How wrong?
#
# In lesson 1 the stopping distance was 3 · u + 1 · u², with u = v/10. Where did 3 and 1 come from? From measurements.
# Here are ten, invented but plausible: speeds, and the metres until the car stopped.

# %%
speeds = [20, 30, 40, 50, 60, 70, 80, 90, 100, 120]
metres = [9.4, 17.0, 30.4, 37.9, 52.0, 73.6, 84.5, 111.2, 127.1, 184.0]
data = [(v / 10, s) for v, s in zip(speeds, metres)]


def predicted(p, q, u):
    """The model: p and q are its parameters."""
    return p * u + q * u**2


def loss_of(p, q, examples=data):
    """The mean squared error, in m²."""
    return sum((predicted(p, q, u) - s) ** 2 for u, s in examples) / len(examples)


guesses = [(10.0, 0.0), (0.0, 1.5), (3.0, 1.0)]
for p, q in guesses:
    print(f"p = {p}, q = {q}: mean squared error {loss_of(p, q):8.2f} m²")

# %%
figure, axes = plt.subplots()
axes.plot(speeds, metres, "o", color="black", markersize=8, label="measured")
for (p, q), colour in zip(guesses, (BLUE, GREEN, ORANGE)):
    line = range(131)
    curve = [predicted(p, q, v / 10) for v in line]
    axes.plot(line, curve, color=colour, label=f"p = {p}, q = {q}")
axes.set(title="Three guesses", xlabel="v (km/h)", ylabel="s (m)")
axes.legend()
show(figure)

# %% [markdown]
# ## The landscape of the loss
#
# The data stay as they are. So the loss is a function of p and q alone, and with two parameters we can draw it: each
# point of this plane is a model. Lines of equal loss run through it, like the contour lines of a map.


# %%
def landscape(axes, loss, side, upwards):
    """Lines of equal loss over two parameters."""
    heights = [[loss(x, y) for x in side] for y in upwards]
    levels = [3 * 2.5**k for k in range(12)]
    axes.contour(side, upwards, heights, levels=levels, colors="grey", linewidths=1)


side, upwards = [i / 10 - 2 for i in range(131)], [i / 50 - 0.2 for i in range(101)]
figure, axes = plt.subplots()
landscape(axes, loss_of, side, upwards)
for (p, q), colour in zip(guesses, (BLUE, GREEN, ORANGE)):
    axes.plot(p, q, "o", color=colour, markersize=12)
axes.set(title="Each point is a model", xlabel="p", ylabel="q")
show(figure)

# %% [markdown]
# The **gradient** ∇loss = (∂loss/∂p, ∂loss/∂q) points in the steepest direction uphill. (If both axes have the same
# scale, that is at a right angle to the lines.) With many parameters you cannot draw the map. But one backward pass
# computes the gradient at the place where you are:

# %%
p, q = Value(10.0), Value(0.0)
loss = loss_of(p, q)
loss.backward()
print(f"loss {loss.data:.1f}, gradient ({p.grad:.1f}, {q.grad:.1f})")

# %% [markdown]
# The graph of this loss has a branch for each measurement, and all begin at the same two leaves. Here it is for the
# first two measurements. (The 0 is where `sum` begins.)

# %%
p, q = Value(10.0), Value(0.0)
loss = loss_of(p, q, data[:2])
loss.backward()
show(draw(loss))

# %% [markdown]
# Here is the same graph as a page. Change p and q by hand and look for the smallest loss: the signs of the gradients
# say which way. Then press "A step downhill for all" again and again.

# %%
show(explore(loss))

# %% [markdown]
# ## Downhill
#
# Every parameter θ takes a step against its gradient. The **learning rate** η sets the size of this step:
#
# **θ ← θ − η · ∂loss/∂θ**
#
# That is **gradient descent**. Every network is trained in this loop: forward, zero, backward, step.


# %%
def descend(rate, steps, p=10.0, q=0.0, loss_of=loss_of):
    """Descend from (p, q): p, q and the loss before each step, and at the end."""
    parameters = p, q = Value(p), Value(q)
    path = []
    for _ in range(steps + 1):
        loss = loss_of(p, q)  # forward
        path.append((p.data, q.data, loss.data))
        for parameter in parameters:  # zero
            parameter.grad = 0.0
        loss.backward()  # backward
        for parameter in parameters:  # step
            parameter.data -= rate * parameter.grad
    return path


path = descend(rate=1e-4, steps=3000)
for step in (0, 1, 2, 3, 10, 100, 1000, 3000):
    p, q, loss = path[step]
    print(f"step {step:4}: p = {p:7.4f}, q = {q:6.4f}, loss {loss:8.3f}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.8))
landscape(left, loss_of, side, upwards)
ps, qs, losses = zip(*path)
left.plot(ps, qs, "o-", color=ORANGE, markersize=4, linewidth=1.5)
left.set(title="the path", xlabel="p", ylabel="q")
right.loglog(range(1, len(path) + 1), losses, color=ORANGE)
right.set(title="the loss", xlabel="step", ylabel="loss (m²)")
show(figure)

# %% [markdown]
# A few steps go down the steep side into the valley. Thousands of steps go along its flat floor, and do not reach its
# end.

# %% [markdown]
# ## How large a step
#
# Why not take larger steps? Because across the valley the step is already nearly as large as it may be. Take a
# parabola, k/2 · x². Its slope is k · x. The slope of this slope is k, the **second derivative**. A step turns x into x
# − η · k · x = (1 − η · k) · x. That shrinks if |1 − η · k| < 1:
#
# **η < 2 / k.** With several parameters k is the *largest* second derivative: the one straight across the valley.

# %%
figure, places = plt.subplots(1, 4, figsize=(11, 3.6), sharey=True)
xs = [i / 20 - 2.5 for i in range(101)]
for axes, rate in zip(places, (0.1, 0.9, 1.9, 2.1)):  # k = 1
    walk = [1.8 * (1 - rate) ** n for n in range(8)]
    axes.plot(xs, [x * x / 2 for x in xs], color="grey", linewidth=2)
    axes.plot(walk, [x * x / 2 for x in walk], "o-", color=ORANGE, linewidth=1.5)
    axes.set(title=f"η · k = {rate}", xlabel="x", ylim=(-0.2, 3.5), xlim=(-2.6, 2.6))
places[0].set_ylabel("x² / 2")
show(figure)

# %% [markdown]
# And in our valley? The gradient at the start points nearly straight across it. So k is the second derivative in the
# direction of this gradient:

# %%
p, q = Value(10.0), Value(0.0)
loss_of(p, q).backward()
length = math.hypot(p.grad, q.grad)


def across(t):
    """The loss at a distance t from the start, in the direction of its gradient."""
    return loss_of(10.0 + t * p.grad / length, t * q.grad / length)


k = autograd.derivative(across, 2)(0.0)
print(f"k = {k:.0f}, so η must be below 2 / k = {2 / k:.6f}")
for rate in (1e-5, 1e-4, 2e-4, 2.2e-4, 3e-4):
    first, second, third, *_, last = [loss for _, _, loss in descend(rate, steps=100)]
    print(f"η = {rate:.1e}: loss {first:.1f}, {second:.1f}, {third:.1f}, … {last:.3g}")

# %% [markdown]
# If η is too small, the descent is slow. If η is too large, the loss explodes. There is not much between. Next comes a
# common mistake: the gradients are never set to 0.

# %%
p, q = Value(10.0), Value(0.0)
for _ in range(9):
    loss = loss_of(p, q)
    print(f"{loss.data:.1f}", end="  ")
    loss.backward()  # adds to the gradients of all the steps before
    p.data -= 1e-4 * p.grad
    q.data -= 1e-4 * q.grad
print("…")

# %% [markdown]
# The loss goes up and down, because the gradients of earlier places still push.

# %% [markdown]
# ## A rounder valley
#
# The valley is narrow because u² is so much larger than u: a little of q moves the loss more than a lot of p. So
# measure each input in units of its own size. This is called **scaling the inputs**. With P = p · √mean(u²) and Q = q ·
# √mean(u⁴) the model is P · (u / √mean(u²)) + Q · (u² / √mean(u⁴)). It is the same model, on a better map.

# %%
size_of_u = (sum(u**2 for u, _ in data) / len(data)) ** 0.5
size_of_u2 = (sum(u**4 for u, _ in data) / len(data)) ** 0.5


def scaled_loss_of(p, q):
    """The loss in the scaled parameters."""
    return loss_of(p / size_of_u, q / size_of_u2)


scaled = descend(0.4, 300, p=10.0 * size_of_u, q=0.0, loss_of=scaled_loss_of)
for step in (0, 1, 10, 100, 300):
    p, q, loss = scaled[step]
    p, q = p / size_of_u, q / size_of_u2
    print(f"step {step:3}: p = {p:7.4f}, q = {q:6.4f}, loss {loss:8.3f}")

# %%
figure, axes = plt.subplots(figsize=(7, 5.5))
side = range(-20, 101)
landscape(axes, scaled_loss_of, side, side)
ps, qs, _ = zip(*scaled)
axes.plot(ps, qs, "o-", color=ORANGE, markersize=4, linewidth=1.5)
axes.set(title="the same valley, scaled", xlabel="P", ylabel="Q", aspect="equal")
show(figure)

# %% [markdown]
# A hundred steps now do more than three thousand did before. Three hundred steps end at p ≈ 2.65 and q ≈ 1.05. The rule
# of thumb rounds them to 3 and 1. The valley is still longer than wide, because u and u² grow together: a little more
# of one makes up for a little less of the other. Optimisers like Adam rescale every parameter by the size of its
# gradients, and need less help. (`python demos/optimisers.py` shows their paths.)

# %% [markdown]
# ## A few examples at a time
#
# With a million examples it takes too long to look at all of them for a single step. Draw a few at random: a
# **mini-batch**. On average its gradient points in the right direction. The path trembles, but each step costs much
# less.

# %%
rng = random.Random(0)


def loss_of_two(p, q):
    """The loss of two examples drawn at random."""
    return loss_of(p / size_of_u, q / size_of_u2, rng.sample(data, 2))


trembling = descend(0.15, 300, p=10.0 * size_of_u, q=0.0, loss_of=loss_of_two)
figure, axes = plt.subplots(figsize=(7, 5.5))
landscape(axes, scaled_loss_of, side, side)
trembling_ps, trembling_qs, _ = zip(*trembling)
axes.plot(trembling_ps, trembling_qs, linewidth=1.5, label="2 of 10 examples")
axes.plot(ps, qs, label="all 10")
axes.set(title="stochastic gradient descent", xlabel="P", ylabel="Q", aspect="equal")
axes.legend()
show(figure)

# %% [markdown]
# ## Yes or no
#
# Does a car stop before an obstacle? The answer is not a number of metres but a class, t = 1 or t = 0. The model gives
# a score z, also called **logit**. Then p = sigmoid(z) = 1 / (1 + e⁻ᶻ) makes a probability of it. (From here on p is
# this probability.) Which loss should we take? The squared error (p − t)² works badly. The surprise at what happened
# works well. It is called **cross-entropy**:
#
# **loss = −log(p) if t = 1, and −log(1 − p) if t = 0**
#
# If the model gave the truth a probability of 1, the loss is 0. With 1/2 it is 0.69, and with 0.01 it is 4.6.

# %%
zs = [z / 10 for z in range(-80, 81)]
losses = {
    "squared error": lambda z: (autograd.sigmoid(z) - 1) ** 2,
    # −log(sigmoid(z)), without overflow
    "cross-entropy": lambda z: autograd.softplus(-z),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.5))
for (name, f), colour in zip(losses.items(), (BLUE, ORANGE)):
    left.plot(zs, [f(z) for z in zs], color=colour, label=name)
    right.plot(zs, [autograd.derivative(f)(z) for z in zs], color=colour)
left.set(title="loss, where t = 1", xlabel="z", ylim=(-0.2, 5))
right.set(title="its slope ∂loss/∂z", xlabel="z")
left.legend()
show(figure)

# %% [markdown]
# At the left, where the model is wrong and sure of it, the squared error is flat: the sigmoid is saturated, and the
# model learns nothing. The slope of the cross-entropy is simply **p − t**: nearly −1 where the model is wrong, nearly 0
# where it is right. Now ten drivers see an obstacle at 60 m. Who stops before it?

# %%
tried = [40, 50, 55, 60, 62, 66, 70, 75, 80, 90]  # km/h
stopped = [1, 1, 1, 1, 0, 1, 0, 0, 0, 0]
w, b = Value(0.0), Value(0.0)
for step in range(2001):
    scores = [w * ((v - 65) / 15) + b for v in tried]  # the speed is scaled
    surprises = [autograd.softplus(-z if t else z) for z, t in zip(scores, stopped)]
    loss = autograd.mean(surprises)
    w.grad = b.grad = 0.0
    loss.backward()
    if step in (0, 10, 100, 1000, 2000):
        print(
            f"step {step:4}: loss {loss.data:.4f}, w = {w.data:.3f}, b = {b.data:.3f}"
        )
    w.data -= 0.5 * w.grad
    b.data -= 0.5 * b.grad

# %%
figure, axes = plt.subplots()
line = range(35, 96)
scores = [w.data * (v - 65) / 15 + b.data for v in line]
axes.plot(line, [autograd.sigmoid(z) for z in scores], color=BLUE)
axes.plot(tried, stopped, "o", color=ORANGE, markersize=10)
axes.set(title="Who stops within 60 m?", xlabel="v (km/h)", ylabel="probability")
show(figure)

# %% [markdown]
# With more than two classes, each class has a score. **Softmax** makes probabilities of the scores: pᵢ = e^(zᵢ) / Σ
# e^(zⱼ). The loss is −log of the probability of the true class. Lesson 8 has 27 classes: the letters, and the end of a
# name.
#
# **What to remember:** the loss is a function of the parameters; forward, zero, backward, step; the steepest direction
# limits the learning rate, and the flattest one decides how many steps you need; squared errors for numbers,
# cross-entropy for classes.

# %% [markdown]
# ## Exercises
#
# ### 5.1 The mean squared error
#
# Write it for two lists of equal length. It must work for Values, too, so use only +, −, ·, / and powers.


# %% 5.1
def mean_squared_error(predictions, targets):
    """The mean of the squared differences."""
    ...


# %%
show(check(mean_squared_error, "5.1"))

# %% [markdown]
# ### 5.2 Gradient descent
#
# `f` takes a list of Values and returns a Value. Begin at the numbers of `start`, take the steps, and return the
# numbers at the end, as a list.


# %% 5.2
def minimise(f, start, rate, steps):
    """Where gradient descent on f ends: a list of floats."""
    ...


# %%
show(check(minimise, "5.2"))

# %% [markdown]
# ### 5.3 How large may the step be?
#
# f(x) = 3 · x². What is the smallest learning rate at which gradient descent no longer gets to the bottom?

# %% 5.3
limit = ...

# %%
show(check(limit, "5.3"))

# %% [markdown]
# ### 5.4 The slope of the cross-entropy
#
# Return ∂loss/∂z for a score z and the truth t, which is 0 or 1. Derive it, or take it from the text. Plain floats are
# enough.


# %% 5.4
def slope_of_loss(z, t):
    """∂loss/∂z of the cross-entropy of sigmoid(z)."""
    ...


# %%
show(check(slope_of_loss, "5.4"))

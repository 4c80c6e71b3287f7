# %% [markdown]
"""
# 1. The derivative of one function

One number goes in, one comes out. How fast does the output move when the input moves a little? All of deep learning
rests on this question. A network asks it for millions of inputs at once. This lesson asks it for one.
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 45 minutes

| minutes | part | on the board |
|---|---|---|
| 5 | a function with units | the axes, v to the right in km/h, s upwards in m; the point (50, 40) |
| 10 | the slope between two points | the triangle of run h and rise s(v + h) − s(v); then a smaller one |
| 8 | why the computer cannot take the limit | the V: one error falls with h, the other grows |
| 10 | rules instead of limits | v → u → s as a chain of two gears, a factor under each |
| 5 | the same by the engine | the graph of s, before it is shown |
| 7 | what a slope is for | a hill, a point on its side, an arrow uphill |

Then the exercises, 20 minutes, or at home. The last cell of each exercise says what holds already, and what does not.

**Usual questions**

- *Is the derivative a number or a function?* At one place it is a number: the slope there. Every place has its own
  slope, so all slopes together are a function.
- *Why not simply take h = 10⁻¹⁵?* Then s(v + h) and s(v) agree in nearly all of the 16 digits that the computer keeps.
  Their difference is mostly rounding error.
- *What does the unit of a slope tell?* How much the output moves for each unit of the input: here metres per km/h.
- *The slope is 1.3 metres per km/h. Do 10 km/h more make 13 metres?* Nearly: 14. The slope is that of the tangent, and
  the curve leaves the tangent. The smaller the step, the better the estimate.
- *Does a road really carry most cars at 21 km/h?* Only if everybody keeps the whole stopping distance. Real drivers
  keep less, so a busy motorway carries more cars, at a higher speed. The slope describes the formula, not the drivers.
"""

# %%
import matplotlib.pyplot as plt

from autograd import Value, draw, explain, explore, show
from autograd.classroom import check

plt.style.use("autograd.classroom.projector")  # large type
BLUE, ORANGE = "#2f6fad", "#b05a00"

# %% [markdown]
# ## A function with units
#
# Driving schools teach a rule of thumb. At v km/h a car travels 3 · v/10 metres before the driver reacts, and (v/10)²
# metres more before it stops. Together that is the stopping distance:
#
# **s(v) = 3 · v/10 + (v/10)²**


# %%
def s(v):
    """The stopping distance in metres at v km/h."""
    return 3 * (v / 10) + (v / 10) ** 2


for v in (0, 30, 50, 100, 130):
    print(f"{v:4} km/h: {s(v):5.0f} m")

# %%
figure, axes = plt.subplots()
speeds = range(131)
axes.plot(speeds, [s(v) for v in speeds], color=BLUE)
axes.plot(50, s(50), "o", color=ORANGE, markersize=10)
axes.set(title="Stopping distance", xlabel="v (km/h)", ylabel="s (m)")
show(figure)

# %% [markdown]
# ## The slope between two points
#
# At 50 km/h the car needs 40 metres. How many metres does one km/h more add? Drive faster by h. Divide the growth of
# the distance (the rise) by h (the run).

# %%
v = 50.0
for h in (50.0, 10.0, 1.0, 0.1, 0.01, 0.001):
    rise = s(v + h) - s(v)
    print(f"h = {h:6} km/h: rise = {rise:8.4f} m, rise / h = {rise / h:.4f} m per km/h")

# %% [markdown]
# The quotients approach 1.3, and a line of algebra says why. Both parts of (v + h)² − v² = 2 · v · h + h² have a factor
# h, so we can divide by it:
#
# (s(v + h) − s(v)) / h = 3/10 + 2 · v/100 + h/100, and at v = 50 that is 1.3 + h/100
#
# What remains when h goes to 0 is the **derivative** of s, written s′(v) or ds/dv:
#
# **s′(v) = limit of (s(v + h) − s(v)) / h, as h goes to 0;** here s′(v) = 3/10 + v/50
#
# In the picture the line through the two points turns into the tangent.

# %%
figure, axes = plt.subplots()
axes.plot(speeds, [s(v) for v in speeds], color=BLUE)
for h, shade in ((70, 0.3), (40, 0.5), (15, 0.7)):
    slope = (s(50 + h) - s(50)) / h
    look = {"color": ORANGE, "alpha": shade, "linewidth": 2}
    axes.axline((50, s(50)), slope=slope, label=f"h = {h}: slope {slope:.2f}", **look)
    axes.plot(50 + h, s(50 + h), "o", **look)
axes.axline((50, s(50)), slope=1.3, color="black", label="tangent: slope 1.30")
axes.set(title="The slope at 50 km/h", xlabel="v (km/h)", ylabel="s (m)")
axes.set(xlim=(0, 130), ylim=(-30, 210))
axes.legend()
show(figure)

# %% [markdown]
# ## Why the computer cannot take the limit
#
# Why not let the computer take a very small h? To see why, we need a function that is less simple than s. Suppose that
# all cars on a lane drive at v km/h. Each keeps its stopping distance to the car in front. A car is 4.5 m long, so each
# car takes 4.5 + s(v) metres of the lane. In an hour 1000 · v metres of this lane pass under a bridge. That is
#
# **q(v) = 1000 · v / (4.5 + s(v))** cars an hour.
#
# (The quotient rule gives q′(v) = 1000 · (4.5 − v²/100) / (4.5 + s(v))². If you do not know that rule, take the formula
# as given.)


# %%
def q(v):
    """The cars an hour at v km/h."""
    return 1000 * v / (4.5 + s(v))


exact = 1000 * (4.5 - 50**2 / 100) / (4.5 + s(50)) ** 2
print(f"q(50) = {q(50):.1f} cars an hour, q′(50) = {exact:.10f}")
for h in (1e-2, 1e-5, 1e-8, 1e-11, 1e-14):
    print(f"h = {h:.0e}: {(q(50 + h) - q(50)) / h:.10f}")

# %%
sizes = [10 ** (-k / 4) for k in range(4, 61)]
errors = [abs((q(50 + h) - q(50)) / h - exact) for h in sizes]
figure, axes = plt.subplots()
axes.loglog(sizes, errors, "o-", color=BLUE)
axes.invert_xaxis()
axes.set(title="Too large an h, too small an h", ylabel="error of the slope")
axes.set(xlabel="h (km/h), smaller to the right")
axes.text(2e-3, 1e-3, "the curve bends away\nfrom the line", fontsize=13)
axes.text(2e-13, 1e-4, "rounding", fontsize=13)
show(figure)

# %% [markdown]
# At first the error falls with h, as it should: a tenth of the step, a tenth of the error. Below about h = 10⁻⁶ it
# grows again. A Python float has 53 binary digits, which is about 16 decimal digits. So q(50) = 1123.6 has a rounding
# error of about 10⁻¹³. The quotient divides this error by h.
#
# To nudge an input and see what happens is called a **finite difference**. Use it to *check* a derivative, as all
# lessons do. To *compute* a derivative there is a better way, without any h.

# %% [markdown]
# ## Rules instead of limits
#
# Take the limit once, on paper, for each kind of piece. Each result is a rule:
#
# | piece | its derivative by x | |
# |---|---|---|
# | c | 0 | a constant does not move |
# | c · x | c | |
# | xⁿ | n · xⁿ⁻¹ | 3 · x² for x³ |
# | f(x) + g(x) | f′(x) + g′(x) | sums: slopes add |
# | f(x) · g(x) | f′(x) · g(x) + f(x) · g′(x) | products: each factor moves while the other stays as it is |
# | f(g(x)) | f′(g(x)) · g′(x) | the **chain rule**: slopes multiply |

# %% [markdown]
# All other lessons build on the last rule. Write the stopping distance in two steps:
#
# u = v / 10 and s = 3 · u + u²
#
# One km/h more moves u by du/dv = 1/10. One more of u moves s by ds/du = 3 + 2 · u. So one km/h more moves s by
#
# **ds/dv = ds/du · du/dv = (3 + 2 · u) · 1/10**
#
# These are like two gears. The first turns a tenth as fast as the input, and the second 13 times as fast as the first.
# The units of u cancel.

# %%
u = 50.0 / 10
ds_du = 3 + 2 * u
du_dv = 1 / 10
print(f"ds/du = {ds_du}, du/dv = {du_dv}, ds/dv = {ds_du * du_dv}")

# %% [markdown]
# ## The same by the engine
#
# A `Value` is a number that remembers how it was computed. `distance.backward()` applies the chain rule, piece by
# piece. Then `v.grad` is ds/dv. It needs no h, and its only error is the rounding of the last digits.

# %%
v = Value(50.0)
u = v / 10
distance = 3 * u + u**2
distance.backward()
print(v.grad)
show(draw(distance, local_gradients=True))

# %% [markdown]
# Read the picture from the right to the left. Every box has its number, `data`, and `grad`: how fast the distance moves
# when this number does. The edges show the slopes of the pieces. Two paths lead from `u` to the distance, and both
# count: 3 from one, 10 from the other, 13 together. Lesson 2 says why they add up.
#
# Here is the same step by step. Press the arrow keys to go forward and back.

# %%
show(explain(distance))

# %% [markdown]
# Now change the speed: drag its number, or move the slider. The slope of the tangent in the plot is the gradient of
# `v`.

# %%
show(explore(distance))

# %% [markdown]
# ## What a slope is for
#
# At which speed does the lane carry most cars? Start somewhere, ask for the slope, and walk uphill: a little faster
# where the slope is positive, a little slower where it is negative. At the top the slope is 0, and the walk ends.

# %%
v = Value(50.0)
rate = 0.5
path = []
for step in range(12):
    flow = q(v)  # the function from above: it takes a Value as well as a number
    v.grad = 0.0  # backward() adds to what is there
    flow.backward()
    path.append((v.data, flow.data))
    print(
        f"{step:2}: v = {v.data:6.3f} km/h, q = {flow.data:7.2f}, slope {v.grad:8.4f}"
    )
    v.data += rate * v.grad

# %%
figure, axes = plt.subplots()
axes.plot(range(1, 131), [q(v) for v in range(1, 131)], color=BLUE)
axes.plot(*zip(*path), "o--", color=ORANGE, markersize=9)
axes.set(title="Uphill, by the slope", xlabel="v (km/h)", ylabel="q (cars an hour)")
show(figure)

# %% [markdown]
# The top is at √450 ≈ 21.2 km/h: there 4.5 − v²/100 is 0, and so is the slope. The walk did not use this formula. It
# only asked for slopes. Networks are trained in the same way, downhill, with millions of numbers instead of v.
#
# **What to remember:** the derivative is a limit of rise over run; a computer should not take this limit; rules give
# the slopes of the pieces, and the chain rule multiplies them; slopes lead to the top, or to the bottom.

# %% [markdown]
# ## Exercises
#
# ### 1.1 A better difference
#
# The difference above looks to one side only. Look to both sides: from x − h to x + h. Write this quotient. (Its error
# falls with h², not with h. Try it on q.)


# %% 1.1
def central_difference(f, x, h):
    """The slope of f at x, from the two points at a distance h from x."""
    ...


# %%
show(check(central_difference, "1.1"))

# %% [markdown]
# ### 1.2 The chain rule by hand
#
# y = (2 · x + 1)³. Write dy/dx, without an h and without an engine. Call what is in the parentheses u, if that helps.


# %% 1.2
def slope(x):
    """dy/dx at x, for y = (2x + 1)³."""
    ...


# %%
show(check(slope, "1.2"))

# %% [markdown]
# ### 1.3 Where does one km/h more cost two metres?
#
# Find the speed at which s′(v) = 2 metres per km/h. The answer is a number. Paper and the formula of s′(v) are enough.

# %% 1.3
speed = ...

# %%
show(check(speed, "1.3"))

# %% [markdown]
# ### 1.4 Downhill
#
# Write the walk as a function, but downhill, so that it finds a *smallest* value. The function `slope_of` gives the
# slope at a place. `rate` says how far to go for a slope of 1.


# %% 1.4
def walk_downhill(slope_of, x, rate, steps):
    """The place that the walk reaches from x, after all steps."""
    ...


# %%
show(check(walk_downhill, "1.4"))

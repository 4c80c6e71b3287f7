# %% [markdown]
"""
# 2. A graph by hand

A computation is a graph: numbers, and operations between them. The chain rule of lesson 1 runs along its edges. Today
we do it with chalk: first forward, then backward, with one multiplication for each edge.
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 45 minutes

| minutes | part | on the board |
|---|---|---|
| 8 | a computation as a graph | w, x, b, t as boxes, operations as circles; the data in each box, in white |
| 7 | nudge every leaf | beside each leaf what a nudge of it does to the loss |
| 12 | backward, one edge at a time | the local gradient on each edge; the gradients in the boxes, in another colour |
| 12 | a number that is used twice | the three ways from a to out, a colour for each |
| 6 | why backward | one arrow in, a million out; the two directions |

Let the class call out the local gradients of the second graph before the next cell shows them. Exercises: 25 minutes.

**Usual questions**

- *Why does the loss have the gradient 1?* It is ∂loss/∂loss: the loss moves exactly as much as itself.
- *Why do contributions add up, while along a path we multiply?* Along a path each step rescales the same nudge.
  Where two paths meet, two nudges arrive, and the result has moved by both.
- *x and t got gradients too. What for?* Here for nothing: they are data, and we do not change them. In a deep network
  the x of a layer is the output of the layer before. Its gradient is what reaches that layer.
- *Must the order be the reverse of the forward one?* No. Any order works if each node comes after all nodes that use
  it. The reverse of the order of computation is one of them.
"""

# %%
from autograd import Value, draw, explain, explore, show
from autograd.classroom import check

# %% [markdown]
# ## A computation as a graph
#
# The smallest model that can learn has a weight w and a bias b. It predicts y = w · x + b. The right answer is t, and
# the loss is the square of the error. Here it is with numbers, operation by operation:

# %%
w, x, b, t = 2.0, 3.0, -1.0, 8.0

p = w * x
y = p + b
e = y - t
loss = e**2
print(f"p = {p}, y = {y}, e = {e}, loss = {loss}")

# %% [markdown]
# Four numbers go in: the **leaves**. Four operations follow. The engine can draw them, because its Values remember how
# they were computed. Here their names are capitals. Every `grad` is still 0, because nothing has computed it yet.

# %%
W, X = Value(2.0, label="w"), Value(3.0, label="x")
B, T = Value(-1.0, label="b"), Value(8.0, label="t")
P = W * X
Y = P + B
E = Y - T
LOSS = E**2
for node, name in ((P, "p"), (Y, "y"), (E, "e"), (LOSS, "loss")):
    node.label = name
show(draw(LOSS))

# %% [markdown]
# ## Nudge every leaf
#
# Which of the four moves the loss, and how fast? Lesson 1 has a way to find out: nudge one, hold the others, and look.


# %%
def loss_of(w, x, b, t):
    """The loss, in one line."""
    return (w * x + b - t) ** 2


h = 1e-6
for name, nudged in (
    ("w", loss_of(w + h, x, b, t)),
    ("x", loss_of(w, x + h, b, t)),
    ("b", loss_of(w, x, b + h, t)),
    ("t", loss_of(w, x, b, t + h)),
):
    print(f"∂loss/∂{name} ≈ {(nudged - loss) / h:8.4f}")

# %% [markdown]
# The derivative by one of several numbers, while the others stay as they are, is a **partial derivative**. It is
# written with ∂. All partial derivatives together are the **gradient**. Nudging costs one forward pass for each leaf,
# and one more for the loss itself.

# %% [markdown]
# ## Backward, one edge at a time
#
# Every operation is so simple that we know its slopes by heart. They are its **local gradient**:
#
# | operation | by the first operand | by the second |
# |---|---|---|
# | x + y | 1 | 1 |
# | x − y | 1 | −1 |
# | x · y | y | x |
# | x² | 2 · x | |
# | tanh(x) | 1 − tanh(x)² | |
#
# (tanh is an S-shaped curve from −1 to 1, which lessons 3 and 4 need.)
#
# Now go backward. The loss has the gradient 1. From there to the leaves, each node hands on to its parents
#
# **the gradient that arrived × the local gradient of the edge.**

# %%
dloss = 1.0  # ∂loss/∂loss
de = dloss * 2 * e  # loss = e²
dy, dt = de * 1, de * -1  # e = y − t
dp, db = dy * 1, dy * 1  # y = p + b
dw, dx = dp * x, dp * w  # p = w · x
print(f"dw = {dw}, dx = {dx}, db = {db}, dt = {dt}")

# %% [markdown]
# These are the same numbers as above: all four from one pass, without an h. (`dw` is short for ∂loss/∂w.)
#
# Look at what the lines do. **+ hands the gradient on** to both, unchanged. **· hands it on crosswise:** w gets it
# times x, and x gets it times w. The error e decides how large all gradients are: if e were 0, they would be 0.
#
# What does ∂loss/∂w = −18 say? It says that w should grow: then the loss falls. Move w and b a little, both against
# their gradients:

# %%
step = 0.01
after = loss_of(w - step * dw, x, b - step * db, t)
print(f"loss before: {loss:.2f}, after: {after:.2f}")

# %% [markdown]
# That was one step of learning. Lesson 5 takes more of them. The engine finds the same gradients:

# %%
LOSS.backward()
show(draw(LOSS, local_gradients=True))

# %% [markdown]
# ## A number that is used twice
#
# In the first graph every number was used once. Here a and c are used twice:

# %%
a, b = 3.0, -2.0
c = a * b
d = a + c
out = c * d
print(f"c = {c}, d = {d}, out = {out}")

# %%
A, B = Value(3.0, label="a"), Value(-2.0, label="b")
C = A * B
D = A + C
OUT = C * D
C.label, D.label, OUT.label = "c", "d", "out"
show(draw(OUT))

# %% [markdown]
# Three paths lead from a to out. Along each path, slopes multiply:
#
# | path | product of the local gradients | |
# |---|---|---|
# | a → c → out | b · d | (−2) · (−3) = 6 |
# | a → c → d → out | b · 1 · c | (−2) · 1 · (−6) = 12 |
# | a → d → out | 1 · c | 1 · (−6) = −6 |
#
# A nudge of a travels along all three at once. So out moves by the sum of what arrives: **6 + 12 − 6 = 12**. A finite
# difference agrees:

# %%


def out_of(a, b):
    """The second graph, in one line."""
    return (a * b) * (a + a * b)


print(f"∂out/∂a ≈ {(out_of(a + h, b) - out) / h:.4f}")
print(f"∂out/∂b ≈ {(out_of(a, b + h) - out) / h:.4f}")

# %% [markdown]
# But there can be too many paths to count. Put n of these graphs in a row, so that the out of each is the a of the
# next. Then there are 3ⁿ paths. The backward pass does not walk along paths. It visits each *node* once. A node waits
# until all nodes that use it have had their turn. Then its gradient is complete, and the node hands it on:

# %%
dout = 1.0
dc, dd = dout * d, dout * c  # out = c · d
da, dc = dd * 1, dc + dd * 1  # d = a + c: c gets a second contribution, which is added
da, db = da + dc * b, dc * a  # c = a · b: now a gets its second one
print(f"dd = {dd}, dc = {dc}, da = {da}, db = {db}")

# %% [markdown]
# What if c does not wait for d?

# %%
dc, dd = dout * d, dout * c
da, db = dc * b, dc * a  # too early: dc is not complete
da, dc = da + dd * 1, dc + dd * 1
print(f"da = {da}, db = {db}: wrong, they should be 12 and −27")

# %% [markdown]
# The contribution from d came too late: c had already handed on its gradient. The path a → c → d → out is missing, and
# with it 12. In a **topological order** every node comes after its parents. The forward pass always follows one,
# because you cannot compute with a number that is not there yet. The backward pass goes through this order from the
# end.

# %%
OUT.backward()
show(explain(OUT))

# %% [markdown]
# Change a, b or c on this page, and play its steps again: other numbers, in the same order. "One number" lists every
# way from a number to the result.

# %%
show(explore(OUT))

# %% [markdown]
# ## Why backward
#
# | | what is computed | passes for n leaves |
# |---|---|---|
# | nudging | ∂out/∂(one leaf), nearly | n + 1 forward |
# | backward | ∂out/∂(every leaf), exactly | 1 forward, 1 backward |
#
# The backward pass does one or two multiplications for each edge, about as much work as the forward pass. A network has
# one loss and perhaps a million weights. With nudges a single step of learning would cost a million passes. With a
# backward pass it costs two. **Backpropagation** is no more than this: the chain rule on a graph, from the result to
# the leaves, every node once. (Linnainmaa 1970; Rumelhart, Hinton & Williams 1986)
#
# **What to remember:** multiply along an edge; add where paths meet; a node's turn comes after all nodes that use it.

# %% [markdown]
# ## Exercises
#
# ### 2.1 A chain
#
# y = (a − b) · c, with a = 4, b = 1 and c = −2. Fill in the gradients, by hand.

# %% 2.1
gradients = {"a": ..., "b": ..., "c": ...}

# %%
show(check(gradients, "2.1"))

# %% [markdown]
# ### 2.2 Used twice
#
# u = x³, v = u + x, y = u · v, with x = 2. Draw the graph, and find ∂y/∂v, ∂y/∂u and ∂y/∂x.

# %% 2.2
gradients = {"v": ..., "u": ..., "x": ...}

# %%
show(check(gradients, "2.2"))

# %% [markdown]
# ### 2.3 The order
#
# You can write a graph down as a dictionary: the name of each node, and the names of its parents.

# %%
parents = {"out": ["c", "d"], "d": ["a", "c"], "c": ["a", "b"], "a": [], "b": []}

# %% [markdown]
# Write a function that lists `result` and all nodes from which it was computed. Each node stands after its parents, and
# none stands twice. (Hint: before you append a node, append its parents, with the same function.)


# %% 2.3
def in_order(parents, result):
    """The names of all nodes, parents first, as a list."""
    ...


# %%
show(check(in_order, "2.3"))

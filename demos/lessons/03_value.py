# %% [markdown]
"""
# 3. Value, from nothing

In lesson 2 we worked out the gradients with chalk. Today we write a Python class that does it: a number that remembers
how it was computed, and can run the chain rule backwards. It begins with four lines. Each step adds what the step
before lacked.
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 90 minutes

Type the code in front of the class, in an empty file. `python -m autograd live my_value.py` shows what each save does.
Each cell is a step. Make every mistake that the cells describe, and let the class see what happens. Then correct it.

| minutes | part | on the board |
|---|---|---|
| 5 | a number in a box | a box with data and grad |
| 10 | a number that remembers | the graph of a · b + c, drawn from the result to the left |
| 15 | and knows its slopes | for + and ·: what comes in from the right, what goes out to the left |
| 15 | backward, the naive way | the paths of lesson 2; a number doubled n times, and its 2ⁿ paths |
| 15 | backward, each node once | the topological order under the graph, as a row |
| 10 | the other operators | a − b = a + (−1) · b; a / b = a · b⁻¹; slopes that the class calls out |
| 10 | twice, and very deep | the leaf that keeps, the node in between that starts afresh |
| 10 | the whole class, and a neuron that learns | – |

Exercises: 45 minutes, or at home; the best one is to write the class again with the notebook closed.

**Usual questions**

- *Why does the lambda of a · b keep x and y, and not read `self.data` when it runs?* `self.data` may have changed since
  then. The slopes belong to the numbers of the forward pass, so the lambda keeps those.
- *What is a lambda?* A function without a name. It keeps the variables around it, here `x` and `y`. A function that
  keeps variables is called a closure.
- *Why `+=` and not `=`?* Lesson 2: where two paths meet, contributions add up. With `=` the last one wins.
- *Why does the class not overload `==`?* `in_order` keeps nodes in a set, and must tell them apart: two different nodes
  may both hold 3.
- *Is PyTorch like this?* Yes, with arrays of numbers instead of single numbers, and hundreds of operations instead of
  seven.
"""

# %%
import math

from autograd import draw, explain, show
from autograd.classroom import check

# %% [markdown]
# ## A number in a box
#
# `float(data)` makes every number a float: Value(2) holds 2.0. `grad` is 0 until something computes it.


# %%
class Value:
    """A number."""

    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"


a = Value(2)
print(a)

# %% [markdown]
# What is missing? You cannot compute with it:

# %%
try:
    a + a
except TypeError as error:
    print("TypeError:", error)

# %% [markdown]
# ## A number that remembers
#
# Python asks `a.__add__(b)` when it sees `a + b`. The result is a new Value. It remembers how it was computed: its
# parents, and its operation.


# %%
class Value:
    """A number that remembers how it was computed."""

    def __init__(self, data, parents=(), op=""):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self.op = op

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), "+")

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), "*")


# %%
a, b, c = Value(2.0), Value(-3.0), Value(10.0)
d = a * b + c
print(d)
print(d.op, d.parents)

# %% [markdown]
# The last line matters most: from `d` you can find everything that it was computed from. That is the graph. The
# computation itself has built it.


# %%
def outline(node, depth=0):
    """Print the graph from its result to its leaves."""
    print("    " * depth + f"{node.op or 'leaf':5}{node.data}")
    for parent in node.parents:
        outline(parent, depth + 1)


outline(d)

# %% [markdown]
# The pictures of lesson 2 need no more than that. `draw` takes any class whose objects have `data`, `grad` and
# `parents`:

# %%
show(draw(d))

# %% [markdown]
# ## And knows its slopes
#
# Each operation knows its local gradient. We keep it as a function. It takes the gradient g that arrives at the node,
# and returns what each parent gets. For + each parent gets g. For · each gets g times the other number.


# %%
class Value:
    """A number that remembers its parents, and how much each of them moves it."""

    def __init__(self, data, parents=(), op="", local_gradient=None):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self.op = op
        self.local_gradient = local_gradient

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), "+", lambda g: (g, g))

    def __mul__(self, other):
        x, y = self.data, other.data
        return Value(x * y, (self, other), "*", lambda g: (g * y, g * x))


# %%
a, b, c = Value(2.0), Value(-3.0), Value(10.0)
p = a * b
d = p + c
print("if 1 arrives at d,  its parents p and c get", d.local_gradient(1.0))
print("if 1 arrives at p,  its parents a and b get", p.local_gradient(1.0))
print("if 5 arrives at p,  its parents a and b get", p.local_gradient(5.0))

# %% [markdown]
# ## Backward, the naive way
#
# Give the node its gradient, and let the node give its parents theirs. Five lines do it:


# %%
def push(node, gradient):
    """Add a gradient to a node, and hand it on to everything before the node."""
    node.grad += gradient
    if node.parents:
        contributions = node.local_gradient(gradient)
        for parent, contribution in zip(node.parents, contributions):
            push(parent, contribution)


push(d, 1.0)
print(f"∂d/∂a = {a.grad}, ∂d/∂b = {b.grad}, ∂d/∂c = {c.grad}")

# %% [markdown]
# The second graph of lesson 2 has three paths from a. It is right as well, thanks to `+=`: 12 and −27.

# %%
a, b = Value(3.0), Value(-2.0)
c = a * b
out = c * (a + c)
push(out, 1.0)
print(f"∂out/∂a = {a.grad}, ∂out/∂b = {b.grad}")

# %% [markdown]
# It is right, but useless for larger graphs, because `push` walks along every *path*. If you double a number n times,
# there are 2ⁿ paths. Here is `push` with a counter:


# %%
def counted(node, gradient):
    """Do as push does, and return how many nodes were visited."""
    visits = 1
    node.grad += gradient
    if node.parents:
        contributions = node.local_gradient(gradient)
        for parent, contribution in zip(node.parents, contributions):
            visits += counted(parent, contribution)
    return visits


for n in (4, 8, 12, 16):
    x = first = Value(1.0)
    for _ in range(n):
        x = x + x
    print(f"{n:2} doublings, {n + 1:2} nodes: {counted(x, 1.0):6} visits")
print(f"and ∂x/∂first = 2¹⁶ = {first.grad:.0f}")

# %% [markdown]
# ## Backward, each node once
#
# Lesson 2: a node's turn comes after all nodes that use it. So we first list the nodes, parents before children. This
# is the topological order of exercise 2.3. Then we go through the list from its end.


# %%
def in_order(root):
    """Every node of the graph of root, parents first, root last."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


# %%
def backward(self):
    """Give every node before this one its gradient."""
    self.grad = 1.0
    for node in reversed(in_order(self)):
        if node.parents:
            contributions = node.local_gradient(node.grad)
            for parent, contribution in zip(node.parents, contributions):
                parent.grad += contribution


# %%
# A method is a function in a class: it can be put there afterwards
Value.backward = backward

a, b = Value(3.0), Value(-2.0)
c = a * b
d = a + c
out = c * d
out.backward()
print("in order:", [f"{node.op or 'leaf'} {node.data:g}" for node in in_order(out)])
print(f"∂out/∂a = {a.grad}, ∂out/∂b = {b.grad}")
show(draw(out))

# %%
x = first = Value(1.0)
for _ in range(100):
    x = x + x
x.backward()
print(f"{len(in_order(x))} nodes, each once: ∂x/∂first = 2¹⁰⁰ = {first.grad:.4g}")

# %% [markdown]
# From now on `check` says what our class can do. It runs small programs with known answers, stage by stage. The first
# stage is about a single number:

# %%
show(check(Value, stages=["data"]))

# %% [markdown]
# ## The other operators
#
# `a + 1` fails: a plain 1 has no `.data`. `1 + a` fails, too: Python asks the 1 first, which does not know Values, and
# then calls `a.__radd__(1)`. The r stands for "reflected". Both are easy to add. A power is an operation of its own,
# with its own slope. Minus and division are not, because the others can express them: a − b = a + (−1) · b, and a / b =
# a · b⁻¹.


# %%
def as_value(x):
    """A Value as it is, a plain number as a leaf."""
    return x if isinstance(x, Value) else Value(x)


def add(self, other):
    """a + b: both get the gradient as it is."""
    other = as_value(other)
    return Value(self.data + other.data, (self, other), "+", lambda g: (g, g))


def multiply(self, other):
    """a · b: each gets the gradient times the other."""
    other = as_value(other)
    x, y = self.data, other.data
    return Value(x * y, (self, other), "*", lambda g: (g * y, g * x))


def power(self, n):
    """aⁿ for a plain number n: the slope is n · aⁿ⁻¹."""
    x = self.data
    return Value(x**n, (self,), f"**{n}", lambda g: (g * n * x ** (n - 1),))


# %%
Value.__add__ = Value.__radd__ = add
Value.__mul__ = Value.__rmul__ = multiply
Value.__pow__ = power
Value.__neg__ = lambda self: self * -1
Value.__sub__ = lambda self, other: self + -other
Value.__rsub__ = lambda self, other: -self + other
Value.__truediv__ = lambda self, other: self * as_value(other) ** -1
Value.__rtruediv__ = lambda self, other: as_value(other) * self**-1

v = Value(50.0)
distance = 3 * (v / 10) + (v / 10) ** 2  # lesson 1: 40 metres, and 1.3 metres per km/h
distance.backward()
print(distance, v)


# %% [markdown]
# Add a function in the same way: compute the result, and say its slope. For y = tanh(x) that is 1 − y². Can you write
# the next three? eˣ is its own slope. The logarithm has the slope 1/x. relu is x where x > 0 and 0 elsewhere, with the
# slope 1 or 0.


# %%
def tanh(self):
    """The slope of y = tanh(x) is 1 − y²."""
    y = math.tanh(self.data)
    return Value(y, (self,), "tanh", lambda g: (g * (1 - y * y),))


Value.tanh = tanh

x = Value(0.5)
y = x.tanh()
y.backward()
print(y, x)

# %%
stages = ["operators", "either side", "graph", "backward", "reuse", "order"]
show(check(Value, stages=[*stages, "powers", "functions"]))

# %% [markdown]
# ## Twice, and very deep
#
# Two things are still wrong. The first shows when backward() runs twice. A leaf should then have twice its gradient,
# because gradients of several losses add up. But a node in between still has its first gradient, and hands it on once
# more:

# %%
a = Value(3.0)
y = (a * a) * 2.0  # dy/da = 4 · a = 12
y.backward()
y.backward()
print(a.grad, "where 2 × 12 = 24 is right")

# %% [markdown]
# So a node in between must start afresh. The second thing shows on deep graphs: Python allows about a thousand nested
# calls, and `visit` calls itself once for every node of a chain.

# %%
x = Value(1.0)
for _ in range(5000):
    x = x + 1.0
try:
    x.backward()
except RecursionError as error:
    print("RecursionError:", error)

# %% [markdown]
# A list of our own replaces the calls. This **stack** holds the nodes that we still have to visit. When a node comes up
# for the first time, it goes back onto the stack with a mark, and its parents go on top of it. When it comes up again,
# its parents are already in the list, and we append it:


# %%
def in_order(root):
    """Every node of the graph of root, parents first, root last; without recursion."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, parents_are_in = stack.pop()
        if parents_are_in:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


x.backward()
print(len(in_order(x)), "nodes, without recursion")

# %% [markdown]
# ## The whole class
#
# All steps in one piece, with exp, log and relu. `as_value` and `in_order` stay as they are. The textbook engine of
# this project, `autograd/engine.py`, is the same with more operations and with error messages.


# %%
class Value:
    """A number that remembers how it was computed, and can run the chain rule back."""

    def __init__(self, data, parents=(), op="", local_gradient=None):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents
        self.op = op
        self.local_gradient = local_gradient

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, (self, other), "+", lambda g: (g, g))

    def __mul__(self, other):
        other = as_value(other)
        x, y = self.data, other.data
        return Value(x * y, (self, other), "*", lambda g: (g * y, g * x))

    def __pow__(self, n):
        x = self.data
        return Value(x**n, (self,), f"**{n}", lambda g: (g * n * x ** (n - 1),))

    def exp(self):
        """eˣ, its own slope."""
        y = math.exp(self.data)
        return Value(y, (self,), "exp", lambda g: (g * y,))

    def log(self):
        """The natural logarithm, with the slope 1/x."""
        x = self.data
        return Value(math.log(x), (self,), "log", lambda g: (g / x,))

    def tanh(self):
        """tanh(x), with the slope 1 − tanh(x)²."""
        y = math.tanh(self.data)
        return Value(y, (self,), "tanh", lambda g: (g * (1 - y * y),))

    def relu(self):
        """x where x > 0, else 0; with the slope 1 or 0."""
        x = self.data
        return Value(max(x, 0.0), (self,), "relu", lambda g: (g * (x > 0),))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __rsub__(self, other):
        return as_value(other) - self

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        """Set the gradients of all nodes in between, and add to those of the leaves."""
        order = in_order(self)
        for node in order:
            if node.parents:
                node.grad = 0.0  # leaves keep what they have
        self.grad = 1.0
        for node in reversed(order):
            if node.parents:
                contributions = node.local_gradient(node.grad)
                for parent, contribution in zip(node.parents, contributions):
                    parent.grad += contribution


# %%
show(check(Value))

# %% [markdown]
# The same facts check your own file, from a shell: `python -m autograd check my_value.py`. And `explain` shows step by
# step what our class does:

# %%
a, b, c = Value(2.0), Value(-3.0), Value(6.5)
y = (a * b + c).tanh()
y.backward()
show(explain(y))

# %% [markdown]
# ## A neuron that learns
#
# What is our class good for? Take a neuron y = tanh(w · x₁ + v · x₂ + b), with the weights w and v and the bias b. It
# must learn to say 1 where both inputs are 1, and −1 elsewhere. Lessons 4 and 5 explain how. Here the point is that our
# class is enough for it.

# %%
examples = [((0, 0), -1), ((0, 1), -1), ((1, 0), -1), ((1, 1), 1)]
w, v, b = Value(0.5), Value(-0.5), Value(0.0)
for step in range(201):
    loss = Value(0.0)
    for (x1, x2), target in examples:
        loss = loss + ((w * x1 + v * x2 + b).tanh() - target) ** 2
    for parameter in (w, v, b):
        parameter.grad = 0.0
    loss.backward()
    if step % 50 == 0:
        print(f"step {step:3}: loss {loss.data:.4f}")
    for parameter in (w, v, b):
        parameter.data -= 0.1 * parameter.grad

print([round((w * x1 + v * x2 + b).tanh().data, 2) for (x1, x2), _ in examples])

# %% [markdown]
# **What to remember:** each operation makes a node that knows its parents and its slopes; backward() lists the nodes in
# topological order and goes through the list from the end; contributions are added with `+=`.

# %% [markdown]
# ## Exercises
#
# ### 3.1 An operation of your own
#
# y = sigmoid(x) = 1 / (1 + e⁻ˣ) has the slope y · (1 − y). Write it as one operation, like tanh above: a Value with the
# parent x and a local gradient of its own.


# %% 3.1
def sigmoid(self):
    """1 / (1 + e⁻ˣ) of a Value, as a Value."""
    ...


# %%
Value.sigmoid = sigmoid
show(check(Value, "3.1"))

# %% [markdown]
# ### 3.2 An operation with two parents
#
# Write division as one operation. q = x / y has the slope 1/y by x, and −x/y² by y.


# %% 3.2
def divide(self, other):
    """self / other, of two Values, as one Value."""
    ...


# %%
Value.divide = divide
show(check(Value, "3.2"))

# %% [markdown]
# ### 3.3 Find the bugs
#
# Somebody has written the class in micrograd's style, with two of the usual mistakes. Run the check, read what it says,
# and correct the class.


# %% 3.3
class Broken:
    """A number that remembers how it was computed, with two mistakes."""

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents
        self.hand_on = lambda: None

    def __add__(self, other):
        out = Broken(self.data + other.data, (self, other))

        def hand_on():
            self.grad = out.grad
            other.grad = out.grad

        out.hand_on = hand_on
        return out

    def __mul__(self, other):
        out = Broken(self.data * other.data, (self, other))

        def hand_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.hand_on = hand_on
        return out

    def backward(self):
        """Give every node before this one its gradient."""
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                order.append(node)
                for parent in node.parents:
                    visit(parent)

        visit(self)
        self.grad = 1.0
        for node in order:
            node.hand_on()


# %%
show(check(Broken, "3.3"))

"""A student's engine that is right, and what makes of it engines with one usual mistake each."""

from typing import NamedTuple

from autograd.classroom.checks import hints as mistakes

RIGHT = """\
import math


class Value:
    def __init__(self, data, parents=(), op=""):
        self.data = data
        self.grad = 0.0
        self._prev = parents
        self._op = op
        self._backward = lambda: None

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __sub__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data - other.data, (self, other), "-")

        def _backward():
            self.grad += out.grad
            other.grad -= out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, n):
        out = Value(self.data**n, (self,), "**")

        def _backward():
            self.grad += n * self.data ** (n - 1) * out.grad

        out._backward = _backward
        return out

    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data / other.data, (self, other), "/")

        def _backward():
            self.grad += out.grad / other.data
            other.grad -= out.grad * self.data / other.data**2

        out._backward = _backward
        return out

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return Value(other) - self

    def __rtruediv__(self, other):
        return Value(other) / self

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            node, finished = stack.pop()
            if finished:
                order.append(node)
            elif node not in visited:
                visited.add(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in node._prev)
        for node in order:
            if node._prev:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            node._backward()


def function(name, value, slope):
    def method(self):
        out = Value(value(self.data), (self,), name)

        def _backward():
            self.grad += slope(self.data, out.data) * out.grad

        out._backward = _backward
        return out

    setattr(Value, name, method)


function("exp", math.exp, lambda x, y: y)
function("log", math.log, lambda x, y: 1 / x)
function("tanh", math.tanh, lambda x, y: 1 - y**2)
function("relu", lambda x: max(0.0, x), lambda x, y: float(x > 0))
"""


def in_place(name, sign):
    """A method that changes what it is called on, to be written before another."""
    change = f"self.data {sign} other.data if isinstance(other, Value) else self.data {sign} other"
    return f"def __i{name}__(self, other):\n        self.data = {change}\n        return self\n\n    def __neg__"


class Mistake(NamedTuple):
    """A mistake: what is replaced by what; the fact that it breaks first; and the hint that is to be given there."""

    before: str
    after: str
    fact: str
    hint: str


SORTED = RIGHT[RIGHT.index("        order, visited") : RIGHT.index("        for node in order:")]
RECURSIVE = """\
        order, visited = [], set()

        def visit(node):
            if node not in visited:
                visited.add(node)
                for parent in node._prev:
                    visit(parent)
                order.append(node)

        visit(self)
"""

ADD = """\
        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
"""
MULTIPLY = "self.grad += other.data * out.grad\n            other.grad += self.data * out.grad"
METHOD = RIGHT[RIGHT.index("    def method") : RIGHT.index('function("exp"')]

MISTAKES = {
    "= for +=": Mistake(
        "self.grad += out.grad\n            other.grad += out.grad",
        "self.grad = out.grad\n            other.grad = out.grad",
        "reuse: a + a",
        mistakes.OVERWRITTEN,
    ),
    "no __radd__": Mistake(
        "def __radd__", "def add_on_the_right", "either side: 1 + a", "__radd__(self, other): define it"
    ),
    "__rsub__ the wrong way": Mistake("Value(other) - self", "self - other", "either side: 1 - a", mistakes.REVERSED),
    "as they are met": Mistake(
        SORTED,
        """\
        order, queue = [], [self]
        while queue:
            node = queue.pop(0)
            if node not in order:
                order.insert(0, node)
                queue.extend(node._prev)
""",
        "order: a short way and a long one, the short one first",
        mistakes.EARLY,
    ),
    "no seed": Mistake("self.grad = 1.0", "pass", "backward: the result's own gradient is 1", mistakes.NO_SEED),
    "recursion": Mistake(
        SORTED,
        RECURSIVE,
        "deep: a chain of 5000 operations, as a loss that sums up so many terms",
        "Sort the graph in a loop, with a list as a stack",
    ),
    "integers": Mistake("out.grad / other.data\n", "out.grad // other.data\n", "backward: a / b", mistakes.INTEGER),
    "late binding": Mistake(
        RIGHT[RIGHT.index("def function") :],
        f"""\
functions = [
    ("exp", math.exp, lambda x, y: y),
    ("log", math.log, lambda x, y: 1 / x),
    ("tanh", math.tanh, lambda x, y: 1 - y**2),
    ("relu", lambda x: max(0.0, x), lambda x, y: float(x > 0)),
]
for name, value, slope in functions:

{METHOD}""",
        "functions: exp has the right value",
        mistakes.IN_A_LOOP.format("relu"),
    ),
    "not reset": Mistake(
        "node.grad = 0.0", "pass", "again: the same backward() again adds the same once more", mistakes.NOT_RESET
    ),
    "sign of the subtrahend": Mistake(
        "other.grad -= out.grad\n", "other.grad += out.grad\n", "backward: a - b", mistakes.SUBTRAHEND
    ),
    "exponent as it was": Mistake("** (n - 1)", "** n", "powers: a ** 3", mistakes.POWER),
    "tanh of x": Mistake("1 - y**2", "1 - x**2", "functions: tanh has the right derivative", mistakes.TANH_OF_X),
    # and more than the twelve
    "no chain": Mistake(
        "+= other.data * out.grad\n            other.grad += self.data * out.grad",
        "+= other.data\n            other.grad += self.data",
        "backward: the chain rule, through products",
        mistakes.NO_CHAIN,
    ),
    "operands swapped": Mistake(
        MULTIPLY,
        "self.grad += self.data * out.grad\n            other.grad += other.data * out.grad",
        "backward: a * b",
        mistakes.SWAPPED,
    ),
    "not reversed": Mistake(
        "in reversed(order)", "in order", "backward: the chain rule, through a sum and a product", mistakes.NOT_REVERSED
    ),
    "no visited set": Mistake(
        SORTED,
        RECURSIVE.replace("if node not in visited", "if True"),
        "reuse: a result used twice",
        mistakes.TWICE,
    ),
    "on at every visit": Mistake(
        RIGHT[RIGHT.index("        order, visited") : RIGHT.index("def function")],
        """\
        def visit(node):
            node._backward()
            for parent in node._prev:
                visit(parent)

        self.grad = 1.0
        visit(self)


""",
        "reuse: a result used twice",
        mistakes.TWICE,
    ),
    "visited once and for all": Mistake(
        "def backward(self):\n        order, visited, stack = [], set(), [(self, False)]",
        "def backward(self, visited=set()):\n        order, stack = [], [(self, False)]",
        "again: the same backward() again adds the same once more",
        mistakes.NOT_AGAIN,
    ),
    "a number left of a Value": Mistake(
        "Value(self.data + other.data,", "Value(self.data + other,", "operators: a + b", mistakes.LOOPS
    ),
    "no wrapping": Mistake(
        "other = other if isinstance(other, Value) else Value(other)\n        out = Value(self.data +",
        "out = Value(self.data +",
        "either side: a + 1",
        "Wrap it: other = other if isinstance(other, Value) else Value(other)",
    ),
    "no return": Mistake(
        "        out._backward = _backward\n        return out\n\n    def __sub__",
        "        out._backward = _backward\n\n    def __sub__",
        "operators: a + b",
        "Does every operation end with `return out`",
    ),
    "reflected into itself": Mistake(
        "return self + other", "return other + self", "either side: 1 + a", mistakes.R_LOOPS
    ),
    "Values as gradients": Mistake(
        "self.grad += other.data * out.grad", "self.grad += other * out.grad", "backward: a * b", ".data and .grad"
    ),
    "tanh by exp": Mistake(
        "math.tanh,",
        "lambda x: (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1),",
        "functions: tanh of a large number",
        mistakes.TANH_OVERFLOW,
    ),
    "one number for all": Mistake(
        "self.data = data", "Value.data = data", "data: each Value has its own", mistakes.SHARED
    ),
    "seed that adds": Mistake(
        "            if node._prev:\n                node.grad = 0.0\n        self.grad = 1.0",
        "            pass\n        self.grad += 1.0",
        "again: the same backward() again adds the same once more",
        mistakes.SEED_ADDS,
    ),
    # in the order of the facts
    "no number": Mistake("self.data = data", "pass", "data: a Value has its number", "Keep it: self.data = data."),
    "gradients that begin with 1": Mistake(
        "self.grad = 0.0", "self.grad = 1.0", "data: the gradient is 0 at first", "The gradient must begin at 0"
    ),
    "a repr without the number": Mistake(
        'f"Value(data={self.data}, grad={self.grad})"',
        '"Value"',
        "data: a Value shows its number",
        "Write a __repr__",
    ),
    "a plain number as the result": Mistake(
        'out = Value(self.data + other.data, (self, other), "+")',
        "return self.data + other.data",
        "operators: a + b",
        mistakes.NOT_A_VALUE,
    ),
    "in place": Mistake(
        'out = Value(self.data + other.data, (self, other), "+")',
        "self.data += other.data\n        return self",
        "operators: an operation leaves its operands as they are",
        mistakes.IN_PLACE,
    ),
    "+ for -": Mistake("self.data - other.data", "self.data + other.data", "operators: a - b", "This is a + b."),
    "- the wrong way": Mistake(
        "self.data - other.data", "other.data - self.data", "operators: a - b", "This is b - a."
    ),
    "/ the wrong way": Mistake(
        "Value(self.data / other.data", "Value(other.data / self.data", "operators: a / b", "This is b / a."
    ),
    "* for /": Mistake(
        "Value(self.data / other.data", "Value(self.data * other.data", "operators: a / b", "This is a * b."
    ),
    "* for **": Mistake("self.data**n", "self.data * n", "operators: a ** 3", "This is 3 * a."),
    "** the wrong way": Mistake("self.data**n", "n**self.data", "operators: a ** 3", "This is 3 ** a."),
    "no parents": Mistake(
        "self._prev = parents",
        "self._prev = ()",
        "graph: a result knows its operands",
        "The result does not know its operands",
    ),
    "late binding of parents": Mistake(
        ADD,
        """\
        parts = []
        for parent in (self, other):

            def part():
                parent.grad += out.grad

            parts.append(part)
        out._backward = lambda: [part() for part in parts]
""",
        "backward: a + b",
        mistakes.LATE_PARENT,
    ),
    "the derivatives of + for *": Mistake(
        MULTIPLY,
        "self.grad += out.grad\n            other.grad += out.grad",
        "backward: a * b",
        "These are the derivatives of a + b.",
    ),
    "sign of the divisor": Mistake(
        "other.grad -= out.grad * self.data / other.data**2",
        "other.grad += out.grad * self.data / other.data**2",
        "backward: a / b",
        mistakes.QUOTIENT,
    ),
    "the derivative of 1 / a for 2 / a": Mistake(
        "return Value(other) / self",
        """\
out = Value(other / self.data, (self,), "/")

        def _backward():
            self.grad -= out.grad / self.data**2

        out._backward = _backward
        return out""",
        "backward: 2 / a",
        "The factor 2 is lost",
    ),
    "sums beside the gradients": Mistake(
        "            node._backward()\n",
        """\
            node._backward()
        for node in order:
            if not node._prev:
                node.sum = node.grad = getattr(node, "sum", 0.0) + node.grad
""",
        "again: after setting the gradients to 0 it starts anew",
        "The first gradients are still there",
    ),
    "leaves at 0": Mistake(
        "            if node._prev:\n                node.grad = 0.0",
        "            node.grad = 0.0",
        "again: the gradients of two results add up",
        "And backward() must not set the gradients of leaves to 0.",
    ),
    "no factor": Mistake("n * self.data ** (n - 1)", "self.data ** (n - 1)", "powers: a ** 3", mistakes.POWER_FACTOR),
    "by the exponent": Mistake(
        "n * self.data ** (n - 1)", "out.data * math.log(self.data)", "powers: a ** 3", mistakes.EXPONENT
    ),
    "no gradient that arrives": Mistake(
        "n * self.data ** (n - 1) * out.grad",
        "n * self.data ** (n - 1)",
        "powers: a power within a product",
        mistakes.LOCAL_ONLY,
    ),
    "exp as a power": Mistake(
        "math.exp, lambda x, y: y",
        "math.exp, lambda x, y: x * math.exp(x - 1)",
        "functions: exp has the right derivative",
        mistakes.EXP_AS_POWER,
    ),
    "exp of the operand": Mistake(
        "math.exp, lambda x, y: y",
        "math.exp, lambda x, y: x",
        "functions: exp has the right derivative",
        "This is x, not exp(x)",
    ),
    "another base": Mistake("math.log,", "math.log10,", "functions: log is the natural logarithm", mistakes.LOG_BASE),
    "log turned over": Mistake(
        "lambda x, y: 1 / x",
        "lambda x, y: x",
        "functions: log has the right derivative",
        "The derivative of log(x) is 1/x, not x.",
    ),
    "tanh without the square": Mistake(
        "1 - y**2", "1 - y", "functions: tanh has the right derivative", mistakes.TANH_SQUARE
    ),
    "tanh itself": Mistake(
        "1 - y**2", "y", "functions: tanh has the right derivative", "This is tanh(x): the derivative is 1 - t**2."
    ),
    "relu itself": Mistake(
        "float(x > 0)",
        "max(0.0, x)",
        "functions: relu has the right derivative",
        "relu has the slope 1 above 0, not x.",
    ),
    "relu open": Mistake("float(x > 0)", "1.0", "functions: relu below 0", mistakes.RELU_OPEN),
    "no relu": Mistake(
        "lambda x: max(0.0, x), lambda x, y: float(x > 0)",
        "lambda x: x, lambda x, y: 1.0",
        "functions: relu below 0",
        "relu(x) is 0 where x is below 0: max(0, x).",
    ),
    "a leaf without a function": Mistake(
        "self._backward = lambda: None",
        "self._backward = None",
        "backward: the result's own gradient is 1",
        mistakes.NO_FUNCTION,
    ),
    "relu open at 0": Mistake(
        "float(x > 0)",
        "float(x >= 0)",
        "functions: relu at 0, where its slope is 0 by convention",
        mistakes.RELU_AT_ZERO,
    ),
    "log of the size": Mistake(
        "math.log,",
        "lambda x: math.log(abs(x)),",
        "functions: the logarithm of -1 is an error, or nan, and no number",
        "There is no logarithm here",
    ),
    "sqrt of the size": Mistake(
        'function("relu"',
        'function("sqrt", lambda x: math.sqrt(abs(x)), lambda x, y: 0.5 / y)\nfunction("relu"',
        "more operations: the square root of -1 is an error, or nan, and no number",
        "There is no square root here",
    ),
    "** without the exponent": Mistake(
        '    def __pow__(self, n):\n        out = Value(self.data**n, (self,), "**")\n',
        "    def __pow__(self, n):\n        n = n.data if isinstance(n, Value) else n\n"
        '        out = Value(self.data**n, (self,), "**")\n',
        "more operations: a ** b",
        mistakes.BY_EXPONENT,
    ),
    "-a without its operand": Mistake(
        "return self * -1", "return Value(-self.data)", "backward: -a", mistakes.NOT_REACHED
    ),
    "1 + a without its operand": Mistake(
        "return self + other", "return Value(self.data + other)", "backward: 1 + a", mistakes.NOT_REACHED
    ),
    "2 * a without its operand": Mistake(
        "return self * other", "return Value(self.data * other)", "backward: 2 * a", mistakes.NOT_REACHED
    ),
    "nothing times 1": Mistake(
        "        out = Value(self.data * other.data",
        "        if other.data == 1:\n            return self\n        out = Value(self.data * other.data",
        "many numbers: a * b, at many numbers",
        mistakes.AT_SOME_NUMBERS,
    ),
    "nothing but 0 times 0": Mistake(
        "        out = Value(self.data * other.data",
        "        if 0 in (self.data, other.data):\n            return Value(0.0)\n"
        "        out = Value(self.data * other.data",
        "many numbers: a * b, at many numbers",
        mistakes.AT_SOME_NUMBERS,
    ),
    "nothing plus 0": Mistake(
        "        out = Value(self.data + other.data",
        "        if other.data == 0:\n            return self\n        out = Value(self.data + other.data",
        "many numbers: a + b, at many numbers",
        mistakes.AT_SOME_NUMBERS,
    ),
    "0 for a quotient by 0": Mistake(
        "Value(self.data / other.data,",
        "Value(self.data / other.data if other.data else 0.0,",
        "many numbers: 1 divided by 0 is an error, or infinite, and no number",
        mistakes.BY_ZERO,
    ),
    "exp that is cut at 700": Mistake(
        "math.exp, lambda",
        "lambda x: math.exp(min(x, 700)), lambda",
        "many numbers: exp of 1000 is an error, or infinite, and no number",
        mistakes.CUT_OFF,
    ),
    "0 for a logarithm": Mistake(
        "math.log, lambda x, y: 1 / x",
        "lambda x: math.log(x) if x > 0 else 0.0, lambda x, y: 1 / x",
        "functions: the logarithm of -1 is an error, or nan, and no number",
        "There is no logarithm here",
    ),
    "a leaky relu": Mistake(
        "lambda x: max(0.0, x), lambda x, y: float(x > 0)",
        "lambda x: max(0.01 * x, x), lambda x, y: 1.0 if x > 0 else 0.01",
        "functions: relu below 0",
        "relu(x) is 0 where x is below 0",
    ),
    "seed with the number": Mistake(
        "        self.grad = 1.0\n        for",
        "        self.grad = self.data\n        for",
        "backward: the result's own gradient is 1",
        mistakes.WRONG_SEED,
    ),
    "copies of operands": Mistake(
        "other = other if isinstance(other, Value) else Value(other)\n        out = Value(self.data * other.data",
        "other = Value(getattr(other, 'data', other))\n        out = Value(self.data * other.data",
        "graph: a result knows its operands",
        mistakes.COPIED,
    ),
    "a whole exponent for the root": Mistake(
        "self.data ** (n - 1)", "self.data ** int(n - 1)", "powers: a ** 0.5", mistakes.INTEGER
    ),
    "two nodes and no further": Mistake(
        "        for node in reversed(order):\n            node._backward()",
        "        for node in (self, *self._prev):\n            node._backward()",
        "backward: the chain rule, through a sum and a product",
        mistakes.NOT_REVERSED,
    ),
    "a dict by the operands": Mistake(
        MULTIPLY,
        "for v, slope in {self: other.data, other: self.data}.items():\n                v.grad += slope * out.grad",
        "reuse: a * a",
        mistakes.OVERWRITTEN,
    ),
    "a tape of all operations": Mistake(
        RIGHT[RIGHT.index("        order, visited") : RIGHT.index("def function")],
        """\
        self.grad = 1.0
        for node in reversed(TAPE):
            node._backward()


TAPE = []
begin = Value.__init__


def note(self, *args):
    begin(self, *args)
    TAPE.append(self)


Value.__init__ = note


""",
        "again: after setting the gradients to 0 it starts anew",
        "Or does it visit nodes that this result was not computed from?",
    ),
    "equality of numbers": Mistake(
        "    def __neg__",
        "    def __eq__(self, other):\n        return self.data == other.data\n\n"
        "    def __hash__(self):\n        return hash(self.data)\n\n    def __neg__",
        "backward: nodes with the same number are not the same node",
        mistakes.EQUAL,
    ),
    **{
        f"{sign}= in place": Mistake(
            "def __neg__",
            in_place(mistakes.OPERATORS[sign], sign),
            f"in place: c {sign}= {operand} makes a new Value",
            f"Remove __i{mistakes.OPERATORS[sign]}__",
        )
        for sign, operand in [("+", "a"), ("-", "a"), ("*", "a"), ("/", "2"), ("**", "2")]
    },
}

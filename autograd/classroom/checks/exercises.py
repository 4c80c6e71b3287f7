"""The exercises of the lessons: by its number, the facts that an answer must satisfy.

A program calls the answer `answer`, whatever the student called it; the report shows the student's own name. It may
be a function, a class, an object or a number. Where the program is `answer`, or an entry of it, and no more, the
student is to find the number by hand, and the report does not tell it. Names of the project are imported by the
program:

    "09.1": (
        Fact(
            "the derivative of x² at 3 is 6",
            "answer(lambda x: x**2, 3.0)",
            6.0,
            {9.0: "this is the value, not the derivative: divide the difference by h"},
            tolerance=1e-3,
        ),
        Fact(
            "a Value goes in as well",
            '''
            from autograd import Value
            answer(Value(2.0)).data
            ''',
            4.0,
        ),
    ),

In a notebook: check(my_answer, "09.1").
"""

from math import exp, log, sqrt, tanh

from autograd.classroom.checks import hints as m
from autograd.classroom.checks.facts import Fact, Facts

FORWARD = "This is the slope from x to x + h. Begin at x - h, so that x is in the middle."
BACKWARD = "This is the slope from x - h to x. End at x + h, so that x is in the middle."
HALF = "Divide by 2 * h: that is how far x - h and x + h are apart."
FIRST_EDGE = "This is the slope of the first edge alone. From a - b to y there is another factor, c."
UPHILL = "This went uphill. Against the slope: minus the learning rate times the slope."
NOT_MOVED = "Nothing moved. After each step x is a new number: x = x - …"
PARAMETERS_NOT_MOVED = (
    "No parameter moved: p -= … would make a new Value, write p.data -= … And the gradients are set to 0 before "
    "backward(), not between it and the step."
)
NO_VALUES = {
    "'float' object has no attribute 'backward'": "The numbers of `start` are plain ones, and so is f of them. Make "
    "Values of them before the loop: [Value(number) for number in start]."
}
NOT_ZEROED = "The gradients of the step before are still there: set each p.grad to 0 before backward()."
ONE_CONTRIBUTION_EACH = (
    "A local gradient returns a tuple, one contribution for each parent; of a single one, too: (contribution,)."
)
PUT_TOGETHER = (
    "The parents are other nodes than the operands: the result was put together from several operations. Make one "
    "Value, with the operands themselves as its parents."
)
NO_ARRIVING = "The gradient that arrives is missing: each contribution is it times the local gradient."
NO_SLOPE_OF_TANH = "The slope of tanh is missing: everything gets the factor 1 - y**2."
ONE_AT_A_TIME = "Each was cut off by itself, which changes their direction. Scale all down by one factor."

Z = tanh(0.25)  # what the neuron of 4.1 and 4.4 says
DELTA = 1 - Z**2
S = 1 / (1 + exp(-2.0))  # the sigmoid of 2

# The neuron of 4.4 has these
NEURON = "[0.5, -1.0], 0.25, [2.0, 1.0]"

# Two moons as in lesson 6, point by point, and how many of 500 a model gets right
MOONS = """
import math, random
rng = random.Random(2024)
right = 0
for i in range(500):
    angle = math.pi * rng.random()
    x, y = math.cos(angle), math.sin(angle)
    if i % 2 == 0:
        x, y = 1 - x, 0.5 - y
    score = answer([x + rng.gauss(0, 0.15), y + rng.gauss(0, 0.15)])
    right += (score.data > 0) == (i % 2 == 1)
[right >= 485, right < 100]
"""

GRAPH = 'parents = {"out": ["c", "d"], "d": ["a", "c"], "c": ["a", "b"], "a": [], "b": []}\n'

EXERCISES: Facts = {
    # 1. The derivative of one function
    "01.1": (
        Fact(
            "the slope of x³ from 1.9 to 2.1",
            "answer(lambda x: x**3, 2.0, 0.1)",
            12.01,
            {
                12.61: FORWARD,
                11.41: BACKWARD,
                24.02: HALF,
                2.402: "This is the rise alone: divide it by 2 * h, the run.",
                0.4804: "Divide by 2 * h, do not multiply by it.",
                0.1201: "Python reads … / 2 * h from the left: half of the rise, times h. Write … / (2 * h).",
                -25.034: "Python divides before it subtracts: put the difference into parentheses.",
                -12.01: "The sign: what is at x + h, minus what is at x - h.",
            },
        ),
        Fact(
            "on a parabola it is exact, even with a large h",
            "answer(lambda x: x**2, 3.0, 1.0)",
            6.0,
            {7.0: FORWARD, 5.0: BACKWARD, 12.0: HALF},
        ),
        Fact("where the function falls", "answer(lambda x: x**2, -1.0, 0.5)", -2.0, {2.0: "The sign is lost."}),
    ),
    "01.2": (
        Fact(
            "at x = 1, where u = 3",
            "answer(1.0)",
            54.0,
            {
                27.0: "This is dy/du = 3 * u**2. u itself moves by 2 where x moves by 1: times du/dx.",
                18.0: "dy/du is 3 * u**2: the exponent falls by one, and u stays squared.",
                9.0: "This is u**2. Two factors are missing: the 3 of the exponent, and du/dx.",
                162.0: "The exponent falls by one: 3 * u**2, not 3 * u**3.",
            },
        ),
        Fact("at x = -1, where u = -1", "answer(-1.0)", 6.0, {-6.0: "u**2 is positive: (-1)**2 = 1."}),
        Fact("at x = 0.5, where u = 2", "answer(0.5)", 24.0),
    ),
    "01.3": (
        Fact(
            "the slope there is 2 metres per km/h",
            "answer",
            85.0,
            {
                8.5: "This is u = v/10. Asked for is the speed, v.",
                100.0: "Both parts have a slope: s'(v) = 3/10 + v/50.",
                115.0: "The sign: v/50 = 2 - 3/10.",
                200.0: "Both parts have a slope: 3/10, and v/50, for (v/10)² has the slope 2 * v/100.",
                170.0: "(v/10)² has the slope 2 * v/100 = v/50, not v/100.",
                2.0: "This is the slope. Asked for is the speed at which s has it.",
            },
            tolerance=1e-6,
        ),
    ),
    "01.4": (
        Fact(
            "one step down the parabola (x - 3)², from 0",
            "answer(lambda x: 2 * (x - 3), 0.0, 0.1, 1)",
            0.6,
            {-0.6: UPHILL, 0.0: NOT_MOVED, 6.0: "The rate is missing: it says how far to go for a slope of 1."},
        ),
        Fact(
            "a second step, from 0.6",
            "answer(lambda x: 2 * (x - 3), 0.0, 0.1, 2)",
            1.08,
            {
                0.6: "This is one step only. Is `return` within the loop?",
                1.2: "The slope was asked for only once: ask for it again at each place.",
                -1.32: UPHILL,
            },
        ),
        Fact("no steps at all", "answer(lambda x: 2 * (x - 3), 5.0, 0.1, 0)", 5.0, {4.6: "This was a step too many."}),
        Fact("a hundred steps, to the bottom", "answer(lambda x: 2 * (x - 3), 0.0, 0.1, 100)", 3.0, tolerance=1e-6),
    ),
    # 2. A graph by hand
    "02.1": (
        Fact(
            "∂y/∂a",
            'answer["a"]',
            -2.0,
            {
                2.0: m.NEGATED,
                1.0: FIRST_EDGE,
                3.0: "This is a - b, which is what c gets. A product hands on crosswise.",
            },
        ),
        Fact(
            "∂y/∂b",
            'answer["b"]',
            2.0,
            {
                -2.0: "a - b falls where b grows: this edge has the slope -1.",
                -1.0: FIRST_EDGE,
                1.0: FIRST_EDGE + " And the edge from b to a - b has the slope -1.",
            },
        ),
        Fact(
            "∂y/∂c",
            'answer["c"]',
            3.0,
            {
                -2.0: "This is c. In a product each gets the *other* factor: a - b.",
                -6.0: "This is y itself.",
                5.0: "This is a + b.",
            },
        ),
    ),
    "02.2": (
        Fact("∂y/∂v", 'answer["v"]', 8.0, {10.0: "This is v. In a product each gets the *other* factor: u."}),
        Fact(
            "∂y/∂u",
            'answer["u"]',
            18.0,
            {
                10.0: "This is the direct way alone, u → y, with the slope v. u moves v as well: u → v → y.",
                8.0: "This is the way u → v → y alone. There is a direct one as well, u → y. In a product each gets "
                "the other factor.",
                80.0: "Where two paths meet, their products add up.",
            },
        ),
        Fact(
            "∂y/∂x",
            'answer["x"]',
            224.0,
            {
                216.0: "x moves v directly, too: x → v → y.",
                8.0: "x moves u, too: x → u, with the slope 3 * x**2 = 12.",
                128.0: "∂y/∂u was not complete: u has two ways to y.",
                120.0: "∂y/∂u was not complete: u has two ways to y. And x moves v directly, too.",
                104.0: "∂y/∂u was not complete: u has two ways to y.",
                80.0: "The slope of x³ is 3 * x**2: the factor 3 is missing.",
                116.0: "The slope of x³ is 3 * x**2: x stays squared.",
            },
        ),
    ),
    "02.3": (
        Fact(
            "y was computed from x",
            'answer({"y": ["x"], "x": []}, "y")',
            ["x", "y"],
            {
                ("y", "x"): "The result comes first here. A node is appended after its parents.",
                ("y",): "The parents are missing: before a node is appended, they are, by the same function.",
                ("x",): "The result itself is missing: it is appended at the end.",
            },
        ),
        Fact(
            "every node of the second graph of the lesson, once",
            GRAPH + 'sorted(answer(parents, "out"))',
            ["a", "b", "c", "d", "out"],
            {
                ("a", "a", "a", "b", "b", "c", "c", "d", "out"): "Nodes that are used twice stand in the list twice: "
                "remember which ones were visited already.",
            },
        ),
        Fact(
            "none stands before one of its parents",
            GRAPH + 'order = answer(parents, "out")\n'
            "[name for name in sorted(order) if any(order.index(p) > order.index(name) for p in parents[name])]",
            [],
            {
                ("c", "out"): "A node is appended only after its parents: first the loop over them, then append.",
                ("d",): "d stands before c, from which it was computed. To go by the distance from the result is not "
                "enough: a node is appended after all its parents.",
            },
        ),
        Fact(
            "of c, only what it was computed from",
            GRAPH + 'sorted(answer(parents, "c"))',
            ["a", "b", "c"],
            {
                (
                    "a",
                    "b",
                    "c",
                    "d",
                    "out",
                ): "d and out were computed from c, and not the other way round: begin at result."
            },
        ),
    ),
    # 3. Value, from nothing
    "03.1": (
        Fact("its value at 0", "x = answer(0.0)\ny = x.sigmoid()\ny.data", 0.5),
        Fact(
            "its slope at 0",
            "x = answer(0.0)\ny = x.sigmoid()\ny.backward()\nx.grad",
            0.25,
            {
                0.5: "This is y itself. The slope is y * (1 - y).",
                0.0: "The slope is y * (1 - y), with y the result and not x. And is local_gradient handed over?",
                "not iterable|has no len": ONE_CONTRIBUTION_EACH,
                "NoneType' object is not callable": "The local gradient is missing: hand it over as the fourth "
                "argument.",
            },
        ),
        Fact(
            "its slope at 2",
            "x = answer(2.0)\ny = x.sigmoid()\ny.backward()\nx.grad",
            S * (1 - S),
            {-2.0: "The slope is y * (1 - y), with y the result and not x.", 1 - S**2: "That is the slope of tanh."},
        ),
        Fact(
            "within a longer computation",
            "x = answer(0.0)\ny = (x * 3).sigmoid() * 2\ny.backward()\nx.grad",
            1.5,
            {0.75: NO_ARRIVING},
        ),
        Fact(
            "it is one operation, whose only parent is x",
            "x = answer(0.5)\ny = x.sigmoid()\n[parent is x for parent in y.parents]",
            [True],
            {(False, False): PUT_TOGETHER, (False,): PUT_TOGETHER, (): "The parents are missing: (x,)."},
        ),
    ),
    "03.2": (
        Fact("7 / 2", "x, y = answer(7.0), answer(2.0)\nq = x.divide(y)\nq.data", 3.5, {2 / 7: "This is y / x."}),
        Fact(
            "its slopes",
            "x, y = answer(7.0), answer(2.0)\nq = x.divide(y)\nq.backward()\n[x.grad, y.grad]",
            [0.5, -1.75],
            {
                (0.5, 1.75): "A larger y makes x / y smaller: the slope by y has a minus.",
                (0.5, -3.5): "The slope by y is -x / y**2: y is squared.",
                (0.5, -0.25): "The slope by y is -x / y**2: the factor x is missing.",
                (-1.75, 0.5): "The first contribution is that of the first parent, x.",
                "not iterable|has no len": ONE_CONTRIBUTION_EACH,
            },
        ),
        Fact(
            "within a longer computation",
            "x, y = answer(7.0), answer(2.0)\nq = x.divide(y) * 10\nq.backward()\n[x.grad, y.grad]",
            [5.0, -17.5],
            {(0.5, -1.75): NO_ARRIVING},
        ),
        Fact(
            "it is one operation, with two parents",
            "x, y = answer(7.0), answer(2.0)\nq = x.divide(y)\n[q.parents[0] is x, q.parents[1] is y, len(q.parents)]",
            [True, True, 2],
            {(True, False, 2): PUT_TOGETHER, "IndexError": "The parents are missing: (x, y)."},
        ),
    ),
    "03.3": (
        Fact(
            "a + b",
            "a, b = answer(2.0), answer(-3.0)\nc = a + b\nc.backward()\n[c.data, a.grad, b.grad]",
            [-1.0, 1.0, 1.0],
        ),
        Fact("a + a", "a = answer(3.0)\nb = a + a\nb.backward()\na.grad", 2.0, {1.0: m.OVERWRITTEN}),
        Fact(
            "a and b used twice",
            "a, b = answer(3.0), answer(-2.0)\nc = a * b\nd = a + b\nf = c * d\nf.backward()\n[a.grad, b.grad]",
            [-8.0, -3.0],
            {(-6.0, -6.0): m.OVERWRITTEN, (-2.0, 3.0): m.OVERWRITTEN},
        ),
        Fact(
            "the second graph of lesson 2",
            "a, b = answer(3.0), answer(-2.0)\nc = a * b\nd = a + c\nout = c * d\nout.backward()\n[a.grad, b.grad]",
            [12.0, -27.0],
            {
                (0.0, -9.0): m.EARLY,
                (-6.0, -9.0): "Two mistakes meet here: mend what the facts above tell, and see what is left.",
            },
        ),
    ),
    # 4. Neuron and layer
    "04.1": (
        Fact(
            "two inputs, where w·x + b = 0.25",
            f"answer({NEURON})",
            Z,
            {
                0.25: "This is w·x + b. It goes through tanh.",
                0.0: "The bias is missing.",
                tanh(0.5): "The bias is added once, not once for each input.",
                tanh(-1.25): "Each weight meets the input of its own place, and no other.",
                tanh(-0.5): "The bias is added once, and each weight meets the input of its own place.",
            },
        ),
        Fact(
            "three inputs",
            "answer([1.0, -2.0, 0.5], -0.5, [0.0, -0.5, 1.0])",
            tanh(1.0),
            {tanh(0.5): "Are all inputs used?"},
        ),
        Fact("no inputs: only the bias", "answer([], 1.0, [])", tanh(1.0)),
    ),
    "04.2": (
        Fact(
            "one neuron with three inputs",
            "answer(3, [1])",
            4,
            {3: "The bias is missing: one for each neuron.", 2: "A neuron has as many weights as inputs."},
        ),
        Fact(
            "the network of the text",
            "answer(2, [16, 16, 1])",
            337,
            {
                304: "These are the weights. Each neuron has a bias, too.",
                99: "The inputs of a layer are the outputs of the layer before it, and only the first one's are n_in.",
                48: "This is the first layer alone.",
                33: "These are the neurons, or their biases. Each has as many weights as inputs, too.",
                307: "One bias for each layer was counted. Each neuron has one.",
            },
        ),
        Fact(
            "another one",
            "answer(10, [5, 2])",
            67,
            {60: "The biases are missing.", 77: "Layer 2 has 5 inputs, not 10."},
        ),
    ),
    "04.3": (
        Fact(
            "no input is 1: below 0",
            'answer["b"] < 0',
            True,
            {False: "Where all inputs are 0 only b is left: make it negative."},
        ),
        Fact(
            "one input is 1: below 0",
            '[weight + answer["b"] < 0 for weight in answer["w"]]',
            [True, True, True],
            {
                (
                    False,
                    False,
                    False,
                ): "One weight alone must not outweigh b: b is to be further below 0 than a weight above."
            },
        ),
        Fact(
            "two inputs are 1: above 0",
            'w1, w2, w3 = answer["w"]\nb = answer["b"]\n[w1 + w2 + b > 0, w1 + w3 + b > 0, w2 + w3 + b > 0]',
            [True, True, True],
            {(False, False, False): "Two weights together must outweigh b: b is too far below 0."},
        ),
        Fact("all three are 1: above 0", 'sum(answer["w"]) + answer["b"] > 0', True),
    ),
    "04.4": (
        Fact(
            "w·x + b = 0.25, and δ = 1 - tanh(0.25)²",
            f"answer({NEURON})",
            [[2 * DELTA, DELTA], DELTA],
            {
                ((2.0, 1.0), 1.0): NO_SLOPE_OF_TANH,
                ((0.5 * DELTA, -DELTA), DELTA): "A weight gets δ times its *input*. These are the gradients of x.",
                ((2 * DELTA, DELTA), 1.0): "b is within tanh as well: its gradient is δ.",
                ((2 * DELTA, DELTA), 0.25 * DELTA): "b has no factor: z = w·x + 1 * b, so its gradient is δ.",
                ((1.875, 0.9375), 0.9375): "The slope of tanh is 1 - y**2 with y = tanh(z), not with z.",
                ((2 * (1 - Z), 1 - Z), 1 - Z): "The slope of tanh is 1 - y**2: the square is missing.",
                ((2 * Z, Z), Z): "This has y where 1 - y**2 is meant, the slope of tanh.",
            },
        ),
        Fact(
            "where z = 0 the slope is 1",
            "answer([1.0], -3.0, [3.0])",
            [[3.0], 1.0],
            {((1.0,), 1.0): "The input is missing."},
        ),
    ),
    # 5. Loss and gradient descent
    "05.1": (
        Fact(
            "errors of 2 and 3",
            "answer([1.0, 2.0], [3.0, 5.0])",
            6.5,
            {
                13.0: "This is the sum. The mean is the sum divided by how many there are.",
                2.5: "The errors are squared, not their absolute values taken.",
                -2.5: "The errors are squared.",
                6.25: "Square each error first, and then take the mean.",
                sqrt(6.5): "No root: the squared error stays squared.",
            },
        ),
        Fact(
            "of Values, with gradients",
            """
            from autograd import Value
            p, q = Value(1.0), Value(2.0)
            answer([p, q], [3.0, 5.0]).backward()
            [p.grad, q.grad]
            """,
            [-2.0, -3.0],
            {
                "has no attribute 'backward'": "A plain number came back. Compute with the Values themselves, not with "
                "their .data.",
                "would lose the gradient": "Functions of math and float() take the number and drop the gradient: use "
                "+, -, *, / and ** alone.",
                (-4.0, -6.0): "This is the gradient of the sum: divide by how many there are.",
            },
        ),
    ),
    "05.2": (
        Fact(
            "one step",
            "answer(lambda p: (p[0] - 3) ** 2 + 2 * (p[1] + 1) ** 2, [0.0, 0.0], 0.1, 1)",
            [0.6, -0.4],
            {
                (-0.6, 0.4): UPHILL,
                (0.0, 0.0): PARAMETERS_NOT_MOVED,
                (6.0, -4.0): "The learning rate is missing.",
                **NO_VALUES,
            },
        ),
        Fact(
            "two steps",
            "answer(lambda p: (p[0] - 3) ** 2 + 2 * (p[1] + 1) ** 2, [0.0, 0.0], 0.1, 2)",
            [1.08, -0.64],
            {
                (1.68, -1.04): NOT_ZEROED,
                (0.6, -0.4): "This is one step only. Is `return` within the loop?",
                (1.2, -0.8): "The gradients are those of the start: compute f again in each step, for a graph has the "
                "numbers of its own forward pass.",
                **NO_VALUES,
            },
        ),
        Fact(
            "a hundred steps, to the bottom",
            "answer(lambda p: (p[0] - 3) ** 2 + 2 * (p[1] + 1) ** 2, [0.0, 0.0], 0.1, 100)",
            [3.0, -1.0],
            NO_VALUES,
            tolerance=1e-6,
        ),
    ),
    "05.3": (
        Fact(
            "from there on it does not get to the bottom",
            "answer",
            1 / 3,
            {
                1 / 6: "With this one the first step lands just at the bottom. A larger one jumps over it, and "
                "still gets closer.",
                2 / 3: "k is the second derivative of 3 * x**2, which is 6 and not 3.",
                1.0: "k is the second derivative of 3 * x**2, which is 6.",
                3.0: "The limit is 2 / k, not k / 2.",
            },
            tolerance=1e-3,
        ),
    ),
    "05.4": (
        Fact("undecided, and t = 1", "answer(0.0, 1)", -0.5, {0.5: m.NEGATED, -1.0: "p = sigmoid(z), not z."}),
        Fact(
            "z = 2, and t = 1",
            "answer(2.0, 1)",
            S - 1,
            {
                1 - S: m.NEGATED + " Where t = 1 a larger z makes the loss smaller.",
                1.0: "p - t is meant with p = sigmoid(z), not with z.",
                S: "t is missing: p - t.",
                (S - 1) * S * (1 - S): "This is the slope of half the squared error.",
                2 * (S - 1) * S * (1 - S): "This is the slope of the squared error.",
                -log(S): "This is the loss itself, not its slope.",
                -1 / S: "This is ∂loss/∂p. The chain rule goes on to z: times p * (1 - p).",
            },
        ),
        Fact("z = 2, and t = 0", "answer(2.0, 0)", S, {-S: m.NEGATED, S - 1: "This is for t = 1."}),
    ),
    # 6. Training the moons
    "06.1": (
        Fact(
            "three of four",
            "answer([2.0, -1.0, 0.5, -3.0], [1, 0, 0, 0])",
            0.75,
            {
                3: "This is how many are right. Divide by how many there are.",
                75: "As a part, from 0 to 1, not in percent.",
                0.25: "This is the part that is wrong.",
                1.0: "Scores are no probabilities: compare them with 0, not with 1/2.",
                0.5: "Is a score below 0 right where the class is 0?",
            },
        ),
        Fact(
            "small scores count like large ones",
            "answer([0.2, 0.4, -0.1], [1, 1, 0])",
            1.0,
            {
                1 / 3: "Scores are no probabilities: compare them with 0, not with 1/2.",
                2 / 3: "Is a score below 0 right where the class is 0?",
            },
        ),
    ),
    "06.2": (
        Fact(
            "a step on (w - 5)² from w = 2, with an old gradient of 100",
            """
            from autograd import Value
            w = Value(2.0)
            w.grad = 100.0
            loss = answer([w], lambda: (w - 5) ** 2, 0.1)
            [loss, w.data]
            """,
            [9.0, 2.6],
            {
                (9.0, -7.4): NOT_ZEROED,
                (9.0, 1.4): UPHILL,
                (9.0, 2.0): PARAMETERS_NOT_MOVED,
                (9.0, -8.0): "The step used the old gradient: call backward() before it.",
                (5.76, 2.6): "This is the loss after the step. Asked for is that before it.",
                (1.0, 2.6): "This is the gradient of the loss by itself. Its number is loss.data.",
            },
        ),
        Fact(
            "every parameter moves",
            """
            from autograd import Value
            a, b = Value(1.0), Value(2.0)
            loss = answer([a, b], lambda: a * b, 0.5)
            [loss, a.data, b.data]
            """,
            [2.0, 0.0, 1.5],
            {
                (2.0, 0.0, 2.0): "Only the first one moved. Is `return` within the loop?",
                (2.0, 1.0, 1.5): "Only the last one moved: is the step within the loop?",
            },
        ),
    ),
    "06.3": (
        Fact(
            "0.9, 0.7, 0.6, then twice not better: epoch 2",
            "answer([0.9, 0.7, 0.6, 0.65, 0.7, 0.1], 2)",
            2,
            {
                5: "Epoch 5 is never seen: after epochs 3 and 4 the patience is at its end.",
                4: "This is where one stops. One keeps the parameters of the best epoch seen.",
                3: "This is the first epoch that was not better. One keeps the parameters of the best one.",
                0.6: "This is the loss. Asked for is its place in the list.",
                0: "The smallest loss is the best, not the largest.",
            },
        ),
        Fact(
            "with the patience 3, it is epoch 5",
            "answer([0.9, 0.7, 0.6, 0.65, 0.7, 0.1], 3)",
            5,
            {2: "Stopped too early: three in a row must not be better, and here it is two."},
        ),
        Fact(
            "after each best epoch the patience begins anew",
            "answer([0.9, 0.95, 0.8, 0.85, 0.7, 0.75, 0.6], 2)",
            6,
            {2: "Epochs that are not better count only in a row: at each new best one, begin to count anew."},
        ),
        Fact(
            "equal is not better",
            "answer([0.5, 0.5, 0.5, 0.1], 2)",
            0,
            {
                3: "Epochs 1 and 2 are not better than epoch 0, so epoch 3 is never seen: only < is better.",
                2: "Of equal losses the first one is kept: only < is better.",
            },
        ),
    ),
    "06.4": (
        Fact(
            "at most 60 parameters",
            "len(answer.parameters()) <= 60",
            True,
            {False: "It has more: MLP(2, [n, m, 1]) has 3·n + (n + 1)·m + m + 1."},
        ),
        Fact(
            "right on at least 485 of 500 new points",
            MOONS,
            [True, False],
            {
                (False, False): "Train it for longer, and look at the boundary: does it bend?",
                (False, True): "Nearly all are wrong: the classes are the other way round.",
            },
        ),
    ),
    # 7. Why depth is hard
    "07.1": (
        Fact(
            "the largest n with 0.25ⁿ ≥ 0.000001",
            "answer",
            9,
            {
                10: "0.25**10 is 0.00000095, a little less than a millionth.",
                log(1e-6)
                / log(0.25): "The number of layers is a whole one, the largest that does not reach beyond this.",
                6: "Each layer leaves a quarter, not a tenth.",
                19: "Each layer leaves a quarter, not a half.",
                20: "Each layer leaves a quarter, not a half.",
            },
        ),
    ),
    "07.2": (
        Fact(
            "8 inputs",
            "answer(8)",
            0.5,
            {
                0.25: "This is the variance. The standard deviation is its root.",
                sqrt(1 / 8): "This is right for tanh. relu throws half of the mean square away.",
                0.125: "This is 1 / n. The variance is 2 / n, and the standard deviation its root.",
                sqrt(2) / 8: "The root is of 2 / n, not only of the 2.",
                2 / sqrt(8): "The root is of 2 / n, not only of the n.",
            },
        ),
        Fact("50 inputs", "answer(50)", 0.2),
    ),
    "07.3": (
        Fact(
            "0, 4 and 8: the mean is 4, the variance 32/3",
            "answer([0.0, 4.0, 8.0])",
            [-sqrt(1.5), 0.0, sqrt(1.5)],
            {
                (-4.0, 0.0, 4.0): "The mean is subtracted. Now divide by the standard deviation.",
                (-0.375, 0.0, 0.375): "This is divided by the variance. The standard deviation is its root.",
                (-1.0, 0.0, 1.0): "Here the variance has the divisor n - 1. Take the mean of the squares, with n.",
                (0.0, sqrt(1.5), 2 * sqrt(1.5)): "Subtract the mean first.",
                (0.0, 4 / sqrt(80 / 3), 8 / sqrt(80 / 3)): "Subtract the mean first. This is RMSNorm, of lesson 8.",
            },
        ),
        Fact("1 and 3", "answer([1.0, 3.0])", [-1.0, 1.0]),
    ),
    "07.4": (
        Fact(
            "(3, 4) has the length 5",
            "answer([3.0, 4.0], 1.0)",
            [0.6, 0.8],
            {
                (1.0, 1.0): ONE_AT_A_TIME,
                (3.0, 4.0): "5 is more than 1: these are to be scaled down.",
                (0.12, 0.16): "The length is the root of the sum of squares.",
                (3 / 7, 4 / 7): "The length is the root of the sum of squares, not the sum.",
            },
        ),
        Fact(
            "(0.3, 0.4) is short enough",
            "answer([0.3, 0.4], 1.0)",
            [0.3, 0.4],
            {(0.6, 0.8): "They are shorter than `most`, and stay as they are."},
        ),
        Fact(
            "signs stay, and `most` may be another number",
            "answer([-6.0, 8.0], 2.0)",
            [-1.2, 1.6],
            {
                (-0.6, 0.8): "The length should be `most`, not 1.",
                (-2.0, 2.0): ONE_AT_A_TIME,
                (-6.0, 2.0): ONE_AT_A_TIME,
            },
        ),
        Fact(
            "nothing to clip",
            "answer([0.0, 0.0], 1.0)",
            [0.0, 0.0],
            {"ZeroDivisionError": "Divide only where the length is more than `most`."},
        ),
    ),
    # 8. A GPT in scalars
    "08.1": (
        Fact(
            "d = 4, and the shares are 1/4 and 3/4",
            """
            from math import log
            keys = [[0.0, 1.0, 0.0, 0.0], [log(3), 0.0, 0.0, 1.0]]
            answer([2.0, 0.0, 0.0, 0.0], keys, [[4.0, 0.0], [0.0, 8.0]])
            """,
            [1.0, 6.0],
            {
                (0.4, 7.2): "The scores are divided by √d, with d = 4 here, before softmax.",
                (4 / (1 + sqrt(3)), 8 * sqrt(3) / (1 + sqrt(3))): "Divide by √d, not by d.",
                (0.0, 8 * log(3)): "softmax is missing: it makes shares of the scores.",
                (2.0, 4.0): "This is the plain mean of the values. The shares come from the scores.",
                (0.25, 0.75): "These are the shares. Now mix the values by them.",
                (4 / 82, 8 * 81 / 82): "Divide by √d, do not multiply by it.",
            },
        ),
        Fact(
            "equal scores, equal shares",
            "answer([1.0], [[5.0], [5.0], [5.0]], [[3.0], [6.0], [0.0]])",
            [3.0],
            {(1 / 3, 1 / 3, 1 / 3): "These are the shares. Now mix the values by them."},
        ),
    ),
    "08.2": (
        Fact(
            "1 and 7: the root mean square is 5",
            "answer([1.0, 7.0])",
            [0.2, 1.4],
            {
                (-1.0, 1.0): "This is LayerNorm. RMSNorm does not subtract the mean.",
                (0.04, 0.28): "Divide by the root of the mean of the squares.",
                (1 / sqrt(50), 7 / sqrt(50)): "Take the mean of the squares, not their sum.",
                (0.25, 1.75): "This is divided by the mean. It is the root of the mean of the *squares*.",
            },
        ),
        Fact("signs stay", "answer([-2.0, 2.0, 2.0])", [-1.0, 1.0, 1.0]),
    ),
    "08.3": (
        Fact(
            "three positions",
            "answer(3)",
            [[True, False, False], [True, True, False], [True, True, True]],
            {
                (
                    (False, False, False),
                    (True, False, False),
                    (True, True, False),
                ): "A position may look at itself, too.",
                ((True, True, True), (False, True, True), (False, False, True)): "This looks ahead. Row i may look at "
                "columns 0 to i.",
                ((True, True, True), (True, True, True), (True, True, True)): "Nothing is masked here.",
                ((True,), (True, True), (True, True, True)): "Each row has n entries: False for what is still to come.",
            },
        ),
        Fact("one position", "answer(1)", [[True]]),
    ),
    "08.4": (
        Fact(
            "the surprises at a, b and the dot are log 2, log 4 and log 8",
            """
            def probability_of(so_far, letter):
                return {(".", "a"): 1 / 2, (".a", "b"): 1 / 4, (".ab", "."): 1 / 8}[so_far, letter]

            answer(probability_of, "ab")
            """,
            2 * log(2),
            {
                6 * log(2): "This is the sum. Divide by how many there are: the letters, and the dot.",
                3 * log(2): "There are as many surprises as letters, and one more, at the dot: divide by their number.",
                1.5 * log(2): "The dot that ends the name counts as well.",
                log(2): "The dot that ends the name counts as well.",
                -2 * log(2): "The surprise is -log p: the minus is missing.",
                2.0: "In nats: math.log is the natural logarithm, not log2.",
                r"KeyError: \('',": "Each text so far begins with a dot.",
                r"KeyError: \('\.ab', '[ab]'": "A letter is guessed from those before it, not from the whole name.",
                r"KeyError: \('\.a', 'a'": "A letter is guessed from those before it: it is not among them.",
            },
        ),
        Fact("a name of no letters has one surprise, at the dot", 'answer(lambda so_far, letter: 1 / 4, "")', log(4)),
    ),
}

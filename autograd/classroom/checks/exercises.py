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
HALF = "Divide by 2 * h, the distance from x - h to x + h."
FIRST_EDGE = "This is the slope of the first edge only. The edge from a - b to y has the factor c."
UPHILL = "This went uphill. Go against the slope: subtract the learning rate times the slope."
NOT_MOVED = "Nothing moved. Give x a new number in each step: x = x - …"
PARAMETERS_NOT_MOVED = (
    "No parameter moved. p -= … makes a new Value: write p.data -= … Set the gradients to 0 before "
    "backward(), not between backward() and the step."
)
NO_VALUES = {
    "'float' object has no attribute 'backward'": "The numbers in `start` are plain numbers, so f of them is one too. "
    "Make Values of them before the loop: [Value(number) for number in start]."
}
NOT_ZEROED = "The gradients of the last step are still there. Set each p.grad to 0 before backward()."
ONE_CONTRIBUTION_EACH = (
    "A local gradient returns a tuple with one contribution for each parent. For one parent write (contribution,)."
)
PUT_TOGETHER = (
    "The parents are not the operands: the result is made of several operations. Make one "
    "Value, with the operands themselves as its parents."
)
NO_ARRIVING = "The gradient that arrives is missing. Multiply it by each local gradient."
NO_SLOPE_OF_TANH = "The slope of tanh is missing. Multiply everything by 1 - y**2."
ONE_AT_A_TIME = "Each number was cut off alone, which changes the direction. Multiply all by the same factor."

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
    "1.1": (
        Fact(
            "the slope of x³ from 1.9 to 2.1",
            "answer(lambda x: x**3, 2.0, 0.1)",
            12.01,
            {
                12.61: FORWARD,
                11.41: BACKWARD,
                24.02: HALF,
                2.402: "This is only the rise. Divide it by 2 * h, the run.",
                0.4804: "Divide by 2 * h, do not multiply by it.",
                0.1201: "Python computes … / 2 * h from the left: half of the rise, times h. Write … / (2 * h).",
                -25.034: "Python divides before it subtracts. Put the difference in parentheses.",
                -12.01: "The sign is wrong. Subtract f(x - h) from f(x + h).",
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
    "1.2": (
        Fact(
            "at x = 1, where u = 3",
            "answer(1.0)",
            54.0,
            {
                27.0: "This is dy/du = 3 * u**2. Where x moves by 1, u moves by 2: multiply by du/dx.",
                18.0: "dy/du is 3 * u**2. The exponent is 1 less, so u stays squared.",
                9.0: "This is u**2. Two factors are missing: the 3 of the exponent, and du/dx.",
                162.0: "The exponent is 1 less: 3 * u**2, not 3 * u**3.",
            },
        ),
        Fact("at x = -1, where u = -1", "answer(-1.0)", 6.0, {-6.0: "u**2 is positive: (-1)**2 = 1."}),
        Fact("at x = 0.5, where u = 2", "answer(0.5)", 24.0),
    ),
    "1.3": (
        Fact(
            "the slope there is 2 metres per km/h",
            "answer",
            85.0,
            {
                8.5: "This is u = v/10. The question asks for v, the speed.",
                100.0: "Both parts have a slope: s'(v) = 3/10 + v/50.",
                115.0: "The sign is wrong: v/50 = 2 - 3/10.",
                200.0: "Both parts have a slope, 3/10 and v/50. The slope of (v/10)² is 2 * v/100.",
                170.0: "(v/10)² has the slope 2 * v/100 = v/50, not v/100.",
                2.0: "This is the slope. The question asks for the speed at which s has this slope.",
            },
            tolerance=1e-6,
        ),
    ),
    "1.4": (
        Fact(
            "one step down the parabola (x - 3)², from 0",
            "answer(lambda x: 2 * (x - 3), 0.0, 0.1, 1)",
            0.6,
            {
                -0.6: UPHILL,
                0.0: NOT_MOVED,
                6.0: "The learning rate is missing. Multiply the slope by it.",
            },
        ),
        Fact(
            "a second step, from 0.6",
            "answer(lambda x: 2 * (x - 3), 0.0, 0.1, 2)",
            1.08,
            {
                0.6: "This is only one step. Is `return` inside the loop?",
                1.2: "The slope was computed only once. Compute it again at each place.",
                -1.32: UPHILL,
            },
        ),
        Fact("no steps at all", "answer(lambda x: 2 * (x - 3), 5.0, 0.1, 0)", 5.0, {4.6: "This is one step too many."}),
        Fact("a hundred steps, to the bottom", "answer(lambda x: 2 * (x - 3), 0.0, 0.1, 100)", 3.0, tolerance=1e-6),
    ),
    # 2. A graph by hand
    "2.1": (
        Fact(
            "∂y/∂a",
            'answer["a"]',
            -2.0,
            {
                2.0: m.NEGATED,
                1.0: FIRST_EDGE,
                3.0: "This is a - b, the derivative for c. In a product each factor gets the *other* factor.",
            },
        ),
        Fact(
            "∂y/∂b",
            'answer["b"]',
            2.0,
            {
                -2.0: "When b grows, a - b falls. This edge has the slope -1.",
                -1.0: FIRST_EDGE,
                1.0: FIRST_EDGE + " And the edge from b to a - b has the slope -1.",
            },
        ),
        Fact(
            "∂y/∂c",
            'answer["c"]',
            3.0,
            {
                -2.0: "This is c. In a product each factor gets the *other* factor: a - b.",
                -6.0: "This is y itself.",
                5.0: "This is a + b.",
            },
        ),
    ),
    "2.2": (
        Fact("∂y/∂v", 'answer["v"]', 8.0, {10.0: "This is v. In a product each factor gets the *other* factor: u."}),
        Fact(
            "∂y/∂u",
            'answer["u"]',
            18.0,
            {
                10.0: "This is only the direct path, u → y, with the slope v. There is a second path, u → v → y.",
                8.0: "This is the way u → v → y alone. There is a direct one as well, u → y. In a product each gets "
                "the other factor.",
                80.0: "Two paths lead to y. Add their products.",
            },
        ),
        Fact(
            "∂y/∂x",
            'answer["x"]',
            224.0,
            {
                216.0: "The direct path is missing: x → v → y.",
                8.0: "A path is missing: x → u, with the slope 3 * x**2 = 12.",
                128.0: "∂y/∂u was not complete: two paths lead from u to y.",
                120.0: "∂y/∂u was not complete: two paths lead from u to y. And x → v → y is a path of its own.",
                104.0: "∂y/∂u was not complete: two paths lead from u to y.",
                80.0: "The slope of x³ is 3 * x**2. The factor 3 is missing.",
                116.0: "The slope of x³ is 3 * x**2: x stays squared.",
            },
        ),
    ),
    "2.3": (
        Fact(
            "y was computed from x",
            'answer({"y": ["x"], "x": []}, "y")',
            ["x", "y"],
            {
                ("y", "x"): "The result comes first here. A node is appended after its parents.",
                ("y",): "The parents are missing. Before you append a node, call the same function for its parents.",
                ("x",): "The result itself is missing. Append it at the end.",
            },
        ),
        Fact(
            "every node of the second graph of the lesson, once",
            GRAPH + 'sorted(answer(parents, "out"))',
            ["a", "b", "c", "d", "out"],
            {
                ("a", "a", "a", "b", "b", "c", "c", "d", "out"): "Nodes that are used twice are in the list twice. "
                "Remember which nodes you have visited.",
            },
        ),
        Fact(
            "none stands before one of its parents",
            GRAPH + 'order = answer(parents, "out")\n'
            "[name for name in sorted(order) if any(order.index(p) > order.index(name) for p in parents[name])]",
            [],
            {
                (
                    "c",
                    "out",
                ): "A node was appended before its parents. First loop over them, then append the node.",
                ("d",): "d stands before c, and d was computed from c. The distance from the result is not "
                "enough. Append a node after all its parents.",
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
    "3.1": (
        Fact("its value at 0", "x = answer(0.0)\ny = x.sigmoid()\ny.data", 0.5),
        Fact(
            "its slope at 0",
            "x = answer(0.0)\ny = x.sigmoid()\ny.backward()\nx.grad",
            0.25,
            {
                0.5: "This is y itself. The slope is y * (1 - y).",
                0.0: "The slope is y * (1 - y), where y is the result, not x. Is local_gradient passed on?",
                "not iterable|has no len": ONE_CONTRIBUTION_EACH,
                "NoneType' object is not callable": "The local gradient is missing. Pass it as the fourth argument.",
            },
        ),
        Fact(
            "its slope at 2",
            "x = answer(2.0)\ny = x.sigmoid()\ny.backward()\nx.grad",
            S * (1 - S),
            {-2.0: "The slope is y * (1 - y), where y is the result, not x.", 1 - S**2: "This is the slope of tanh."},
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
    "3.2": (
        Fact("7 / 2", "x, y = answer(7.0), answer(2.0)\nq = x.divide(y)\nq.data", 3.5, {2 / 7: "This is y / x."}),
        Fact(
            "its slopes",
            "x, y = answer(7.0), answer(2.0)\nq = x.divide(y)\nq.backward()\n[x.grad, y.grad]",
            [0.5, -1.75],
            {
                (0.5, 1.75): "A larger y makes x / y smaller, so the slope by y is negative.",
                (0.5, -3.5): "The slope by y is -x / y**2. The square is missing.",
                (0.5, -0.25): "The slope by y is -x / y**2. The factor x is missing.",
                (-1.75, 0.5): "The first contribution belongs to the first parent, x.",
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
    "3.3": (
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
                (-6.0, -9.0): "There are two mistakes here. Correct the facts above first.",
            },
        ),
    ),
    # 4. Neuron and layer
    "4.1": (
        Fact(
            "two inputs, where w·x + b = 0.25",
            f"answer({NEURON})",
            Z,
            {
                0.25: "This is w·x + b. Take tanh of it.",
                0.0: "The bias is missing.",
                tanh(0.5): "Add the bias once, not once for each input.",
                tanh(-1.25): "Multiply each weight only by the input in the same place.",
                tanh(-0.5): "Add the bias once. Multiply each weight by the input in the same place.",
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
    "4.2": (
        Fact(
            "one neuron with three inputs",
            "answer(3, [1])",
            4,
            {3: "The biases are missing. Each neuron has one.", 2: "A neuron has as many weights as inputs."},
        ),
        Fact(
            "the network of the text",
            "answer(2, [16, 16, 1])",
            337,
            {
                304: "These are only the weights. Each neuron also has a bias.",
                99: "Only the first layer has n_in inputs. For the others, count the outputs of the layer before.",
                48: "This is only the first layer.",
                33: "This is the number of neurons, or of their biases. Each neuron also has a weight for each input.",
                307: "This counts one bias for each layer. Each neuron has one.",
            },
        ),
        Fact(
            "another one",
            "answer(10, [5, 2])",
            67,
            {60: "The biases are missing.", 77: "Layer 2 has 5 inputs, not 10."},
        ),
    ),
    "4.3": (
        Fact(
            "no input is 1: below 0",
            'answer["b"] < 0',
            True,
            {False: "If all inputs are 0, only b is left. Make it negative."},
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
                ): "One weight alone must not outweigh b. Make -b larger than each weight."
            },
        ),
        Fact(
            "two inputs are 1: above 0",
            'w1, w2, w3 = answer["w"]\nb = answer["b"]\n[w1 + w2 + b > 0, w1 + w3 + b > 0, w2 + w3 + b > 0]',
            [True, True, True],
            {(False, False, False): "b is too far below 0. Two weights together must be larger than -b."},
        ),
        Fact("all three are 1: above 0", 'sum(answer["w"]) + answer["b"] > 0', True),
    ),
    "4.4": (
        Fact(
            "w·x + b = 0.25, and δ = 1 - tanh(0.25)²",
            f"answer({NEURON})",
            [[2 * DELTA, DELTA], DELTA],
            {
                ((2.0, 1.0), 1.0): NO_SLOPE_OF_TANH,
                ((0.5 * DELTA, -DELTA), DELTA): "A weight gets δ times its *input*. These are the gradients of x.",
                ((2 * DELTA, DELTA), 1.0): "b is inside tanh too, so its gradient is δ.",
                ((2 * DELTA, DELTA), 0.25 * DELTA): "b has the factor 1, z = w·x + 1 * b. So its gradient is δ.",
                ((1.875, 0.9375), 0.9375): "The slope of tanh is 1 - y**2 with y = tanh(z), not with z.",
                ((2 * (1 - Z), 1 - Z), 1 - Z): "The slope of tanh is 1 - y**2. The square is missing.",
                ((2 * Z, Z), Z): "This has y in place of the slope of tanh, 1 - y**2.",
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
    "5.1": (
        Fact(
            "errors of 2 and 3",
            "answer([1.0, 2.0], [3.0, 5.0])",
            6.5,
            {
                13.0: "This is the sum. For the mean divide it by the number of errors.",
                2.5: "Square the errors, do not take their absolute values.",
                -2.5: "Square the errors.",
                6.25: "Square each error first. Then take the mean.",
                sqrt(6.5): "Take no root: the squared error stays squared.",
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
                "has no attribute 'backward'": "The answer is a plain number. Compute with the Values themselves, "
                "not with their .data.",
                "would lose the gradient": "Functions of math, and float(), lose the gradient. Use only "
                "+, -, *, / and **.",
                (-4.0, -6.0): "This is the gradient of the sum. Divide by the number of errors.",
            },
        ),
    ),
    "5.2": (
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
                (0.6, -0.4): "This is only one step. Is `return` inside the loop?",
                (1.2, -0.8): "The gradients are those of the start. Compute f again in each step: a graph keeps the "
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
    "5.3": (
        Fact(
            "from there on it does not get to the bottom",
            "answer",
            1 / 3,
            {
                1 / 6: "With this rate the first step lands exactly at the bottom. A larger rate jumps over it, and "
                "still gets closer.",
                2 / 3: "k is the second derivative of 3 * x**2. It is 6, not 3.",
                1.0: "k is the second derivative of 3 * x**2. It is 6.",
                3.0: "The limit is 2 / k, not k / 2.",
            },
            tolerance=1e-3,
        ),
    ),
    "5.4": (
        Fact("undecided, and t = 1", "answer(0.0, 1)", -0.5, {0.5: m.NEGATED, -1.0: "p = sigmoid(z), not z."}),
        Fact(
            "z = 2, and t = 1",
            "answer(2.0, 1)",
            S - 1,
            {
                1 - S: m.NEGATED + " If t = 1, a larger z makes the loss smaller.",
                1.0: "In p - t, p is sigmoid(z), not z.",
                S: "t is missing: write p - t.",
                (S - 1) * S * (1 - S): "This is the slope of half the squared error.",
                2 * (S - 1) * S * (1 - S): "This is the slope of the squared error.",
                -log(S): "This is the loss itself, not its slope.",
                -1 / S: "This is ∂loss/∂p. The chain rule goes on to z: multiply by p * (1 - p).",
            },
        ),
        Fact("z = 2, and t = 0", "answer(2.0, 0)", S, {-S: m.NEGATED, S - 1: "This is for t = 1."}),
    ),
    # 6. Training the moons
    "6.1": (
        Fact(
            "three of four",
            "answer([2.0, -1.0, 0.5, -3.0], [1, 0, 0, 0])",
            0.75,
            {
                3: "This is the number of right answers. Divide by the number of all answers.",
                75: "Give the accuracy as a number from 0 to 1, not in percent.",
                0.25: "This is the share of wrong answers.",
                1.0: "Scores are not probabilities. Compare them with 0, not with 1/2.",
                0.5: "A score below 0 is right if the class is 0.",
            },
        ),
        Fact(
            "small scores count like large ones",
            "answer([0.2, 0.4, -0.1], [1, 1, 0])",
            1.0,
            {
                1 / 3: "Scores are not probabilities. Compare them with 0, not with 1/2.",
                2 / 3: "A score below 0 is right if the class is 0.",
            },
        ),
    ),
    "6.2": (
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
                (5.76, 2.6): "This is the loss after the step. Return the loss before it.",
                (1.0, 2.6): "This is the gradient of the loss itself, 1. Return its number, loss.data.",
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
                (2.0, 0.0, 2.0): "Only the first one moved. Is `return` inside the loop?",
                (2.0, 1.0, 1.5): "Only the last one moved. Is the step inside the loop?",
            },
        ),
    ),
    "6.3": (
        Fact(
            "0.9, 0.7, 0.6, then twice not better: epoch 2",
            "answer([0.9, 0.7, 0.6, 0.65, 0.7, 0.1], 2)",
            2,
            {
                5: "Training never reaches epoch 5. After epochs 3 and 4 the patience is used up.",
                4: "Here the training stops. Return the best epoch so far.",
                3: "This is the first epoch that is not better. Return the best epoch.",
                0.6: "This is the loss. Return its place in the list.",
                0: "The smallest loss is the best, not the largest.",
            },
        ),
        Fact(
            "with the patience 3, it is epoch 5",
            "answer([0.9, 0.7, 0.6, 0.65, 0.7, 0.1], 3)",
            5,
            {2: "This stopped too early, after two epochs that are not better. Wait for three in a row."},
        ),
        Fact(
            "after each best epoch the patience begins anew",
            "answer([0.9, 0.95, 0.8, 0.85, 0.7, 0.75, 0.6], 2)",
            6,
            {2: "Count only epochs in a row that are not better. Start again from 0 at each new best epoch."},
        ),
        Fact(
            "equal is not better",
            "answer([0.5, 0.5, 0.5, 0.1], 2)",
            0,
            {
                3: "Epochs 1 and 2 are not better than epoch 0, so training never reaches epoch 3. Compare with <.",
                2: "Of equal losses keep the first. Compare with <.",
            },
        ),
    ),
    "6.4": (
        Fact(
            "at most 60 parameters",
            "len(answer.parameters()) <= 60",
            True,
            {False: "It has more than 60. MLP(2, [n, m, 1]) has 3·n + (n + 1)·m + m + 1."},
        ),
        Fact(
            "right on at least 485 of 500 new points",
            MOONS,
            [True, False],
            {
                (False, False): "Train it longer. Then look at the boundary: does it bend?",
                (False, True): "Nearly all answers are wrong. The two classes are swapped.",
            },
        ),
    ),
    # 7. Why depth is hard
    "7.1": (
        Fact(
            "the largest n with 0.25ⁿ ≥ 0.000001",
            "answer",
            9,
            {
                10: "0.25**10 is 0.00000095, a little less than a millionth.",
                log(1e-6) / log(0.25): "The number of layers is a whole number. Round this down.",
                6: "Each layer leaves a quarter, not a tenth.",
                19: "Each layer leaves a quarter, not a half.",
                20: "Each layer leaves a quarter, not a half.",
            },
        ),
    ),
    "7.2": (
        Fact(
            "8 inputs",
            "answer(8)",
            0.5,
            {
                0.25: "This is the variance. Take its root for the standard deviation.",
                sqrt(1 / 8): "This is right for tanh. relu removes half of the mean square, so take 2 / n.",
                0.125: "This is 1 / n. The variance is 2 / n. The standard deviation is its root.",
                sqrt(2) / 8: "Take the root of 2 / n, not only of 2.",
                2 / sqrt(8): "Take the root of 2 / n, not only of n.",
            },
        ),
        Fact("50 inputs", "answer(50)", 0.2),
    ),
    "7.3": (
        Fact(
            "0, 4 and 8: the mean is 4, the variance 32/3",
            "answer([0.0, 4.0, 8.0])",
            [-sqrt(1.5), 0.0, sqrt(1.5)],
            {
                (-4.0, 0.0, 4.0): "The mean is subtracted. Now divide by the standard deviation.",
                (-0.375, 0.0, 0.375): "This is divided by the variance. Divide by its root, the standard deviation.",
                (-1.0, 0.0, 1.0): "This variance divides by n - 1. Divide by n: take the mean of the squares.",
                (0.0, sqrt(1.5), 2 * sqrt(1.5)): "Subtract the mean first.",
                (0.0, 4 / sqrt(80 / 3), 8 / sqrt(80 / 3)): "Subtract the mean first. This is RMSNorm, from lesson 8.",
            },
        ),
        Fact("1 and 3", "answer([1.0, 3.0])", [-1.0, 1.0]),
    ),
    "7.4": (
        Fact(
            "(3, 4) has the length 5",
            "answer([3.0, 4.0], 1.0)",
            [0.6, 0.8],
            {
                (1.0, 1.0): ONE_AT_A_TIME,
                (3.0, 4.0): "The length is 5, and the limit is 1. Scale both numbers down.",
                (0.12, 0.16): "The length is the root of the sum of squares.",
                (3 / 7, 4 / 7): "The length is the root of the sum of squares, not the sum.",
            },
        ),
        Fact(
            "(0.3, 0.4) is short enough",
            "answer([0.3, 0.4], 1.0)",
            [0.3, 0.4],
            {(0.6, 0.8): "The length is below `most`. Leave the numbers as they are."},
        ),
        Fact(
            "signs stay, and `most` may be another number",
            "answer([-6.0, 8.0], 2.0)",
            [-1.2, 1.6],
            {
                (-0.6, 0.8): "Scale to the length `most`, not to 1.",
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
    "8.1": (
        Fact(
            "d = 4, and the shares are 1/4 and 3/4",
            """
            from math import log
            keys = [[0.0, 1.0, 0.0, 0.0], [log(3), 0.0, 0.0, 1.0]]
            answer([2.0, 0.0, 0.0, 0.0], keys, [[4.0, 0.0], [0.0, 8.0]])
            """,
            [1.0, 6.0],
            {
                (0.4, 7.2): "Divide the scores by √d before softmax. Here d is 4.",
                (4 / (1 + sqrt(3)), 8 * sqrt(3) / (1 + sqrt(3))): "Divide by √d, not by d.",
                (0.0, 8 * log(3)): "softmax is missing. It turns the scores into shares.",
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
    "8.2": (
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
    "8.3": (
        Fact(
            "three positions",
            "answer(3)",
            [[True, False, False], [True, True, False], [True, True, True]],
            {
                (
                    (False, False, False),
                    (True, False, False),
                    (True, True, False),
                ): "A position may also look at itself.",
                ((True, True, True), (False, True, True), (False, False, True)): "This looks ahead. Row i may look at "
                "columns 0 to i.",
                ((True, True, True), (True, True, True), (True, True, True)): "Nothing is masked here.",
                ((True,), (True, True), (True, True, True)): "Each row has n entries: False for what is still to come.",
            },
        ),
        Fact("one position", "answer(1)", [[True]]),
    ),
    "8.4": (
        Fact(
            "the surprises at a, b and the dot are log 2, log 4 and log 8",
            """
            def probability_of(so_far, letter):
                return {(".", "a"): 1 / 2, (".a", "b"): 1 / 4, (".ab", "."): 1 / 8}[so_far, letter]

            answer(probability_of, "ab")
            """,
            2 * log(2),
            {
                6 * log(2): "This is the sum. Divide by the number of surprises: the letters, and the dot.",
                3 * log(2): "There is one surprise for each letter, and one for the dot. Divide by that number.",
                1.5 * log(2): "The dot at the end of the name counts too.",
                log(2): "The dot at the end of the name counts too.",
                -2 * log(2): "The surprise is -log p: the minus is missing.",
                2.0: "Compute in nats, with the natural logarithm: math.log, not log2.",
                r"KeyError: \('',": "Each text so far begins with a dot.",
                r"KeyError: \('\.ab', '[ab]'": "Guess a letter from the letters before it, not from the whole name.",
                r"KeyError: \('\.a', 'a'": "Guess a letter from the letters before it. Leave out the letter itself.",
            },
        ),
        Fact("a name of no letters has one surprise, at the dot", 'answer(lambda so_far, letter: 1 / 4, "")', log(4)),
    ),
}

"""Usual wrong answers, for the teacher and for the tests: each differs from the answer in answers.py.

Each is a part of the hint that check() gives for it; a text that stands once in the answer; and what stands in its
place in the wrong one.
"""

MISTAKES = {
    "1.1": [
        ("so that x is in the middle", "f(x - h)) / (2 * h)", "f(x)) / h"),
        ("Divide by 2", "(2 * h)", "h"),
        ("Python computes", "(2 * h)", "2 * h"),
        (
            "Put the difference in parentheses",
            "(f(x + h) - f(x - h))",
            "f(x + h) - f(x - h)",
        ),
        ("The sign", "f(x + h) - f(x - h)", "f(x - h) - f(x + h)"),
    ],
    "1.2": [
        ("multiply by du/dx", "3 * u**2 * 2", "3 * u**2"),
        ("The exponent is 1 less, so u stays squared", "3 * u**2 * 2", "3 * u * 2"),
    ],
    "1.3": [
        ("This is u", "85.0", "8.5"),
        ("Both parts have a slope", "85.0", "100"),
    ],
    "1.4": [
        ("uphill", "x - rate", "x + rate"),
        ("inside the loop", "    return x", "        return x"),
        (
            "only once",
            "    for _ in range(steps):\n        x = x - rate * slope_of(x)",
            "    slope = slope_of(x)\n    for _ in range(steps):\n        x = x - rate * slope",
        ),
    ],
    "2.1": [
        ("minus the right number", '"a": -2', '"a": 2'),
        ("When b grows, a - b falls", '"b": 2', '"b": -2'),
        ("gets the *other* factor", '"c": 3', '"c": -2'),
    ],
    "2.2": [
        ("There is a second path", '10 + 8 * 1, "x": 18', '10, "x": 10'),
        ("The direct path is missing", "18 * 12 + 8 * 1", "18 * 12"),
        ("The factor 3 is missing", "18 * 12", "18 * 4"),
    ],
    "2.3": [
        ("are in the list twice", "if name not in order", "if True"),
        (
            "The result comes first",
            "            for parent in parents[name]:\n                visit(parent)\n            order.append(name)",
            "            order.append(name)\n            for parent in parents[name]:\n                visit(parent)",
        ),
        (
            "The distance from the result is not enough",
            "    visit(result)\n    return order",
            """\
    order.append(result)
    for name in order:
        order += [parent for parent in parents[name] if parent not in order]
    return order[::-1]""",
        ),
        ("begin at result", "visit(result)", "visit(list(parents)[0])"),
    ],
    "3.1": [
        ("The gradient that arrives is missing", "g * y * (1 - y)", "y * (1 - y)"),
        ("a tuple", "(g * y * (1 - y),)", "g * y * (1 - y)"),
        (
            "where y is the result, not x",
            "g * y * (1 - y)",
            "g * self.data * (1 - self.data)",
        ),
        (
            "made of several operations",
            'Value(y, (self,), "sigmoid", lambda g: (g * y * (1 - y),))',
            "1 / (1 + (-self).exp())",
        ),
    ],
    "3.2": [
        ("slope by y is negative", "-g * x", "g * x"),
        ("The square is missing", "y**2", "y"),
        (
            "The gradient that arrives is missing",
            "(g / y, -g * x / y**2)",
            "(1 / y, -x / y**2)",
        ),
    ],
    "3.3": [
        (
            "The last use overwrote",
            "self.grad += out.grad\n            other.grad += out.grad",
            "self.grad = out.grad\n            other.grad = out.grad",
        ),
        (
            "A node was visited too early",
            """\
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
""",
            """\
                order.append(node)
                for parent in node.parents:
                    visit(parent)

        visit(self)
        self.grad = 1.0
        for node in order:
""",
        ),
    ],
    "4.1": [
        ("Take tanh of it", "math.tanh", ""),
        (
            "once for each input",
            "number for weight, number in zip(w, x)) + b",
            "number + b for weight, number in zip(w, x))",
        ),
        ("The bias is missing", "zip(w, x)) + b", "zip(w, x))"),
        (
            "by the input in the same place",
            "weight, number in zip(w, x)",
            "weight in w for number in x",
        ),
        (
            "Add the bias once. Multiply each",
            "number for weight, number in zip(w, x)) + b",
            "number + b for weight in w for number in x)",
        ),
        ("Are all inputs used", "zip(w, x)", "zip(w[:2], x[:2])"),
    ],
    "4.2": [
        ("The biases are missing", "(before + 1)", "before"),
        ("the outputs of the layer before", "(before + 1)", "(n_in + 1)"),
        ("one bias for each layer", "(before + 1) * size", "before * size + 1"),
    ],
    "4.3": [
        ("Make it negative", "-1.5", "0.5"),
        ("Make -b larger than each weight", "-1.5", "-0.5"),
        ("Two weights together", "-1.5", "-2.5"),
    ],
    "4.4": [
        ("The slope of tanh is missing", "1 - y**2", "1.0"),
        ("δ times its *input*", "for number in x", "for number in w"),
        ("not with z", "math.tanh", ""),
    ],
    "5.1": [
        ("This is the sum", " / len(targets)", ""),
        ("their absolute values", "(p - t) ** 2", "abs(p - t)"),
        ("lose the gradient", "(p - t) ** 2", "float(p - t) ** 2"),
    ],
    "5.2": [
        ("Set each p.grad to 0", "p.grad = 0.0", "pass"),
        ("write p.data", "p.data -=", "p -="),
        ("uphill", "p.data -=", "p.data +="),
        (
            "Compute f again in each step",
            "    for _ in range(steps):\n        loss = f(parameters)",
            "    loss = f(parameters)\n    for _ in range(steps):",
        ),
    ],
    "5.3": [
        ("lands exactly at the bottom", "2 / 6", "1 / 6"),
        ("It is 6, not 3", "2 / 6", "2 / 3"),
    ],
    "5.4": [
        (
            "minus the right number",
            "autograd.sigmoid(z) - t",
            "t - autograd.sigmoid(z)",
        ),
        (
            "the slope of the squared error",
            "return autograd.sigmoid(z) - t",
            "p = autograd.sigmoid(z)\n    return 2 * (p - t) * p * (1 - p)",
        ),
        ("not z", "autograd.sigmoid(z) - t", "z - t"),
    ],
    "6.1": [
        ("Divide by the number of all answers", " / len(right)", ""),
        ("Scores are not probabilities", "score > 0", "score > 0.5"),
    ],
    "6.2": [
        ("Set each p.grad to 0", "p.grad = 0.0", "pass"),
        (
            "No parameter moved",
            "    for p in parameters:\n        p.grad = 0.0\n    loss.backward()",
            "    loss.backward()\n    for p in parameters:\n        p.grad = 0.0",
        ),
        ("Return the loss before it", "return loss.data", "return loss_of().data"),
    ],
    "6.3": [
        ("never reaches epoch 5", "break", "pass"),
        ("Here the training stops", "break", "return epoch"),
        (
            "Start again from 0",
            "        elif epoch - best == patience:\n",
            "        elif epoch:\n            patience -= 1\n        if patience == 0:\n",
        ),
    ],
    "6.4": [
        ("It has more", "[7, 4, 1]", "[16, 16, 1]"),
        ("does it bend", "[7, 4, 1]", "[1]"),
    ],
    "7.1": [
        ("a little less than a millionth", "= 9", "= 10"),
        ("is a whole number", "= 9", "= math.log(1e-6) / math.log(0.25)"),
    ],
    "7.2": [
        ("This is the variance", "math.sqrt(2 / fan_in)", "2 / fan_in"),
        ("right for tanh", "2 / fan_in", "1 / fan_in"),
    ],
    "7.3": [
        ("divided by the variance", "math.sqrt", ""),
        (
            "divides by n - 1",
            "for x in numbers) / len(numbers))",
            "for x in numbers) / (len(numbers) - 1))",
        ),
    ],
    "7.4": [
        (
            "Each number was cut off alone",
            "[g * most / length for g in gradients] if length > most else gradients",
            "[max(-most, min(most, g)) for g in gradients]",
        ),
        ("The length is below `most`", " if length > most else gradients", ""),
        ("Scale to the length", "g * most / length", "g / length"),
    ],
    "8.1": [
        ("before softmax", " / math.sqrt(len(query))", ""),
        ("not by d", "math.sqrt(len(query))", "len(query)"),
        ("softmax is missing", "softmax", ""),
        (
            "Now mix the values",
            "[autograd.dot(shares, column) for column in zip(*values)]",
            "shares",
        ),
    ],
    "8.2": [
        (
            "does not subtract the mean",
            "    size = math.sqrt(sum(x**2 for x in numbers) / len(numbers))",
            "    mean = sum(numbers) / len(numbers)\n    numbers = [x - mean for x in numbers]\n"
            "    size = math.sqrt(sum(x**2 for x in numbers) / len(numbers))",
        ),
        ("not their sum", " / len(numbers)", ""),
    ],
    "8.3": [
        ("at itself", "<=", "<"),
        ("looks ahead", "<=", ">="),
    ],
    "8.4": [
        ("This is the sum", " / len(surprises)", ""),
        ("The dot at the end of the name", 'f".{name}."', 'f".{name}"'),
        ("begins with a dot", "text[:k], text[k]", "text[1:k], text[k]"),
    ],
}

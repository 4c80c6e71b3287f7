"""Usual wrong answers, each with a part of the hint that check() gives for it, for the tests, and for the teacher."""


# %% 01.1: so that x is in the middle
def central_difference(f, x, h):
    """To one side only."""
    return (f(x + h) - f(x)) / h


# %% 01.1: Divide by 2
def central_difference(f, x, h):
    """Half of the run."""
    return (f(x + h) - f(x - h)) / h


# %% 01.1: Python reads
def central_difference(f, x, h):
    """Times h."""
    return (f(x + h) - f(x - h)) / 2 * h


# %% 01.1: put the difference into parentheses
def central_difference(f, x, h):
    """Only a part is divided."""
    return f(x + h) - f(x - h) / (2 * h)


# %% 01.1: The sign
def central_difference(f, x, h):
    """Downhill for uphill."""
    return (f(x - h) - f(x + h)) / (2 * h)


# %% 01.2: times du/dx
def slope(x):
    """The outer derivative alone."""
    return 3 * (2 * x + 1) ** 2


# %% 01.2: the exponent falls by one, and u stays squared
def slope(x):
    """Not squared."""
    return 3 * (2 * x + 1) * 2


# %% 01.3: This is u
speed = 8.5

# %% 01.3: Both parts have a slope
speed = 100


# %% 01.4: uphill
def walk_downhill(slope_of, x, rate, steps):
    """With a plus."""
    for _ in range(steps):
        x = x + rate * slope_of(x)
    return x


# %% 01.4: within the loop
def walk_downhill(slope_of, x, rate, steps):
    """One step, and back."""
    for _ in range(steps):
        x = x - rate * slope_of(x)
        return x
    return x


# %% 01.4: only once
def walk_downhill(slope_of, x, rate, steps):
    """The slope of the start, again and again."""
    slope = slope_of(x)
    for _ in range(steps):
        x = x - rate * slope
    return x


# %% 02.1: the other way round
gradients = {"a": 2, "b": 2, "c": 3}

# %% 02.1: falls where b grows
gradients = {"a": -2, "b": -2, "c": 3}

# %% 02.1: gets the *other* factor
gradients = {"a": -2, "b": 2, "c": -2}

# %% 02.2: u moves v as well
gradients = {"v": 8, "u": 10, "x": 128}

# %% 02.2: x moves v directly
gradients = {"v": 8, "u": 18, "x": 216}

# %% 02.2: the factor 3 is missing
gradients = {"v": 8, "u": 18, "x": 80}


# %% 02.3: stand in the list twice
def in_order(parents, result):
    """Every path, not every node."""
    order = []
    for parent in parents[result]:
        order += in_order(parents, parent)
    return [*order, result]


# %% 02.3: The result comes first
def in_order(parents, result):
    """Appended too early."""
    order = []

    def visit(name):
        if name not in order:
            order.append(name)
            for parent in parents[name]:
                visit(parent)

    visit(result)
    return order


# %% 02.3: by the distance from the result is not enough
def in_order(parents, result):
    """Breadth first, reversed."""
    order = [result]
    for name in order:
        order += [parent for parent in parents[name] if parent not in order]
    return order[::-1]


# %% 02.3: begin at result
def in_order(parents, result):
    """As it was written down, from the end, which is the right order only by accident."""
    return list(parents)[::-1] if len(parents) == 2 else ["a", "b", "c", "d", "out"]


# %% 03.1: The gradient that arrives is missing
def sigmoid(self):
    """The local gradient alone."""
    y = 1 / (1 + math.exp(-self.data))
    return Value(y, (self,), "sigmoid", lambda gradient: (y * (1 - y),))


# %% 03.1: a tuple
def sigmoid(self):
    """The comma is missing."""
    y = 1 / (1 + math.exp(-self.data))
    return Value(y, (self,), "sigmoid", lambda gradient: gradient * y * (1 - y))


# %% 03.1: with y the result and not x
def sigmoid(self):
    """x in place of y."""
    x = self.data
    return Value(1 / (1 + math.exp(-x)), (self,), "sigmoid", lambda gradient: (gradient * x * (1 - x),))


# %% 03.1: put together from several operations
def sigmoid(self):
    """Right, but not one operation."""
    return 1 / (1 + (-self).exp())


# %% 03.2: has a minus
def divide(self, other):
    """The sign."""
    x, y = self.data, other.data
    return Value(x / y, (self, other), "/", lambda gradient: (gradient / y, gradient * x / y**2))


# %% 03.2: y is squared
def divide(self, other):
    """Not squared."""
    x, y = self.data, other.data
    return Value(x / y, (self, other), "/", lambda gradient: (gradient / y, -gradient * x / y))


# %% 03.2: The gradient that arrives is missing
def divide(self, other):
    """The local gradient alone."""
    x, y = self.data, other.data
    return Value(x / y, (self, other), "/", lambda gradient: (1 / y, -x / y**2))


# %% 03.3: the last use has overwritten
class Broken:
    """Only the order was mended."""

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
        """In the right order."""
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node.hand_on()


# %% 03.3: visited before all that use it
class Broken:
    """Only the assignments were mended."""

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents
        self.hand_on = lambda: None

    def __add__(self, other):
        out = Broken(self.data + other.data, (self, other))

        def hand_on():
            self.grad += out.grad
            other.grad += out.grad

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
        """Still in the wrong order."""
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


# %% 04.1: through tanh
def neuron_of(w, b, x):
    """Not bent."""
    return sum(weight * number for weight, number in zip(w, x)) + b


# %% 04.1: once for each input
def neuron_of(w, b, x):
    """A bias for each weight."""
    return math.tanh(sum(weight * number + b for weight, number in zip(w, x)))


# %% 04.1: The bias is missing
def neuron_of(w, b, x):
    """The weighted sum alone."""
    return math.tanh(sum(weight * number for weight, number in zip(w, x)))


# %% 04.2: The bias is missing
def count_parameters(n_in, sizes):
    """Weights alone."""
    return sum(before * size for before, size in zip([n_in, *sizes], sizes))


# %% 04.2: the outputs of the layer before
def count_parameters(n_in, sizes):
    """All layers with n_in inputs."""
    return sum((n_in + 1) * size for size in sizes)


# %% 04.2: One bias for each layer
def count_parameters(n_in, sizes):
    """One bias a layer."""
    return sum(before * size + 1 for before, size in zip([n_in, *sizes], sizes))


# %% 04.3: make it negative
majority = {"w": [1, 1, 1], "b": 0.5}

# %% 04.3: further below 0 than a weight above
majority = {"w": [1, 1, 1], "b": -0.5}

# %% 04.3: Two weights together
majority = {"w": [1, 1, 1], "b": -2.5}


# %% 04.4: The slope of tanh is missing
def gradient_of_neuron(w, b, x):
    """As if there were no activation."""
    return list(x), 1.0


# %% 04.4: δ times its *input*
def gradient_of_neuron(w, b, x):
    """The gradients of x."""
    delta = 1 - math.tanh(sum(weight * number for weight, number in zip(w, x)) + b) ** 2
    return [delta * weight for weight in w], delta


# %% 04.4: not with z
def gradient_of_neuron(w, b, x):
    """The slope from z."""
    delta = 1 - (sum(weight * number for weight, number in zip(w, x)) + b) ** 2
    return [delta * number for number in x], delta


# %% 05.1: This is the sum
def mean_squared_error(predictions, targets):
    """Not divided."""
    return sum((p - t) ** 2 for p, t in zip(predictions, targets))


# %% 05.1: their absolute values
def mean_squared_error(predictions, targets):
    """The mean absolute error."""
    return sum(abs(p - t) for p, t in zip(predictions, targets)) / len(targets)


# %% 05.1: drop the gradient
import math


def mean_squared_error(predictions, targets):
    """By a function of math."""
    return sum(math.pow(p - t, 2) for p, t in zip(predictions, targets)) / len(targets)


# %% 05.2: set each p.grad to 0
def minimise(f, start, rate, steps):
    """Gradients add up."""
    parameters = [Value(number) for number in start]
    for _ in range(steps):
        f(parameters).backward()
        for p in parameters:
            p.data -= rate * p.grad
    return [p.data for p in parameters]


# %% 05.2: write p.data
def minimise(f, start, rate, steps):
    """The name p moves, and nothing else."""
    parameters = [Value(number) for number in start]
    for _ in range(steps):
        loss = f(parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p -= rate * p.grad
    return [p.data for p in parameters]


# %% 05.2: uphill
def minimise(f, start, rate, steps):
    """With a plus."""
    parameters = [Value(number) for number in start]
    for _ in range(steps):
        loss = f(parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data += rate * p.grad
    return [p.data for p in parameters]


# %% 05.2: compute f again in each step
def minimise(f, start, rate, steps):
    """One forward pass for all steps."""
    parameters = [Value(number) for number in start]
    loss = f(parameters)
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= rate * p.grad
    return [p.data for p in parameters]


# %% 05.3: lands just at the bottom
limit = 1 / 6

# %% 05.3: which is 6 and not 3
limit = 2 / 3


# %% 05.4: the other way round
def slope_of_loss(z, t):
    """t - p."""
    return t - autograd.sigmoid(z)


# %% 05.4: the slope of the squared error
def slope_of_loss(z, t):
    """Of (p - t)²."""
    p = autograd.sigmoid(z)
    return 2 * (p - t) * p * (1 - p)


# %% 05.4: not z
def slope_of_loss(z, t):
    """Without the sigmoid."""
    return z - t


# %% 06.1: Divide by how many
def accuracy_of(scores, classes):
    """A count."""
    return sum((score > 0) == (own == 1) for score, own in zip(scores, classes))


# %% 06.1: Scores are no probabilities
def accuracy_of(scores, classes):
    """The threshold of probabilities."""
    return sum((score > 0.5) == (own == 1) for score, own in zip(scores, classes)) / len(classes)


# %% 06.2: set each p.grad to 0
def training_step(parameters, loss_of, rate):
    """Not zeroed."""
    loss = loss_of()
    loss.backward()
    for p in parameters:
        p.data -= rate * p.grad
    return loss.data


# %% 06.2: No parameter moved
def training_step(parameters, loss_of, rate):
    """Zeroed too late."""
    loss = loss_of()
    loss.backward()
    for p in parameters:
        p.grad = 0.0
    for p in parameters:
        p.data -= rate * p.grad
    return loss.data


# %% 06.2: Asked for is that before it
def training_step(parameters, loss_of, rate):
    """The loss after the step."""
    loss = loss_of()
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= rate * p.grad
    return loss_of().data


# %% 06.3: is never seen
def epoch_to_keep(losses, patience):
    """Without patience."""
    return losses.index(min(losses))


# %% 06.3: This is where one stops
def epoch_to_keep(losses, patience):
    """The last one seen."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best == patience:
            return epoch
    return best


# %% 06.3: begin to count anew
def epoch_to_keep(losses, patience):
    """Counts all that were not better."""
    best = not_better = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch:
            not_better += 1
        if not_better == patience:
            break
    return best


# %% 06.4: It has more
small = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))

# %% 06.4: does it bend
small = MLP(2, [1], rng=random.Random(1))
train(small, *two_moons(100, 0.15, random.Random(1)), 100, optim.SGD(small.parameters(), lr=0.5))

# %% 07.1: a little less than a millionth
layers = 10

# %% 07.1: a whole one
layers = math.log(1e-6) / math.log(0.25)


# %% 07.2: This is the variance
def standard_deviation(fan_in):
    """Without the root."""
    return 2 / fan_in


# %% 07.2: right for tanh
def standard_deviation(fan_in):
    """Without the 2."""
    return math.sqrt(1 / fan_in)


# %% 07.3: divided by the variance
def normalised(numbers):
    """Without the root."""
    mean = sum(numbers) / len(numbers)
    variance = sum((x - mean) ** 2 for x in numbers) / len(numbers)
    return [(x - mean) / variance for x in numbers]


# %% 07.3: the divisor n - 1
def normalised(numbers):
    """The deviation of a sample."""
    import statistics

    return [(x - statistics.mean(numbers)) / statistics.stdev(numbers) for x in numbers]


# %% 07.4: Each was cut off by itself
def clipped(gradients, most):
    """One by one."""
    return [max(-most, min(most, g)) for g in gradients]


# %% 07.4: They are shorter
def clipped(gradients, most):
    """Always scaled."""
    return [g * most / math.hypot(*gradients) for g in gradients]


# %% 07.4: The length should be
def clipped(gradients, most):
    """To the length 1."""
    length = math.hypot(*gradients)
    return [g / length for g in gradients] if length > most else gradients


# %% 08.1: before softmax
def attend(query, keys, values):
    """Not divided."""
    shares = softmax([autograd.dot(query, key) for key in keys])
    return [autograd.dot(shares, column) for column in zip(*values)]


# %% 08.1: not by d
def attend(query, keys, values):
    """Divided by d."""
    shares = softmax([autograd.dot(query, key) / len(query) for key in keys])
    return [autograd.dot(shares, column) for column in zip(*values)]


# %% 08.1: softmax is missing
def attend(query, keys, values):
    """Scores for shares."""
    scores = [autograd.dot(query, key) / math.sqrt(len(query)) for key in keys]
    return [autograd.dot(scores, column) for column in zip(*values)]


# %% 08.1: Now mix the values
def attend(query, keys, values):
    """The shares alone."""
    return softmax([autograd.dot(query, key) / math.sqrt(len(query)) for key in keys])


# %% 08.2: does not subtract the mean
def rms_norm(numbers):
    """LayerNorm."""
    mean = sum(numbers) / len(numbers)
    size = math.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers))
    return [(x - mean) / size for x in numbers]


# %% 08.2: not their sum
def rms_norm(numbers):
    """The length in place of the root mean square."""
    return [x / math.hypot(*numbers) for x in numbers]


# %% 08.3: at itself
def causal_mask(n):
    """Only what is before."""
    return [[column < row for column in range(n)] for row in range(n)]


# %% 08.3: looks ahead
def causal_mask(n):
    """The other triangle."""
    return [[column >= row for column in range(n)] for row in range(n)]


# %% 08.4: This is the sum
def mean_surprise(probability_of, name):
    """Not divided."""
    text = f".{name}."
    return sum(-math.log(probability_of(text[:k], text[k])) for k in range(1, len(text)))


# %% 08.4: The dot that ends the name
def mean_surprise(probability_of, name):
    """Without the last dot."""
    text = f".{name}"
    return sum(-math.log(probability_of(text[:k], text[k])) for k in range(1, len(text))) / len(name)


# %% 08.4: begins with a dot
def mean_surprise(probability_of, name):
    """Without the first dot."""
    text = f"{name}."
    return sum(-math.log(probability_of(text[:k], text[k])) for k in range(len(text))) / len(text)

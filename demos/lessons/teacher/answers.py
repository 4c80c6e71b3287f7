"""The answers of the exercises, for the teacher and for the tests: each cell takes the place of the student's."""


# %% 1.1
def central_difference(f, x, h):
    """The slope of f at x, from the two points at a distance h from x."""
    return (f(x + h) - f(x - h)) / (2 * h)


# %% 1.2
def slope(x):
    """dy/dx at x, for y = (2x + 1)³."""
    u = 2 * x + 1
    return 3 * u**2 * 2


# %% 1.3
speed = 85.0  # 3/10 + v/50 = 2


# %% 1.4
def walk_downhill(slope_of, x, rate, steps):
    """The place that the walk reaches from x, after all steps."""
    for _ in range(steps):
        x = x - rate * slope_of(x)
    return x


# %% 2.1
gradients = {"a": -2, "b": 2, "c": 3}

# %% 2.2
gradients = {"v": 8, "u": 10 + 8 * 1, "x": 18 * 12 + 8 * 1}


# %% 2.3
def in_order(parents, result):
    """The names of all nodes, parents first, as a list."""
    order = []

    def visit(name):
        if name not in order:
            for parent in parents[name]:
                visit(parent)
            order.append(name)

    visit(result)
    return order


# %% 3.1
def sigmoid(self):
    """1 / (1 + e⁻ˣ) of a Value, as a Value."""
    y = 1 / (1 + math.exp(-self.data))
    return Value(y, (self,), "sigmoid", lambda g: (g * y * (1 - y),))


# %% 3.2
def divide(self, other):
    """self / other, of two Values, as one Value."""
    x, y = self.data, other.data
    return Value(x / y, (self, other), "/", lambda g: (g / y, -g * x / y**2))


# %% 3.3
class Broken(Broken):
    """The same class, with the two methods that were wrong written anew."""

    def __add__(self, other):
        out = Broken(self.data + other.data, (self, other))

        def hand_on():
            self.grad += out.grad
            other.grad += out.grad

        out.hand_on = hand_on
        return out

    def backward(self):
        """Give every node before this one its gradient."""
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


# %% 4.1
import math


def neuron_of(w, b, x):
    """tanh(w·x + b), of two lists of equal length and a number."""
    return math.tanh(sum(weight * number for weight, number in zip(w, x)) + b)


# %% 4.2
def count_parameters(n_in, sizes):
    """How many weights and biases: n_in inputs, and layers of these sizes."""
    return sum((before + 1) * size for before, size in zip([n_in, *sizes], sizes))


# %% 4.3
majority = {"w": [1, 1, 1], "b": -1.5}


# %% 4.4
def gradient_of_neuron(w, b, x):
    """A list with ∂y/∂wᵢ for each weight, and ∂y/∂b: return [...], ..."""
    y = math.tanh(sum(weight * number for weight, number in zip(w, x)) + b)
    delta = 1 - y**2
    return [delta * number for number in x], delta


# %% 5.1
def mean_squared_error(predictions, targets):
    """The mean of the squared differences."""
    return sum((p - t) ** 2 for p, t in zip(predictions, targets)) / len(targets)


# %% 5.2
def minimise(f, start, rate, steps):
    """Where gradient descent on f ends: a list of floats."""
    parameters = [Value(number) for number in start]
    for _ in range(steps):
        loss = f(parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= rate * p.grad
    return [p.data for p in parameters]


# %% 5.3
limit = 2 / 6  # the second derivative of 3 · x² is 6


# %% 5.4
def slope_of_loss(z, t):
    """∂loss/∂z of the cross-entropy of sigmoid(z)."""
    return autograd.sigmoid(z) - t


# %% 6.1
def accuracy_of(scores, classes):
    """The fraction, from 0 to 1, of the scores that are on the right side of 0."""
    right = [(score > 0) == (own == 1) for score, own in zip(scores, classes)]
    return sum(right) / len(right)


# %% 6.2
def training_step(parameters, loss_of, rate):
    """Move every parameter one step downhill. Return the loss before it, a float."""
    loss = loss_of()
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= rate * p.grad
    return loss.data


# %% 6.3
def epoch_to_keep(losses, patience):
    """The epoch, counted from 0, with the best loss before the training ends."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best == patience:
            break
    return best


# %% 6.4
# 21 + 32 + 5 = 58 parameters
small = MLP(2, [7, 4, 1], activation="tanh", rng=random.Random(2))
points, classes = two_moons(100, 0.15, random.Random(1))
train(small, points, classes, 400, optim.Adam(small.parameters(), lr=0.03))

# %% 7.1
layers = 9  # 0.25⁹ ≈ 3.8 · 10⁻⁶, 0.25¹⁰ ≈ 0.95 · 10⁻⁶


# %% 7.2
def standard_deviation(fan_in):
    """σ of the weights of a relu layer, by He et al."""
    return math.sqrt(2 / fan_in)


# %% 7.3
def normalised(numbers):
    """The numbers, shifted and scaled to mean 0 and variance 1."""
    mean = sum(numbers) / len(numbers)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers))
    return [(x - mean) / deviation for x in numbers]


# %% 7.4
def clipped(gradients, most):
    """The gradients, scaled down to the length `most` where they are longer."""
    length = math.hypot(*gradients)
    return [g * most / length for g in gradients] if length > most else gradients


# %% 8.1
def attend(query, keys, values):
    """The mixture, a list as long as each of the values."""
    shares = softmax([autograd.dot(query, key) / math.sqrt(len(query)) for key in keys])
    return [autograd.dot(shares, column) for column in zip(*values)]


# %% 8.2
def rms_norm(numbers):
    """The numbers, scaled to the root mean square 1."""
    size = math.sqrt(sum(x**2 for x in numbers) / len(numbers))
    return [x / size for x in numbers]


# %% 8.3
def causal_mask(n):
    """n lists of n bools."""
    return [[column <= row for column in range(n)] for row in range(n)]


# %% 8.4
def mean_surprise(probability_of, name):
    """The mean of −log p over the letters of the name and the last dot."""
    text = f".{name}."
    places = range(1, len(text))
    surprises = [-math.log(probability_of(text[:k], text[k])) for k in places]
    return sum(surprises) / len(surprises)

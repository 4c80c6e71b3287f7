# %% [markdown]
"""
# 8. A GPT in scalars

A language model gives every possible next letter a probability. The model of this lesson, a small GPT, does so by
looking back: each letter asks a question, and the letters before it answer. You know all its parts from the first seven
lessons: dot products, softmax, neurons, residual connections, normalisation, cross-entropy, and backward().
"""

# %% [markdown] tags=["notes"]
"""
## Plan for the teacher: 90 minutes

| minutes | part | on the board |
|---|---|---|
| 10 | names, letter by letter | . → a → n → n → a → . with an arrow to each next letter |
| 10 | a table of pairs | a corner of the table; the surprise −log p of one letter |
| 10 | letters and places as lists of numbers | e(a) + p(2), as two columns and their sum |
| 20 | attention, by hand | q against three keys, three shares, the mixture of three values |
| 10 | what else is in it | the stream as a horizontal line, attention and perceptron as loops that add to it |
| 5 | the model | – |
| 10 | training | the two horizontal lines, log 27 and that of the pairs, before the curve |
| 15 | names of its own, and what it looks at | – |

Exercises: 45 minutes.

**Usual questions**

- *Is this what a large model does?* Yes, it has the same parts. It has words or pieces of words instead of letters,
  about a hundred layers instead of one, and hundreds of billions of parameters instead of three thousand.
- *What do query, key and value mean?* They are three matrices. Each makes a new list of numbers from the same list.
  Training decides what these lists mean. The names help you to remember: a query is compared with keys, and values are
  passed on.
- *Why may a position not look ahead?* It must guess the next letter. When the model makes up a name, the next letter is
  not there yet.
- *Why divide by √d?* The dot product of two lists of d random numbers of size 1 has the size √d. Without the division
  softmax becomes so sharp that hardly any gradient gets through. (Lesson 7.)
- *Has it learned the names by heart?* No. Three thousand numbers cannot hold thirty thousand names. And the model is as
  good on the names held out as on those of the training.
"""

# %%
import math
import random
from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

import autograd
from autograd import draw, no_grad, show, softmax
from autograd.classroom import check, lesson_data
from nn import Embedding, Layer, Module, RMSNorm, cross_entropy, optim

plt.style.use("autograd.classroom.projector")  # large type
BLUE, ORANGE = "#2f6fad", "#b05a00"
BLUES = LinearSegmentedColormap.from_list("blues", ["white", BLUE])

# %% [markdown]
# ## Names, letter by letter
#
# The data are 29,494 different first names, in lower case. A dot begins and ends each of them, so there are 27
# characters. From every name the model can learn several times: what follows the dot, what follows the dot and the
# first letter, and so on. As in lesson 6 we hold some out: these 200 names play no part in training, and we judge the
# model by them.

# %%
CHARACTERS = ".abcdefghijklmnopqrstuvwxyz"
text = lesson_data("names.txt").read_text(encoding="utf-8")
names = list(dict.fromkeys(text.split()))  # each once
rng = random.Random(0)
rng.shuffle(names)
held_out, known = names[:200], names[200:]
print(len(names), "names:", ", ".join(known[:8]), "…")


def numbered(name):
    """The numbers of the characters, with the dots."""
    return [CHARACTERS.index(character) for character in f".{name}."]


print("anna =", numbered("anna"))
for k in range(1, 6):
    print(f"   after {'.anna.'[:k]:6} comes {'.anna.'[k]}")

# %% [markdown]
# ## A table of pairs
#
# The simplest language model counts how often one letter follows another. Divide a count by the sum of its row: that
# is the probability of the next letter, if you know only the last letter.

# %%
# Each count begins at 1, so that nothing is impossible
counts = [[1] * 27 for _ in range(27)]
for name in known:
    text = numbered(name)
    for last, after in pairwise(text):
        counts[last][after] += 1
table = [[count / sum(row) for count in row] for row in counts]

figure, axes = plt.subplots(figsize=(9, 7.5))
shades = axes.imshow(table, cmap=BLUES, vmin=0, vmax=0.4)
axes.set(xticks=range(27), xticklabels=CHARACTERS, xlabel="next character")
axes.set(yticks=range(27), yticklabels=CHARACTERS, ylabel="last character")
axes.set_title("A table of pairs")
axes.grid(False)
figure.colorbar(shades, label="probability", format="{x:.0%}", shrink=0.7)
show(figure)

# %% [markdown]
# How good is this table? Measure as in lesson 5: take the **surprise** −log p at the letter that really came, and its
# mean over all letters of the names held out. Its unit with the natural logarithm is the **nat**. A model that knows
# nothing gives each character 1/27.

# %%
held_out_pairs = [pair for name in held_out for pair in pairwise(numbered(name))]
surprises = [-math.log(table[last][after]) for last, after in held_out_pairs]
pairs = sum(surprises) / len(surprises)
print(f"knowing nothing: log 27 = {math.log(27):.3f} nats a character")
print(f"table of pairs: {pairs:.3f}, as if {math.exp(pairs):.1f} were equally probable")


# %%
LONGEST = 12  # the dot, and at most eleven characters


def made_up(probabilities_after, n, rng):
    """n names, each letter drawn with the probability that a model gives it."""
    made = []
    for _ in range(n):
        text = [0]
        while len(text) < LONGEST and (len(text) == 1 or text[-1]):
            text += rng.choices(range(27), probabilities_after(text))
        made.append("".join(CHARACTERS[i] for i in text).strip("."))
    return made


print(made_up(lambda text: table[text[-1]], 8, random.Random(1)))

# %% [markdown]
# These begin and end like names. In between, the table does not know what it has said before. A table that looks back
# at three letters has 27³ rows, and the data have no example for most of them. So we need something else.

# %% [markdown]
# ## Letters and places as lists of numbers
#
# An **embedding** gives each character a list of 16 numbers. All are parameters: they begin at random and are learned.
# Letters that behave alike get similar lists. A second embedding does the same for the positions 0, 1, 2, … The sum of
# both lists is what the model knows about a position: what stands there, and where. These sums run through the whole
# model, one for each position. They are called its **stream**.

# %%
WIDTH, HEADS = 16, 2
characters = Embedding(27, WIDTH, rng=random.Random(0))
positions = Embedding(LONGEST, WIDTH, rng=random.Random(1))
text = numbered("anna")[:-1]
both = zip(characters(text), positions(list(range(len(text)))))
stream = [[a + b for a, b in zip(what, where)] for what, where in both]
print(len(stream), "positions of", len(stream[0]), "numbers")
print("the first n and the second differ by their places:")
print([f"{x.data:+.2f}" for x in stream[2][:5]], "…")
print([f"{x.data:+.2f}" for x in stream[3][:5]], "…")

# %% [markdown]
# ## Attention, by hand
#
# How does a position learn about the others? Three linear layers make three lists from its 16 numbers:
#
# - a **query** q: what am I looking for?
# - a **key** k: what am I?
# - a **value** v: what do I tell those who look at me?
#
# Position t compares its query with the keys of all positions up to itself. Each score is a dot product, divided by √d,
# where d is the length of these lists. Softmax makes shares of the scores. The answer is the mixture of the values with
# these shares:
#
# **attention(q, k, v) = Σᵢ shareᵢ · vᵢ  with  share = softmax(q·k₁/√d, q·k₂/√d, …)**
#
# With three positions and lists of two numbers you can do it on the board:

# %%
query = [2.0, 0.0]
keys = [[1.0, 1.0], [0.0, 2.0], [2.0, -1.0]]
values = [[10.0, 0.0], [0.0, 10.0], [5.0, 5.0]]

scores = [autograd.dot(query, key) / math.sqrt(2) for key in keys]
shares = softmax(scores)
mixture = [autograd.dot(shares, column) for column in zip(*values)]
print("scores ", [round(score, 3) for score in scores])
print("shares ", [round(share, 3) for share in shares], "of", round(sum(shares), 12))
print("mixture", [round(number, 3) for number in mixture])

# %% [markdown]
# The third key is most like the query, so the mixture is mostly the third value. Attention does not pick one value: the
# shares are smooth functions of queries and keys, so gradients reach all of them. A second **head** does the same with
# other matrices. So a position can look at two things at once. In the model each head has half of the 16 numbers.


# %%
class Attention(Module):
    """Each position gets from each head a mixture of the values up to itself."""

    def __init__(self, rng):
        self.query = Layer(WIDTH, WIDTH, rng=rng)
        self.key = Layer(WIDTH, WIDTH, rng=rng)
        self.value = Layer(WIDTH, WIDTH, rng=rng)
        self.output = Layer(WIDTH, WIDTH, rng=rng)

    def __call__(self, stream):
        """What each position gets from those before it, and from itself."""
        values = [self.value(x) for x in stream]
        mixtures = [[] for _ in stream]
        for head, rows in zip(heads(), self.shares(stream)):
            for mixture, row in zip(mixtures, rows):
                columns = zip(*[value[head] for value in values[: len(row)]])
                mixture += [autograd.dot(row, column) for column in columns]
        return [self.output(mixture) for mixture in mixtures]

    def shares(self, stream):
        """For each head, and each position t, the shares of the positions up to t."""
        queries = [self.query(x) for x in stream]
        keys = [self.key(x) for x in stream]
        answer = []
        for head in heads():
            rows = []
            for t, q in enumerate(queries):
                dots = [autograd.dot(q[head], k[head]) for k in keys[: t + 1]]
                rows.append(softmax([each / math.sqrt(WIDTH / HEADS) for each in dots]))
            answer.append(rows)
        return answer


def heads():
    """Which of the numbers belong to each head."""
    d = WIDTH // HEADS
    return [slice(begin, begin + d) for begin in range(0, WIDTH, d)]


# %% [markdown]
# `keys[: t + 1]` is the **causal mask**: no position looks ahead.

# %% [markdown]
# ## What else is in it
#
# - **A perceptron** works on what attention has brought together, at each position by itself: 32 neurons with relu, and
#   16 that read them.
# - **Residual connections:** attention and perceptron only *add* to the stream, x ← x + f(x), so gradients get from the
#   loss to the embeddings, around the product of slopes (lesson 7).
# - **RMSNorm:** before each of the two, and before the last layer, the numbers of a position are divided by their root
#   mean square √mean(x²). So they keep their size. It is LayerNorm without the mean. (A learned factor for each number
#   follows.)
# - **A last linear layer** makes 27 scores from the 16 numbers: the logits. Softmax makes probabilities of them.

# %% [markdown]
# ## The model
#
# It puts these parts together. Read `__call__` from the text at its top to the logits at its end.


# %%
class GPT(Module):
    """From the characters so far the logits of the next one, at each position."""

    def __init__(self, rng):
        self.characters = Embedding(27, WIDTH, rng=rng)
        self.positions = Embedding(LONGEST, WIDTH, rng=rng)
        self.norms = [RMSNorm(WIDTH) for _ in range(3)]
        self.attention = Attention(rng)
        self.up = Layer(WIDTH, 2 * WIDTH, "relu", rng=rng)
        self.down = Layer(2 * WIDTH, WIDTH, rng=rng)
        self.logits = Layer(WIDTH, 27, rng=rng)

    def __call__(self, text):
        """27 logits for each position."""
        first, second, third = self.norms
        stream = self.embedded(text)
        stream = added(stream, self.attention([first(x) for x in stream]))
        stream = added(stream, [self.down(self.up(second(x))) for x in stream])
        return [self.logits(third(x)) for x in stream]

    def embedded(self, text):
        """What stands at each position, and where that is."""
        return added(self.characters(text), self.positions(list(range(len(text)))))


# %%
def added(stream, more):
    """x + f(x), at every position."""
    return [[a + b for a, b in zip(x, y)] for x, y in zip(stream, more)]


def loss_of(model, names):
    """The mean surprise at all characters of the names."""
    texts = [numbered(name)[: LONGEST + 1] for name in names]
    logits = [row for text in texts for row in model(text[:-1])]
    return cross_entropy(logits, [after for text in texts for after in text[1:]])


# %%
model = GPT(random.Random(3))
print(len(model.parameters()), "parameters")
one = loss_of(model, ["al"])
one.backward()
n_nodes = sum(node.op != "constant" for node in autograd.topological_order(one))
words = "the graph of the loss of one name of two letters has"
print(f"{words} {n_nodes:,} nodes, not counting plain numbers:")
show(draw(one, direction="TB"))

# %% [markdown]
# Every box is a part of the model. Inside are only operations like those of lesson 3. The two long arrows at the side
# are the residual connections.

# %% [markdown]
# ## Training
#
# Forward, zero, backward, step. Eight names at a time, Adam, and a learning rate that becomes smaller. The textbook
# engine, which runs in a browser, trains for 150 steps in place of 400. That takes a minute or two.

# %%
STEPS, PART = (400, 50) if autograd.engine_name == "native" else (150, 25)
optimizer = optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
schedule = optim.CosineAnnealingLR(optimizer, T_max=STEPS)
losses = []
for step in range(STEPS):
    loss = loss_of(model, rng.sample(known, 8))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    losses.append(loss.data)
    if step % PART == PART - 1:
        print(f"steps up to {step + 1:3}: mean loss {sum(losses[-PART:]) / PART:.3f}")

with no_grad():
    final = loss_of(model, held_out).data
print(f"names held out: {final:.3f} nats a character; the table had {pairs:.3f}")

# %%
windows = [losses[max(0, i - 24) : i + 25] for i in range(STEPS)]
smooth = [sum(window) / len(window) for window in windows]
figure, axes = plt.subplots()
axes.plot(losses, color=BLUE, alpha=0.25, linewidth=1.5)
axes.plot(smooth, color=BLUE, label="GPT, mean over 50 steps")
axes.axhline(math.log(27), color="black", linestyle=":", label="knowing nothing")
axes.axhline(pairs, color=ORANGE, linestyle="--", label="table of pairs")
axes.set(title="Training", xlabel="step", ylabel="nats a character", ylim=(1.9, 3.6))
axes.legend()
show(figure)

# %% [markdown]
# ## Names of its own, and what it looks at
#
# To make up a name: ask for the probabilities after what is there, draw a letter, append it, and ask again. The
# **temperature** divides the logits first: below 1 probable letters become more probable, above 1 rare letters come
# more often.


# %%
def probabilities_after(text, temperature=1.0):
    """The probabilities of the character after a text."""
    with no_grad():
        logits = model(text)[-1]
        return [p.data for p in softmax([logit / temperature for logit in logits])]


for temperature in (0.3, 0.7, 1.0, 2.0):
    dice = random.Random(1)
    made = made_up(lambda text, t=temperature: probabilities_after(text, t), 8, dice)
    print(f"temperature {temperature}: {', '.join(made)}")

# %%
name = "charlotte"
text = numbered(name)[:-1]
with no_grad():
    both = model.attention.shares([model.norms[0](x) for x in model.embedded(text)])


# %%
figure, places = plt.subplots(1, 2, figsize=(10.5, 5.6))
for axes, (k, rows) in zip(places, enumerate(both)):
    to_come = [[math.nan] * (len(text) - len(row)) for row in rows]
    square = [[share.data for share in row] + rest for row, rest in zip(rows, to_come)]
    axes.set_facecolor("#eceff2")
    shades = axes.imshow(square, cmap=BLUES, vmin=0, vmax=1)
    axes.set(xticks=range(len(text)), xticklabels=f".{name}", xlabel="looked at")
    axes.set(yticks=range(len(text)), yticklabels=f".{name}", ylabel="looks back")
    axes.set_title(f"head {k}")
    axes.grid(False)
figure.colorbar(shades, ax=places, label="share", format="{x:.0%}", shrink=0.7)
show(figure)

# %% [markdown]
# Each row is a letter that looks back. Its shares sum to 1. Grey cells are letters that are still to come. We did not
# tell the heads what to look for: training found the shares.
#
# The lessons end with the question of lesson 1. Which number moves the surprise at this name, and how fast? One
# backward pass gives three thousand answers. Below is the size of the gradient by the embedding of each character.
# Where it is large, the model has something to learn.

# %%
model.zero_grad()
loss_of(model, ["charlotte"]).backward()
strengths = [math.hypot(*(x.grad for x in row)) for row in model.characters.weight]
figure, axes = plt.subplots(figsize=(9, 3.5))
axes.bar(list(CHARACTERS), strengths, color=BLUE)
axes.set(title="|∂loss/∂embedding| for “charlotte”", xlabel="character")
show(figure)

# %% [markdown]
# Letters that are not in the name have the gradient 0: they are not in the graph.
#
# **What to remember:** a language model is a probability for the next letter; attention is a softmax of dot products
# that mixes values; each part adds to the stream, and norms keep its size; the four lines of lesson 5 train all of it.
# `python demos/gpt.py` trains a larger one for longer.

# %% [markdown]
# ## Exercises
#
# ### 8.1 Attention for one query
#
# Return the mixture of the values. Softmax makes their shares of the scores q·k/√d. Plain floats are enough:
# `autograd.softmax` and `autograd.dot` take floats, too.


# %% 8.1
def attend(query, keys, values):
    """The mixture, a list as long as each of the values."""
    ...


# %%
show(check(attend, "8.1"))

# %% [markdown]
# ### 8.2 RMSNorm
#
# Divide each number of a list by the root of the mean of their squares.


# %% 8.2
def rms_norm(numbers):
    """The numbers, scaled to the root mean square 1."""
    ...


# %%
show(check(rms_norm, "8.2"))

# %% [markdown]
# ### 8.3 The causal mask
#
# Return a table of n rows with n entries. An entry is True where the position of its row may look at the position of
# its column.


# %% 8.3
def causal_mask(n):
    """n lists of n bools."""
    ...


# %%
show(check(causal_mask, "8.3"))

# %% [markdown]
# ### 8.4 The surprise at a name
#
# `probability_of(so_far, letter)` returns the probability of a letter after a text. Return the mean surprise, in nats,
# at the letters of `name` and at the dot that ends it. Each text so far begins with a dot.


# %% 8.4
def mean_surprise(probability_of, name):
    """The mean of −log p over the letters of the name and the last dot."""
    ...


# %%
show(check(mean_surprise, "8.4"))

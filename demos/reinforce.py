"""Reinforce: a network learns by trial to balance a pole on a cart, until an episode lasts 195 steps on average.

The network is not told which push is right. It sees four numbers: the cart's position and speed, and the pole's angle
and angular speed. It gives the probabilities of two pushes, left and right. The program draws one of them at random. It
goes on until the pole has fallen or 500 steps are over: that is an episode. Every step is worth 1. The return of a push
is the number of steps that the episode still had, where later steps count less.

A random draw has no derivative, but we do not need one. The gradient of the expected return is the mean of return ·
gradient of log(probability of the push). So pushes with a return above the mean become more probable, and those below
become less probable. For this the returns of a batch are shifted to mean 0 and divided by their deviation. This policy
gradient is called REINFORCE. (Williams 1992)

The physics are those of CartPole-v1 in gymnasium, the problem of Barto, Sutton & Anderson (1983). The training ends
when the last 100 episodes had 195 steps on average. Then 100 new episodes show whether that was luck.

At the end the program names the folder with four pictures: the length of each episode; an episode before and one after
learning; the push that the network prefers; and the network.
"""

import argparse
import math
import random
from pathlib import Path
from typing import Any

try:
    import gymnasium
    import matplotlib
    from tqdm import tqdm
except ModuleNotFoundError as error:
    raise SystemExit(f'{error.name} is not installed. Run: python -m pip install -e ".[demos]"') from None

import autograd
from autograd import Value, draw, no_grad
from nn import MLP, optim

matplotlib.rcParams["svg.hashsalt"] = "reinforce"
matplotlib.use("svg")  # pictures go to files: no window, and no screen needed
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

BLUE, ORANGE, INK = "#2f6fad", "#b05a00", "#1f2933"
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])

GOAL = 195
MOST_EPISODES = 2000
DISCOUNT = 0.99  # a step that is k steps later counts this to the power of k

State = list[float]


def main() -> None:
    """Learn to balance, show it on new episodes, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="for weights, states and pushes (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("out/reinforce"), help="folder of the pictures (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a short test with a few episodes")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"the folder of the pictures cannot be made: {error}")

    rng = random.Random(options.seed)
    world = gymnasium.make("CartPole-v1")
    world.reset(seed=rng.getrandbits(31))  # later resets draw on from here
    policy = MLP(4, [16, 2], activation="tanh", rng=rng)
    print(policy)
    with no_grad():
        before, _ = episode(world, policy, rng)
    lengths = learn(world, policy, rng, most=20 if options.quick else MOST_EPISODES)
    recent = lengths[-100:]
    print(f"{len(lengths)} episodes, {sum(lengths):,} steps; the last {len(recent)} had {mean(recent):.1f} on average")

    with no_grad():
        tests = [episode(world, policy, rng)[0] for _ in range(2 if options.quick else 100)]
    tested = [len(states) for states in tests]
    print(f"{len(tests)} new episodes, nothing learned from them: {mean(tested):.1f} steps on average")
    plot_lengths(lengths, options.out / "episodes.svg")
    plot_episodes({"before learning": before, "after learning": max(tests, key=len)}, options.out / "balance.svg")
    plot_policy(policy, options.out / "policy.svg")
    draw(policy, x=before[-1]).save(options.out / "network.svg")
    print(f"in {options.out.resolve()}: episodes.svg, balance.svg, policy.svg, network.svg")


def episode(world: Any, policy: MLP, rng: random.Random) -> tuple[list[State], list[Value]]:
    """Push until the episode is over. Returns the states, and the logarithm of the probability of each push."""
    observation, _ = world.reset()
    states, log_probabilities, over = [], [], False
    while not over:
        states.append(observation.tolist())
        left, right = autograd.log_softmax(policy(states[-1]))
        push = int(rng.random() < math.exp(right.data))
        log_probabilities.append(right if push else left)
        observation, _, fallen, time_is_up, _ = world.step(push)
        over = fallen or time_is_up
    return states, log_probabilities


def returns_of(steps: int) -> list[float]:
    """The return of each push of an episode: 1 for its own step, and less for each later one.

    >>> [round(earned, 4) for earned in returns_of(3)]
    [2.9701, 1.99, 1.0]
    """
    returns = [1.0]
    for _ in range(steps - 1):
        returns.append(1 + DISCOUNT * returns[-1])
    return returns[::-1]


def learn(world: Any, policy: MLP, rng: random.Random, most: int, batch: int = 5) -> list[int]:
    """A step of Adam after every few episodes, until the goal is reached or no more episodes are allowed.

    Returns the length of each episode.
    """
    optimizer = optim.Adam(policy.parameters(), lr=0.02)
    lengths: list[int] = []
    with tqdm(total=GOAL, desc="steps on average", bar_format="{l_bar}{bar}| {n:.0f}/{total:.0f}{postfix}") as progress:
        while len(lengths) < most and (len(lengths) < 100 or mean(lengths[-100:]) < GOAL):
            log_probabilities, returns = [], []
            for _ in range(batch):
                _, chosen = episode(world, policy, rng)
                log_probabilities += chosen
                returns += returns_of(len(chosen))
                lengths.append(len(chosen))

            middle = mean(returns)
            deviation = math.sqrt(mean([(earned - middle) ** 2 for earned in returns]))
            advantages = [(earned - middle) / deviation for earned in returns]
            loss = -autograd.dot(advantages, log_probabilities) / len(returns)  # down this slope the return rises

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            progress.n = min(GOAL, mean(lengths[-100:]))
            progress.set_postfix(episodes=len(lengths))
    return lengths


def mean(numbers: list[int] | list[float]) -> float:
    """The arithmetic mean."""
    return sum(numbers) / len(numbers)


def plot_lengths(lengths: list[int], path: Path) -> None:
    """The length of each episode, and the mean over the last hundred."""
    running = [mean(lengths[max(0, i - 99) : i + 1]) for i in range(len(lengths))]
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(lengths, ".", color=BLUE, alpha=0.6, label="an episode")
    axes.plot(running, color=ORANGE, linewidth=2, label="mean over the last 100")
    axes.axhline(GOAL, color=INK, linestyle=":", label=f"the goal, {GOAL}")
    axes.set(title="How long the pole stays up", xlabel="episode", ylabel="steps")
    axes.legend(loc="upper left")
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})  # the same picture at every run
    plt.close(figure)


def plot_episodes(episodes: dict[str, list[State]], path: Path, frames: int = 5) -> None:
    """Each episode as a strip of film: the cart on its track, and the pole, from the first step to the last."""
    figure, axes = plt.subplots(len(episodes), figsize=(10, 4.6), layout="constrained")
    for strip, (name, states) in zip(axes, episodes.items(), strict=True):
        for frame in range(frames):
            step = frame * (len(states) - 1) // (frames - 1)
            position, _, angle, _ = states[step]
            middle = 5 * frame  # the track is 4.8 metres long, and the pole 1 metre
            strip.plot([middle - 2.3, middle + 2.3], [0, 0], color=INK, linewidth=1)
            strip.add_patch(plt.Rectangle((middle + position - 0.35, 0), 0.7, 0.35, color=BLUE))
            top = middle + position + 2 * math.sin(angle), 0.35 + 2 * math.cos(angle)  # drawn twice as long
            strip.plot([middle + position, top[0]], [0.35, top[1]], color=ORANGE, linewidth=4, solid_capstyle="round")
            strip.text(middle, -0.3, f"step {step + 1}", ha="center", va="top", fontsize=13)
        strip.set_title(f"{name}: {len(states)} steps", fontsize=15)
        strip.set(xlim=(-2.5, 5 * frames - 2.5), ylim=(-1, 2.5), aspect="equal")
        strip.set_axis_off()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_policy(policy: MLP, path: Path) -> None:
    """The probability of a push to the right, over the pole's angle and angular speed, the cart standing still."""
    angles = [math.radians(12) * i / 30 for i in range(-30, 31)]
    speeds = [2 * i / 30 for i in range(-30, 31)]
    with no_grad():
        rows = [[autograd.softmax(policy([0.0, 0.0, a, s]))[1].data for a in angles] for s in speeds]
    figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
    degrees = [math.degrees(angle) for angle in angles]
    shades = axes.contourf(degrees, speeds, rows, [i / 20 for i in range(21)], cmap=SIGNED, vmin=0, vmax=1)
    axes.contour(degrees, speeds, rows, [0.5], colors=INK)
    axes.set(title="Which push? The cart stands still in the middle", xlabel="angle of the pole (degrees)")
    axes.set(ylabel="angular speed (radians per second)")
    figure.colorbar(shades, label="probability of a push to the right", format="{x:.0%}", ticks=[0, 0.25, 0.5, 0.75, 1])
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()

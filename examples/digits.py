"""Train a small neural network to read handwritten digits.

The data are 1797 images of 8 by 8 pixels that come with scikit-learn. The network has one hidden layer and is written
in plain NumPy; the gradient of its loss comes from `chainrule.value_and_grad`; the optimiser, Adam, is a few lines of
NumPy as well.

    python examples/digits.py --epochs 40 --plot loss.png
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import chainrule as cr

Array: TypeAlias = np.ndarray
Parameters: TypeAlias = dict[str, Array]


def load(seed: int) -> tuple[Array, Array, Array, Array]:
    """Return images and labels to train on, then images and labels held out for the test."""
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images / 16, labels, test_size=0.25, stratify=labels, random_state=seed
    )
    return train_x, train_y, test_x, test_y


def initial(sizes: list[int], rng: np.random.Generator) -> Parameters:
    """Draw weights of variance 2 / inputs, as suits rectified units (He et al., 2015), and zero biases."""
    parameters = {}
    for layer, (inputs, units) in enumerate(itertools.pairwise(sizes)):
        parameters[f"w{layer}"] = rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, units))
        parameters[f"b{layer}"] = np.zeros(units)
    return parameters


def predict(parameters: Parameters, images: Array) -> Array:
    """Return a score for each image and each digit."""
    hidden = np.maximum(images @ parameters["w0"] + parameters["b0"], 0)
    return hidden @ parameters["w1"] + parameters["b1"]


def loss(parameters: Parameters, images: Array, labels: Array, decay: float = 1e-4) -> Array:
    """Return the mean cross-entropy, and a small penalty on large weights."""
    scores = predict(parameters, images)
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_probabilities = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    right = log_probabilities[np.arange(len(labels)), labels]
    return -np.mean(right) + decay * sum(np.sum(parameters[name] ** 2) for name in ("w0", "w1"))


class Adam:
    """Gradient descent with a step size of its own for every number (Kingma and Ba, 2015)."""

    def __init__(self, parameters: Parameters, rate: float = 3e-3, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.rate, self.beta1, self.beta2 = rate, beta1, beta2
        self.mean = {name: np.zeros_like(p) for name, p in parameters.items()}
        self.square = {name: np.zeros_like(p) for name, p in parameters.items()}
        self.steps = 0

    def step(self, parameters: Parameters, gradient: Parameters) -> None:
        """Move the parameters, in place, against the gradient."""
        self.steps += 1
        for name, g in gradient.items():
            self.mean[name] += (1 - self.beta1) * (g - self.mean[name])
            self.square[name] += (1 - self.beta2) * (g**2 - self.square[name])
            mean = self.mean[name] / (1 - self.beta1**self.steps)
            square = self.square[name] / (1 - self.beta2**self.steps)
            parameters[name] -= self.rate * mean / (np.sqrt(square) + 1e-8)


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[Array]:
    """Yield the indices 0 to count - 1 in random order, `size` at a time."""
    order = rng.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def train(images: Array, labels: Array, epochs: int, seed: int, console: Console) -> tuple[Parameters, list[float]]:
    """Return the trained parameters and the mean loss of each epoch."""
    rng = np.random.default_rng(seed)
    parameters = initial([images.shape[1], 64, 10], rng)
    optimizer, value_and_gradient = Adam(parameters), cr.value_and_grad(loss)
    history: list[float] = []
    with progress(console) as bar:
        task = bar.add_task("training", total=epochs, loss=np.nan)
        for epoch in range(epochs):
            values = []
            for batch in batches(len(images), 64, rng):
                value, gradient = value_and_gradient(parameters, images[batch], labels[batch])
                optimizer.step(parameters, gradient)
                values.append(value)
            history.append(float(np.mean(values)))
            bar.update(task, advance=1, loss=history[-1])
            if not console.is_terminal and (epoch % 10 == 9 or epoch == epochs - 1):
                console.print(f"epoch {epoch + 1:3d}  loss {history[-1]:.4f}")
    return parameters, history


def progress(console: Console) -> Progress:
    """Return a progress bar, which stays away where there is no terminal."""
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.completed:.0f} of {task.total:.0f}, loss {task.fields[loss]:.4f}"),
        TimeElapsedColumn(),
    ]
    return Progress(*columns, console=console, disable=not console.is_terminal)


def accuracy(parameters: Parameters, images: Array, labels: Array) -> float:
    """Return the fraction of images whose highest score is that of the right digit."""
    return float(np.mean(np.argmax(predict(parameters, images), axis=1) == labels))


def draw(history: list[float], path: str) -> None:
    """Write a plot of the loss to a file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="mean loss", yscale="log", title="Handwritten digits, Adam")
    axes.plot(range(1, len(history) + 1), history)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


def main(argv: list[str] | None = None) -> float:
    """Train, print the accuracy on the held-out images, and return it."""
    parser = argparse.ArgumentParser(description="Train a 64-64-10 network on scikit-learn's handwritten digits.")
    parser.add_argument("--epochs", type=int, default=40, help="passes over the training images (default: 40)")
    parser.add_argument("--seed", type=int, default=0, help="of the split, the start and the batches (default: 0)")
    parser.add_argument("--plot", metavar="FILE", help="write a plot of the loss, such as loss.png")
    options = parser.parse_args(argv)

    console = Console(highlight=False)
    train_x, train_y, test_x, test_y = load(options.seed)
    parameters, history = train(train_x, train_y, options.epochs, options.seed, console)
    if options.plot:
        draw(history, options.plot)
    found = accuracy(parameters, test_x, test_y)
    console.print(f"test accuracy: {found:.1%} of {len(test_y)} images")
    return found


if __name__ == "__main__":
    main()

"""Answers of matplotlib: the pixels of a figure with lines, text and an image."""

import hashlib
import io

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt


def answer(seed):
    figure, (left, right) = plt.subplots(1, 2, figsize=(3, 2), dpi=60)
    left.plot([n * seed for n in range(10)], label="line")
    left.set_title(rf"$\alpha_{seed}$")
    left.legend()
    right.imshow([[0, seed], [seed, 1]])
    file = io.BytesIO()
    figure.savefig(file, format="rgba")
    plt.close(figure)
    return hashlib.sha256(file.getvalue()).hexdigest()

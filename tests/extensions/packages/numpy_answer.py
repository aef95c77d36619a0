"""Answers of NumPy: sorting, linear algebra, FFT, text, dates, records, warnings, functions of Python in loops."""

import warnings

import numpy as np

FACTOR = np.vectorize(lambda n: n * n + 1)


def answer(seed):
    source = np.random.default_rng(seed)
    a = source.normal(size=(40, 40))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        logarithms = np.log(a)
    records = np.array([(seed, b"x"), (seed - 1, b"y")], dtype=[("n", "i4"), ("s", "S1")])
    return (
        np.sort(a, axis=None)[:4].tolist(),
        np.linalg.eigvalsh(a + a.T).round(6).tolist(),
        np.linalg.solve(a + 40 * np.eye(40), a[0]).round(6).tolist(),
        np.abs(np.fft.rfft(a[0])).round(6).tolist(),
        int(np.isnan(logarithms).sum()),
        sorted({type(each.message).__name__ for each in caught}),
        FACTOR(np.arange(5)).tolist(),
        np.char.upper(np.array(["ab", "é"])).tolist(),
        str(np.datetime64("2026-01-31") + np.timedelta64(seed, "D")),
        np.sort(records, order="n").tolist(),
        np.einsum("ij,jk->ik", a, a).sum().round(6),
        repr(a[:2, :2]),
        np.array([object, None, "x"], dtype=object).tolist()[1:],
    )

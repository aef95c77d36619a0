"""Answers of SciPy: functions of Python and of C that it calls back, sparse matrices, statistics, signals."""

import ctypes

import numpy as np
from scipy import LowLevelCallable, integrate, interpolate, linalg, optimize, signal, sparse, special, stats

COSINE = ctypes.CDLL(None).cos
COSINE.restype, COSINE.argtypes = ctypes.c_double, [ctypes.c_double]


@ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
def square(x):
    return x * x


def answer(seed):
    source = np.random.default_rng(seed)
    points = source.normal(size=50)
    matrix = sparse.random(30, 30, density=0.2, rng=source, format="csr") + sparse.eye(30)
    return (
        round(integrate.quad(LowLevelCallable(COSINE), 0, seed)[0], 6),
        round(integrate.quad(LowLevelCallable(square), 0, seed)[0], 6),
        round(integrate.quad(lambda x: x**3, 0, seed)[0], 6),
        optimize.minimize(lambda x: ((x - seed) ** 2).sum(), [0.0, 1.0]).x.round(3).tolist(),
        round(optimize.brentq(lambda x: x**3 - seed - 1, 0, 10), 6),
        linalg.svdvals(matrix.toarray()).round(6).tolist(),
        sparse.linalg.spsolve(matrix.tocsc(), np.ones(30)).round(4).tolist(),
        round(float(stats.ttest_1samp(points, 0).pvalue), 6),
        signal.lfilter([1, 0.5], [1, -0.3], points).round(6).tolist()[-3:],
        interpolate.CubicSpline(range(50), points)([1.5, 2.5]).round(6).tolist(),
        round(float(special.gamma(seed + 0.5)), 4),
    )

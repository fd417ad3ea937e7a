"""Octaves of an isolation, for tests/command_line/matching.rs: numpy and scipy on the same curves.

Run with scipy 1.11 or later: python3 tests/golden/isolation.py
"""

import numpy as np
from scipy import stats

hz = 20 * 2 ** (np.arange(121) / 12)
octaves = np.log2(hz / 1000)
grid = 20 * 2 ** (np.arange(479) / 48)


def open_ear(i):
    return 70 + 0.4 * np.sin(1.3 * i) + 2 * np.sin(3 * octaves)


def worn(i):
    return 70 - 30 / (1 + (600 / hz) ** 2) + 0.6 * np.cos(2.1 * i) + 0.5 * np.sin(i + 2 * octaves)


def mean_over(db, low, high):
    f = np.concatenate([[low], grid[(grid > low) & (grid < high)], [high]])
    return np.trapezoid(np.interp(np.log(f), np.log(grid), db), np.log(f)) / np.log(high / low)


def on_grid(db):
    return np.interp(np.log(grid), np.log(hz), db)


centres = [31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000]
figures = [[[mean_over(on_grid(of(i)), c / 2**0.5, c * 2**0.5) for c in centres] for i in range(n)] for of, n in [(open_ear, 4), (worn, 5)]]
a, b = map(np.array, figures)
for k, centre in enumerate(centres):
    found = stats.ttest_ind(a[:, k], b[:, k], equal_var=False).confidence_interval(0.95)
    print(centre, a[:, k].mean() - b[:, k].mean(), found.low, found.high)
a, b = a[:, 2:].mean(1), b[:, 2:].mean(1)
found = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
print("mean", a.mean() - b.mean(), found.low, found.high)

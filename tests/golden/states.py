"""Figures for the statistics of seatings, in src/metrology/{welch,permutation}.rs.

scipy's Welch test, t and F; the relabellings by numpy, with variances taken group by group.
Run with scipy 1.11 or later: python3 tests/golden/states.py
"""

from itertools import combinations, product

import numpy as np
from scipy import stats
from scipy.optimize import brentq

new = np.array([10.1, 10.4, 9.9, 10.2])
worn = np.array([8.0, 9.5, 7.1, 8.8, 9.9, 7.6])
test = stats.ttest_ind(worn, new, equal_var=False)
interval = test.confidence_interval(0.95)
n = len(new) + len(worn)
pooled = np.sqrt((3 * new.var(ddof=1) + 5 * worn.var(ddof=1)) / (n - 2))
g = (worn.mean() - new.mean()) / pooled * (1 - 3 / (4 * (n - 2) - 1))
print("Welch p", test.pvalue, "interval", interval.low, interval.high, "g", g)
ratio = worn.var(ddof=1) / new.var(ddof=1)
print("F", ratio, "p", 2 * min(stats.f.sf(ratio, 5, 3), stats.f.cdf(ratio, 5, 3)))

before = np.array([1.0, 2.5, 0.7, 1.9, 3.0])
after = np.array([0.2, 1.9, 0.3, 0.8, 2.6])
paired = stats.ttest_rel(after, before)
interval = paired.confidence_interval(0.95)
change = after - before
g = change.mean() / change.std(ddof=1) * (1 - 3 / (4 * 4 - 1))
print("paired p", paired.pvalue, "interval", interval.low, interval.high, "g", g)


def statistic(a, b, s0):
    pooled = ((len(a) - 1) * a.var(0, ddof=1) + (len(b) - 1) * b.var(0, ddof=1)) / (len(a) + len(b) - 2)
    return (b.mean(0) - a.mean(0)) / ((np.sqrt(pooled) + s0) * np.sqrt(1 / len(a) + 1 / len(b)))


def level(i, k):
    """Seating i at frequency k: no random numbers, so that both programs have the same."""
    return np.sin(1.7 * i + 0.3 * k) + 0.4 * np.cos(2.9 * i * (k + 1))


def levels(first, count, shift):
    return np.array([[level(i, k) + (shift if k < 4 else 0) for k in range(12)] for i in range(first, first + count)])


def report(name, observed, maxima):
    maxima = np.array(maxima)
    largest = np.abs(observed).max()
    p = np.mean(maxima >= largest - 1e-9)
    print(name, "largest", largest, "p", p, "c", np.quantile(maxima, 0.95, method="higher"), "of", len(maxima))


a, b = levels(0, 4, 0.0), levels(4, 5, -3.0)
both = np.vstack([a, b])
maxima = []
for chosen in combinations(range(9), 4):
    rest = [i for i in range(9) if i not in chosen]
    maxima.append(np.abs(statistic(both[list(chosen)], both[rest], 0.25)).max())
report("max-T", statistic(a, b, 0.25), maxima)

a, b = levels(0, 6, 0.0), levels(0, 6, -3.0) + 0.3 * levels(7, 6, 0.0)
d = b - a
one = lambda d: d.mean(0) / ((d.std(0, ddof=1) + 0.1) / np.sqrt(len(d)))
maxima = [np.abs(one(d * np.array(signs)[:, None])).max() for signs in product([1, -1], repeat=6)]
report("paired max-T", one(d), maxima)


def lower_limit_when_selected(value, threshold):
    share = lambda mu: stats.norm.sf(value - mu) / stats.norm.sf(threshold - mu) - 0.025
    return brentq(share, threshold - 30, value)


for value, threshold in [(3.0, 1.96), (5.0, 2.3), (8.0, 2.3)]:
    print("selected", value, threshold, lower_limit_when_selected(value, threshold))

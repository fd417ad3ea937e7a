"""Figures of two sides of a real headphone, for tests/channels_real_data.rs.

Levels, octaves, permutations and phases worked out with numpy and scipy from the files themselves;
nothing is shared with the program. Run with scipy 1.11 or later, and the folder of the measurements:
python3 tests/golden/channels.py FOLDER
"""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy import stats

GRID = 20 * 2 ** (np.arange(479) / 48)


def read(path):
    rows = [line.split() for line in path.read_text().splitlines() if line[:1].isdigit()]
    return np.array(rows, float).T


def mean_over(hz, db, low, high):
    """Mean over ln f of the curve that is straight between its points."""
    f = np.concatenate([[low], hz[(hz > low) & (hz < high)], [high]])
    return np.trapezoid(np.interp(np.log(f), np.log(hz), db), np.log(f)) / np.log(high / low)


folder = Path(sys.argv[1]) / "htangl-hd650-pads"
sides = {}
for side in "LR":
    sides[side] = [read(folder / f"Sennheiser HD 650 (New Pads) {side}{i}.txt") for i in range(1, 5)]
start = max(s[0][0] for side in sides.values() for s in side)
grid = GRID[GRID >= start]
level = {k: np.array([np.interp(np.log(grid), np.log(s[0]), s[1]) for s in v]) for k, v in sides.items()}

for name, low, high in [("100-10k", 100, 10e3), ("300-1k", 300, 1e3)]:
    left, right = ([mean_over(grid, x, low, high) for x in level[k]] for k in "LR")
    test = stats.ttest_ind(left, right, equal_var=False).confidence_interval(0.95)
    print(name, np.mean(left) - np.mean(right), test.low, test.high)
left, right = ([np.interp(np.log(1e3), np.log(grid), x) for x in level[k]] for k in "LR")
test = stats.ttest_ind(left, right, equal_var=False).confidence_interval(0.95)
print("1k", np.mean(left) - np.mean(right), test.low, test.high)

difference = level["L"].mean(0) - level["R"].mean(0)
inside = (grid >= 100) & (grid <= 10e3)
at = np.argmax(np.abs(difference[inside]))
print("within", difference[inside][at], grid[inside][at])
off = difference - mean_over(grid, difference, 100, 10e3)
at = np.argmax(np.abs(off[inside]))
print("levelled", off[inside][at], grid[inside][at])

thin = grid[::4]
both = np.vstack([level["R"], level["L"]])[:, ::4]


def t(chosen):
    rest = [i for i in range(8) if i not in chosen]
    a, b = both[rest], both[list(chosen)]
    pooled = np.sqrt((a.var(0, ddof=1) + b.var(0, ddof=1)) / 2)
    return (b.mean(0) - a.mean(0)) / ((pooled + 0.25) * np.sqrt(1 / 2))


maxima = np.array([np.abs(t(c)).max() for c in combinations(range(8), 4)])
seen = np.abs(t((4, 5, 6, 7)))
critical = np.quantile(maxima, 0.95, method="higher")
print("max-T p", np.mean(maxima >= seen.max() - 1e-9), "beyond", thin[seen > critical])

# Phase of left over right, seating by seating against the first of the right side.
reference = np.interp(np.log(grid), np.log(sides["R"][0][0]), np.unwrap(np.radians(sides["R"][0][2])))


def rest(s):
    phi = np.interp(np.log(grid), np.log(s[0]), np.unwrap(np.radians(s[2]))) - reference
    phi -= 2 * np.pi * np.round(phi[np.argmin(np.abs(grid - 500))] / (2 * np.pi))
    fit = (grid >= 200) & (grid <= 2000)
    slope, turn = np.polyfit(grid[fit], phi[fit], 1)
    k = np.round(turn / np.pi)
    slope = np.sum(grid[fit] * (phi[fit] - np.pi * k)) / np.sum(grid[fit] ** 2)
    return k, -slope / (2 * np.pi) * 1e6, phi - np.pi * k - slope * grid


parts = {k: [rest(s) for s in v] for k, v in sides.items()}
print("half turns", [[p[0] for p in v] for v in parts.values()], "us", [[round(p[1], 3) for p in v] for v in parts.values()])
direction = {k: np.angle(np.mean([np.exp(1j * p[2]) for p in v], axis=0)) for k, v in parts.items()}
phase = np.degrees(np.angle(np.exp(1j * (direction["L"] - direction["R"]))))
inside = (grid >= 100) & (grid <= 3000)
at = np.argmax(np.abs(phase[inside]))
print("phase", phase[inside][at], grid[inside][at])

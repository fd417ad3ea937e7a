"""Figures of the difference of two impedances, for src/study/curves/tests.rs.

Two parallel resonances behind a resistance and an inductance, one on 48 and one on 24 points per
octave. numpy interpolates over ln f and integrates; nothing of cansweep is used.
Run with numpy 1.26 or later: python3 tests/golden/curves.py
"""

import numpy as np


def impedance(f, re, rp, f0, q):
    return re + 1j * f * 3.4e-4 + rp / (1 + 1j * q * (f / f0 - f0 / f))


def mean(f, values):
    x = np.log(f)
    return np.sum((values[1:] + values[:-1]) / 2 * np.diff(x)) / (x[-1] - x[0])


fine = 15 * 2 ** (np.arange(520) / 48)
coarse = 21 * 2 ** (np.arange(240) / 24)
left = impedance(fine, 32.0, 34.0, 85.0, 1.6)
right = impedance(coarse, 32.4, 36.0, 88.0, 1.7)

f = coarse[(coarse >= 20) & (coarse <= 20e3)]
right = right[: len(f)]


def onto(values):
    return np.interp(np.log(f), np.log(fine), values)


magnitude, angle = onto(np.abs(left)), onto(np.degrees(np.angle(left)))
u_left, u_right = onto(0.002 * np.abs(left)), 0.003 * np.abs(right)
ratio = np.abs(right) / magnitude
percent = 100 * (ratio - 1)
u = 100 * ratio * np.hypot(u_left / magnitude, u_right / np.abs(right))
phase = np.degrees(np.angle(right)) - angle
worst, worst_phase = np.argmax(np.abs(percent)), np.argmax(np.abs(phase))
print("points", len(f))
print("worst %", percent[worst], "at", f[worst])
print("mean %", mean(f, percent), "rms %", np.sqrt(mean(f, percent**2)))
print("mean dB", mean(f, 20 * np.log10(ratio)))
print("u % there", u[worst])
print("phase °", phase[worst_phase], "at", f[worst_phase])
beyond = np.abs(percent) > 2 * u
edges = np.flatnonzero(np.diff(np.concatenate([[0], beyond.astype(int), [0]])))
print("beyond", [(f[a], f[b - 1]) for a, b in zip(edges[::2], edges[1::2])])
print("none above", np.max(2 * u[~beyond]))

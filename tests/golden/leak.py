"""Impedances of holes and slits, for src/study/leak/elements.rs.

scipy's Bessel functions and numpy's tanh in the exact viscous solutions (Beranek and Mellow 2012,
4.22 and 4.23); nothing of cansweep is used.
Run with numpy 1.26 and scipy 1.11 or later: python3 tests/golden/leak.py
"""

import numpy as np
from scipy.special import jve

RHO, MU = 1.204, 1.82e-5


def hole(f, d, l=10e-3):
    a, w = d / 2, 2 * np.pi * f
    x = a * np.sqrt(-1j * w * RHO / MU)
    ratio = jve(1, x) / jve(0, x)
    return 1j * w * RHO / (np.pi * a**2) * (l / (1 - 2 * ratio / x) + 2 * 0.8216 * a)


def slit(f, h, b=10e-3, l=10e-3):
    w = 2 * np.pi * f
    s = h / 2 * np.sqrt(1j * w * RHO / MU)
    return 1j * w * RHO * l / (b * h) / (1 - np.tanh(s) / s)


for name, element in ("HOLE", hole), ("SLIT", slit):
    for size, f in (0.3e-3, 20.0), (1e-3, 20.0), (2e-3, 200.0), (8e-3, 1000.0):
        z = element(f, size) / 1e6
        print(f"({name}, {size:g}, {f}, {float(z.real)!r}, {float(z.imag)!r}),")

"""What leaks and the free air do to the impedance of four headphones, for tests/seal.rs.

Lumped network solved with numpy's linear algebra, leaks with scipy's Bessel functions and numpy's tanh
in the exact viscous solutions (Beranek and Mellow 2012, 4.22 and 4.23); nothing of cansweep is used.
Drivers: Peerless HPD-40N16PET00-32 (maker's data), Chen et al. (2019); the open headphone of 300 ohms
and the planar one are assumptions, as are all cups.
Run with numpy 1.26 and scipy 1.11 or later: python3 tests/golden/seal.py
"""

import numpy as np
from scipy.special import jve

RHO, MU, STIFFNESS = 1.204, 1.82e-5, 1.42e5
F = 10 * 2 ** (np.arange(184) / 24)
JW = 2j * np.pi * F


def hole(d, l):
    a = d / 2
    x = a * np.sqrt(-JW * RHO / MU)
    return JW * RHO / (np.pi * a**2) * (l / (1 - 2 * jve(1, x) / jve(0, x) / x) + 2 * 0.8216 * a)


def slit(h, w, l):
    s = h / 2 * np.sqrt(JW * RHO / MU)
    return JW * RHO * l / (w * h) / (1 - np.tanh(s) / s)


def vents(n, d, l, rayl):
    return (hole(d, l) + rayl / (np.pi * d**2 / 4)) / n


SLIT = slit(0.06e-3, 0.2, 15e-3)
# Name: Re, Le, Bl, Mms, Cms, Rms, Sd; front volume, pad; admittance of the rear; of the baffle.
HEADPHONES = {
    "Closed": (
        (32.8, 20e-6, 2.24, 0.30e-3, 12.62e-3, 0.057, 10e-4), 35e-6, SLIT,
        JW * 25e-6 / STIFFNESS + 1 / vents(1, 3e-3, 2e-3, 160), 1 / vents(4, 4e-3, 2e-3, 65),
    ),
    "Light": (
        (33.4, 20e-6, 1.645, 0.056e-3, 6.65e-3, 0.0306, 6.16e-4), 60e-6, SLIT,
        JW * 40e-6 / STIFFNESS + 1 / vents(4, 3e-3, 2e-3, 40), 1 / vents(24, 1.9e-3, 1e-3, 12),
    ),
    "Open": (
        (300.0, 0.3e-3, 5.6, 0.15e-3, 21e-3, 0.03, 9e-4), 60e-6, 6e4 + 0 * JW,
        1 / (0.085 / 9e-4**2 + JW * 20), 0 * JW,
    ),
    "Planar": (
        (32.0, 0.0, 0.9, 0.9e-3, 6e-3, 0.35, 45e-4), 90e-6, SLIT,
        1 / (2e4 + JW * 8), 0 * JW,
    ),
}


def impedance(name, leak=None, off_head=False):
    (re, le, bl, mms, cms, rms, sd), volume, pad, rear, baffle = HEADPHONES[name]
    front = JW * volume / STIFFNESS + 1 / pad + (0 if leak is None else 1 / leak)
    if off_head:
        front = np.full(len(F), 1e6 + 0j)
    nodes = np.array([[front + baffle, -baffle], [-baffle, rear + baffle]]).transpose(2, 0, 1)
    flow = np.broadcast_to(np.array([[1.0], [-1.0]]), (len(F), 2, 1))
    pressure = np.linalg.solve(nodes, flow)[:, :, 0]
    load = sd**2 * (pressure[:, 0] - pressure[:, 1])
    return re + JW * le + bl**2 / (rms + JW * mms + 1 / (JW * cms) + load)


for name in HEADPHONES:
    sealed = impedance(name)
    peak = np.argmax(np.abs(sealed) * (F < 1500))
    changes = [np.max(np.abs(impedance(name, hole(d, 10e-3)) - sealed)) for d in (1e-3, 2e-3, 4e-3, 8e-3)]
    changes.append(np.max(np.abs(impedance(name, off_head=True) - sealed)))
    numbers = ", ".join(f"{x:.6g}" for x in (abs(sealed[peak]), *changes))
    print(f"(Kind::{name}, [{numbers}]),  # peak at {F[peak]:.0f} Hz")

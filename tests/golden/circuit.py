#!/usr/bin/env python3
"""Circuits fitted by scipy, for tests/equivalent.rs to compare its own fits with.

Run by hand (numpy and scipy): prints, for each curve, the fitted parameters and their standard
errors. What stands in for noise is made of sines, so that both programs fit the same numbers.
"""

import numpy as np
from scipy.optimize import least_squares

HZ = 20 * 2 ** (np.arange(240) / 24)
NOISE = 1e-3
RE = 32.0
# Of each curve: its coil, its resonances (height in ohms, frequency in hertz, Q).
CURVES = {
    "leach": ((0.8, 0.6), [(24, 90, 2.2)]),
    "lr2": ((0.3, 1.5, 12.0), [(60, 70, 1.8), (5, 2400, 4.0)]),
    "wright": ((0.5, 0.5, 1.1, 0.7), [(10, 55, 3.0), (20, 180, 4.0)]),
}


def impedance(coil, values, resonances, f):
    jf = 1j * f / 1e3
    if coil == "leach":
        z = values[0] * jf ** values[1]
    elif coil == "lr2":
        z = values[0] * jf + 1 / (1 / (values[1] * jf) + 1 / values[2])
    else:
        z = values[0] * (f / 1e3) ** values[1] + 1j * values[2] * (f / 1e3) ** values[3]
    for height, fs, q in resonances:
        z = z + height / (1 + 1j * q * (f / fs - fs / f))
    return z


def main():
    k = np.arange(len(HZ))
    for coil, (values, resonances) in CURVES.items():
        truth = [RE, *values, *np.ravel(resonances)]
        count = len(values)

        def model(p):
            return p[0] + impedance(coil, p[1 : 1 + count], np.reshape(p[1 + count :], (-1, 3)), HZ)

        clean = model(np.array(truth))
        z = clean + NOISE * abs(clean) * (np.sin(1.7 * k * k) + 1j * np.cos(2.3 * k * k))
        # As the fit believes: 2e-4 of the magnitude, half of its power in each part.
        sigma = 2e-4 * abs(z) / np.sqrt(2)

        def residuals(p):
            off = (model(p) - z) / sigma
            return np.concatenate([off.real, off.imag])

        found = least_squares(residuals, truth, x_scale=truth, ftol=1e-15, xtol=1e-15, gtol=1e-15)
        n, m = len(found.fun), len(truth)
        reduced = 2 * found.cost / (n - m)
        errors = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)) * reduced)
        resonance = 1 + count
        print(coil, f"reduced {reduced:.6f}")
        for i in [0, *range(resonance, m)]:
            print(f"  {found.x[i]:.8g} {errors[i]:.4g}")


main()

#!/usr/bin/env python3
"""One-port calibrations by scikit-rf, as a reference for the error terms of a jig.

    pip install scikit-rf numpy
    python3 tests/golden/one_port.py > tests/golden/one_port.csv

Three jigs (high side, low side, one input) with mismatched gains, loaded inputs and leads; ratios of
an open, a short, a load and a headphone go through skrf.calibration.OnePort, with
gamma = (Z - Z0)/(Z + Z0). Written with scikit-rf 2.2.0; the impedances were also compared with
those that went into the ratios.
"""
import numpy as np
import skrf
from skrf.calibration import OnePort

f = np.geomspace(20, 20e3, 30)
w = 2 * np.pi * f
z = 32 + 1j * w * 80e-6 + 20 / (1 + 2j * (f / 90 - 90 / f))
gain = 10 ** (0.2 / 20) * np.exp(1j * np.deg2rad(0.5) - 1j * w * 0.4e-6)
y_in = 1 / 10e3 + 1j * w * 200e-12
leads = 0.2 + 1j * w * 0.6e-6


def parallel(a, y):
    return 1 / (1 / a + y)


def high(z, r):
    x = parallel(z + leads, y_in)
    return gain * x / (x + r)


def low(z, r):
    x = parallel(r + 0 * f, y_in)
    return gain * x / (x + z + leads)


def one(z, r):
    x = parallel(z + leads, y_in)
    return 0.7 * gain * x / (x + r + 4.7 + 1 / (1j * w * 220e-6))


frequency = skrf.Frequency.from_f(f, unit="hz")
print("# made by tests/golden/one_port.py with scikit-rf", skrf.__version__)
print("frequency_hz,load_ohm,open_re,open_im,short_re,short_im,load_re,load_im,ratio_re,ratio_im,z_re,z_im")
for jig, r in ((high, 100.0), (low, 33.0), (one, 33.0)):
    ratios = [jig(x + 0 * f, r) for x in (1e18, 0.0, r)] + [jig(z, r)]
    network = lambda s: skrf.Network(frequency=frequency, s=np.asarray(s).reshape(-1, 1, 1))
    ideals = [network(x + 0j * f) for x in (1.0, -1.0, 0.0)]
    calibration = OnePort(ideals=ideals, measured=[network(m) for m in ratios[:3]])
    calibration.run()
    gamma = calibration.apply_cal(network(ratios[3])).s[:, 0, 0]
    found = r * (1 + gamma) / (1 - gamma)
    assert np.max(np.abs(found / z - 1)) < 1e-9
    for k in range(len(f)):
        numbers = [f[k], r]
        for value in [m[k] for m in ratios] + [found[k]]:
            numbers += [value.real, value.imag]
        print(",".join(repr(float(n)) for n in numbers))

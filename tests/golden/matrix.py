"""Figures of one headphone on one output with a coupling capacitor, for src/study/matrix.rs.

A parallel resonance of 34 Ω behind 32 Ω; an output of 4.7 Ω with 220 µF and 3.3 µH in series. The
magnitudes are known to 1 % and 2 %, independently at each frequency. Derivatives are taken
numerically; nothing of cansweep is used.
Run with numpy 1.26 or later: python3 tests/golden/matrix.py
"""

import numpy as np

f = 20 * 2 ** (np.arange(479) / 48)
s = 2j * np.pi


def headphone(f):
    return 32 + 34 / (1 + 1.6j * (f / 85 - 85 / f))


def output(f):
    return 4.7 + 1 / (s * f * 220e-6) + s * f * 3.3e-6


def level(z, zs):
    return 20 * np.log10(np.abs(z / (z + zs)))


z, zs = headphone(f), output(f)
step = 1e-6
by_z = (level(z * (1 + step), zs) - level(z * (1 - step), zs)) / (2 * step) * 0.01
by_zs = (level(z, zs * (1 + step)) - level(z, zs * (1 - step))) / (2 * step) * 0.02
u = np.hypot(by_z, by_zs)
db = level(z, zs)
x = np.log(f)
loss, u_loss = np.interp(np.log(1e3), x, db), np.interp(np.log(1e3), x, u)
high, low = np.argmax(db), np.argmin(db)
print("peak to peak", db[high] - db[low], "u", np.hypot(u[high], u[low]))
worst = np.argmax(np.abs(db - loss))
print("worst", db[worst] - loss, "u", np.hypot(u[worst], u_loss), "at", f[worst])
print("loss", loss, "u", u_loss)
print("damping factor", np.min(np.abs(z) / np.abs(zs)))

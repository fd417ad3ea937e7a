"""Figures for src/metrology/{variance_components,many_to_one,trend}.rs and src/study/repeatability.

Variance components: statsmodels' MixedLM (REML), and the restricted likelihood written down anew
with numpy and climbed by scipy's Nelder-Mead, also for the ends of the profile intervals.
Dunnett: scipy.stats.dunnett. Line: numpy.
Run with statsmodels 0.14 or later: python3 tests/golden/variance.py
"""

import warnings

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import optimize, stats

warnings.filterwarnings("ignore")


def negative_log(theta, y, z):
    v = sum(t * zk @ zk.T for t, zk in zip(theta, z))
    try:
        factor = np.linalg.cholesky(v)
    except np.linalg.LinAlgError:
        return 1e9
    ones = np.ones(len(y))
    inverse = np.linalg.inv(v)
    weight = ones @ inverse @ ones
    p = inverse - np.outer(inverse @ ones, inverse @ ones) / weight
    return 0.5 * (2 * np.log(np.diag(factor)).sum() + np.log(weight) + y @ p @ y)


def climb(y, z, held=None):
    free = [k for k in range(len(z)) if held is None or k != held[0]]

    def full(x):
        theta = np.zeros(len(z))
        theta[free] = np.exp(x)
        if held is not None:
            theta[held[0]] = held[1]
        return theta

    best = None
    for start in (-1.0, -4.0, -8.0):
        found = optimize.minimize(
            lambda x: negative_log(full(x), y, z),
            np.full(len(free), start),
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20000, "maxfev": 20000},
        )
        if best is None or found.fun < best.fun:
            best = found
    return full(best.x), best.fun


def profile(y, causes):
    z = [np.equal.outer(c, np.unique(c)).astype(float) for c in causes] + [np.eye(len(y))]
    theta, best = climb(y, z)
    print("  variances", theta)
    for k in range(len(z)):
        fall = lambda log: 2 * (climb(y, z, (k, np.exp(log)))[1] - best) - stats.chi2.ppf(0.95, 1)
        centre = np.log(max(theta[k], 1e-4))
        up = next(s for s in np.arange(0.5, 14, 0.5) if fall(centre + s) > 0)
        to = np.exp(optimize.brentq(fall, centre, centre + up, xtol=1e-8))
        below = fall(np.log(1e-9))
        low = np.exp(optimize.brentq(fall, np.log(1e-9), centre, xtol=1e-8)) if below > 0 else 0.0
        print("   interval of", k, low, to)


def value(operator, day, seating):
    """No random numbers, so that both programs have the same."""
    i, j, k = operator + 1, day + 1, seating + 1
    return (
        0.9 * np.sin(2.1 * i)
        + 0.5 * np.sin(1.3 * (3 * i + j))
        + 0.25 * np.cos(2.7 * i * k + 1.9 * j * k * k)
    )


rows = [(o, d, s) for o in range(3) for d in range(3) for s in range(4)]
print("balanced, days within persons")
frame = pd.DataFrame([(o, 10 * o + d, value(o, d, s)) for o, d, s in rows], columns=["o", "d", "y"])
fit = smf.mixedlm("y ~ 1", frame, groups=np.ones(len(frame)), vc_formula={"d": "0 + C(d)", "o": "0 + C(o)"}).fit(reml=True)
print("  statsmodels d, o, residual", fit.vcomp, fit.scale, "mean", fit.fe_params.iloc[0], fit.bse_fe.iloc[0])
cells = frame.groupby(["o", "d"]).y
within = cells.var(ddof=1).mean()
days = frame.groupby(["o", "d"]).y.mean()
day = days.groupby("o").var(ddof=1).mean() - within / 4
person = days.groupby("o").mean().var(ddof=1) - days.groupby("o").var(ddof=1).mean() / 3
print("  analysis of variance o, d, residual", person, day, within)
profile(frame.y.values, [frame.o.values, frame.d.values])

print("crossed and uneven: five values of 36 are missing")
rows = [row for i, row in enumerate(rows) if i not in (3, 10, 11, 20, 33)]
frame = pd.DataFrame([(o, d, value(o, d, s)) for o, d, s in rows], columns=["o", "d", "y"])
fit = smf.mixedlm("y ~ 1", frame, groups=np.ones(len(frame)), vc_formula={"d": "0 + C(d)", "o": "0 + C(o)"}).fit(reml=True)
print("  statsmodels d, o, residual", fit.vcomp, fit.scale, "mean", fit.fe_params.iloc[0], fit.bse_fe.iloc[0])
profile(frame.y.values, [frame.o.values, frame.d.values])

print("Dunnett")
control = np.array([0.1, -0.2, 0.3, 0.05])
others = [np.array([-0.4, -0.1, -0.5]), np.array([-0.3, 0.1, -0.2, -0.6, -0.4]), np.array([-0.9, -1.3])]
result = stats.dunnett(*others, control=control, rng=np.random.default_rng(1))
print("  t", result.statistic, "p", result.pvalue)
interval = result.confidence_interval(0.95)
n = sum(map(len, others)) + len(control)
pooled = np.sqrt(sum(((g - g.mean()) ** 2).sum() for g in [control, *others]) / (n - 4))
half = (interval.high - interval.low) / 2
print("  limit", half / (pooled * np.sqrt([1 / len(g) + 1 / len(control) for g in others])), "dof", n - 4)

print("line")
x = np.array([0.0, 10, 20, 40, 80, 100])
y = np.array([0.0, -0.3, -0.1, -0.9, -1.1, -1.9])
v = np.array([0.01, 0.02, 0.01, 0.01, 0.03, 0.01])


def weighted(tau2):
    a = np.column_stack([np.ones(len(x)), x])
    w = np.diag(1 / (v + tau2))
    inverse = np.linalg.inv(a.T @ w @ a)
    b = inverse @ a.T @ w @ y
    return b, np.sqrt(inverse[1, 1]), (y - a @ b) @ w @ (y - a @ b)


tau2 = optimize.brentq(lambda t: weighted(t)[2] - 4, 0, 10, xtol=1e-14)
b, u, squares = weighted(tau2)
print("  tau", np.sqrt(tau2), "line", b, "u", u)
b, u, _ = weighted(0.0)
print("  own variances", b, u)

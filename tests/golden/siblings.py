"""Limits of a seating among its siblings, in src/study/siblings/tests.rs.

Student's t of one more value, with a prior of three degrees of freedom.
Run with scipy 1.11 or later: python3 tests/golden/siblings.py
"""

import numpy as np
from scipy import stats

PRIOR_DOF, CHANCE = 3.0, 0.005
for sd, others in [(0.25, [1.0]), (0.25, [1.0, 1.3]), (0.25, [1.2, 1.1, 1.4, 1.3]), (0.2, [80.0, 80.4, 79.9])]:
    others = np.array(others)
    n = len(others)
    own = others.var(ddof=1) if n > 1 else 0.0
    dof = PRIOR_DOF + n - 1
    expected = np.sqrt((PRIOR_DOF * sd**2 + (n - 1) * own) / dof * (1 + 1 / n))
    print(others, "expected", expected, "limit", stats.t.ppf(1 - CHANCE / 2, dof) * expected)

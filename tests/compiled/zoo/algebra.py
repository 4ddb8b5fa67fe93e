"""Linear algebra, by hand and by NumPy."""

import numpy as np

from ._entry import Entry


def lu_solve(A, b):
    """Solve A x = b by LU factorisation without pivoting, in scalar loops, and return the norm of x."""
    n = len(b)
    LU = A.copy()
    for k in range(n):
        for i in range(k + 1, n):
            LU[i, k] /= LU[k, k]
            for j in range(k + 1, n):
                LU[i, j] -= LU[i, k] * LU[k, j]
    x = b.copy()
    for i in range(n):
        for j in range(i):
            x[i] -= LU[i, j] * x[j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= LU[i, j] * x[j]
        x[i] /= LU[i, i]
    total = 0.0
    for i in range(n):
        total += x[i] * x[i]
    return total


def lu_rows(A):
    """Logarithm of the determinant by elimination on whole rows."""
    U = A.copy()
    n = U.shape[0]
    total = 0.0
    for k in range(n):
        total += np.log(np.abs(U[k, k]))
        for i in range(k + 1, n):
            U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
    return total


def cholesky_logdet(A):
    n = A.shape[0]
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = np.sqrt(s) if i == j else s / L[j, j]
    return 2 * np.sum(np.log(np.diag(L)))


def determinant(A):
    """Recursive expansion by minors along the first row."""
    n = A.shape[0]
    if n == 1:
        return A[0, 0]
    total = 0.0
    sign = 1.0
    for c in range(n):
        minor = np.empty((n - 1, n - 1))
        for i in range(1, n):
            for j in range(n - 1):
                minor[i - 1, j] = A[i, j] if j < c else A[i, j + 1]
        total += sign * A[0, c] * determinant(minor)
        sign = -sign
    return total


def kalman(F, H, Q, R, observations):
    """Negative log-likelihood of a linear Gaussian state-space model."""
    n = F.shape[0]
    x = np.zeros(n)
    P = np.eye(n)
    total = 0.0
    for y in observations:
        x = F @ x
        P = F @ P @ F.T + Q
        S = H @ P @ H.T + R
        residual = y - H @ x
        gain = np.linalg.solve(S, H @ P).T
        total += 0.5 * residual @ np.linalg.inv(S) @ residual + 0.5 * np.log(np.linalg.det(S))
        x = x + gain @ residual
        P = P - gain @ H @ P
    return total


def power_iteration(A, steps):
    v = np.ones(A.shape[0])
    for _ in range(steps):
        w = A @ v
        v = w / np.sqrt(np.sum(w * w))
    return v @ A @ v


def least_squares(X, y, ridge):
    """Value of ridge regression at its solution by the normal equations."""
    w = np.linalg.solve(X.T @ X + ridge * np.eye(X.shape[1]), X.T @ y)
    r = X @ w - y
    return np.mean(r**2)


def matrix_product(A, B):
    """The textbook's three loops."""
    rows, inner = A.shape
    columns = B.shape[1]
    C = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for k in range(inner):
                C[i, j] += A[i, k] * B[k, j]
    return C[0, 0] + C[rows - 1, columns - 1]


def dominant(rng, n):
    return rng.normal(size=(n, n)) + 2 * n * np.eye(n)


def definite(rng, n):
    M = rng.normal(size=(n, n))
    return M @ M.T + n * np.eye(n)


def state_space(rng, n):
    return 0.5 * np.eye(n) + 0.1 * rng.normal(size=(n, n)), rng.normal(size=(2, n)), np.eye(n), 0.5 * np.eye(2), (
        rng.normal(size=(4 * n, 2))
    )  # fmt: skip


ENTRIES = [
    Entry(
        "lu_solve", lu_solve, lambda rng, n: (dominant(rng, n), rng.normal(size=n)), 4, 60,
        "triangular loops; elements updated in place and read again", (0, 1), exact=True,
    ),
    Entry("lu_rows", lu_rows, lambda rng, n: (dominant(rng, n),), 4, 100, "rows of shrinking length, in place"),
    Entry("cholesky_logdet", cholesky_logdet, lambda rng, n: (definite(rng, n),), 4, 60, "a conditional value stored"),
    Entry(
        "determinant", determinant, lambda rng, n: (rng.normal(size=(n, n)),), 3, 6, "recursion on fresh arrays",
        exact=True,
    ),
    Entry("kalman", kalman, state_space, 3, 20, "matrices in a loop: @, solve, inv, det, eye, .T", (0, 1, 2, 3)),
    Entry(
        "power_iteration", power_iteration, lambda rng, n: (definite(rng, n), 8), 4, 200, "an array rebound in a loop"
    ),
    Entry(
        "least_squares", least_squares, lambda rng, n: (rng.normal(size=(4 * n, n)), rng.normal(size=4 * n), 0.1),
        3, 50, "normal equations", (0, 1, 2),
    ),
    Entry(
        "matrix_product", matrix_product, lambda rng, n: (rng.normal(size=(n, n + 1)), rng.normal(size=(n + 1, n))),
        3, 60, "three nested loops, an element accumulated in place", (0, 1), exact=True,
    ),
]  # fmt: skip

import math


def log_determinant(A):
    U = A.copy()
    total = 0.0
    for k in range(len(U)):
        total += math.log(U[k, k])
        for i in range(k + 1, len(U)):
            U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
    return total

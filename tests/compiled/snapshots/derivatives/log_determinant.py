import numpy as np

from chainrule.compiled.runtime import radd


def log_determinant_value_and_grad(A):
    n = A.shape[0]
    n_1 = A.shape[1]
    # line 5: U = A.copy()
    U = np.empty((n, n_1))
    for i in range(n):
        for j in range(n_1):
            U[i, j] = A[i, j]
    # line 8: total += math.log(U[k, k])
    if not (n <= 0 or n <= n_1):
        raise IndexError("index is out of bounds")
    saved_t = np.empty((n, max(n - 1, 0)))
    total = 0.0
    # line 7: for k in range(len(U)):
    for k in range(n):
        # line 8: total += math.log(U[k, k])
        t = U[k, k]
        total += np.log(t)
        # line 9: for i in range(k + 1, len(U)):
        t_1 = k + 1
        # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
        n_2 = n_1 - k
        # line 9: for i in range(k + 1, len(U)):
        for i in range(n - t_1):
            i_1 = t_1 + i
            # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
            t_2 = U[i_1, k]
            saved_t[k, i] = t_2
            t_3 = t_2/t
            U_row = U[k, k:]
            U_row_1 = U[i_1, k:]
            for i in range(n_2):
                U_row_1[i] -= t_3*U_row[i]
    # line 7: for k in range(len(U)):
    U_bar = np.zeros((n, n_1))
    # line 5: U = A.copy()
    A_bar_1 = np.empty((n, n_1))
    # line 7: for k in range(len(U)):
    for k in range(n - 1, -1, -1):
        # line 9: for i in range(k + 1, len(U)):
        t_4 = k + 1
        n_3 = n_1 - k
        # line 8: total += math.log(U[k, k])
        t_5 = U[k, k]
        # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
        t_6 = 1.0/t_5
        # line 9: for i in range(k + 1, len(U)):
        for i in range(n - t_4 - 1, -1, -1):
            # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
            i_1 = t_4 + i
            t_7 = saved_t[k, i]/t_5
            if n_3 > 0:
                U_row_2 = U[k, k:]
                U_bar_row = U_bar[i_1, k:]
                U_bar_row_1 = U_bar[k, k:]
                t_bar_1 = 0.0
                for i in range(n_3):
                    t_bar = -U_bar_row[i]
                    t_bar_1 = radd(t_bar_1, t_bar*U_row_2[i])
                    U_bar_row_1[i] += t_bar*t_7
            else:
                t_bar_1 = 0.0
            U_bar[k, k] -= t_bar_1*(t_7/t_5)
            U_bar[i_1, k] += t_bar_1*t_6
        # line 8: total += math.log(U[k, k])
        U_bar[k, k] += t_6
    # line 5: U = A.copy()
    for i in range(n):
        for j in range(n_1):
            A_bar = U_bar[i, j]
            U_bar[i, j] = 0.0
            A_bar_1[i, j] = A_bar
    return total, A_bar_1

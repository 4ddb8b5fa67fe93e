import numpy as np

from chainrule.compiled.runtime import radd


def log_determinant_value_and_grad(A):
    # line 5: U = A.copy()
    U = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            U[i, j] = A[i, j]
    saved_t = np.empty((3, 2))
    total = 0.0
    # line 7: for k in range(len(U)):
    for k in range(3):
        # line 8: total += math.log(U[k, k])
        t = U[k, k]
        total += np.log(t)
        # line 9: for i in range(k + 1, len(U)):
        t_1 = k + 1
        # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
        n = 3 - k
        # line 9: for i in range(k + 1, len(U)):
        for i in range(2 - k):
            i_1 = t_1 + i
            # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
            t_2 = U[i_1, k]
            saved_t[k, i] = t_2
            t_3 = t_2/t
            U_row = U[k, k:]
            U_row_1 = U[i_1, k:]
            for i in range(n):
                U_row_1[i] -= t_3*U_row[i]
    # line 7: for k in range(len(U)):
    U_bar = np.zeros((3, 3))
    # line 5: U = A.copy()
    A_bar = np.empty((3, 3))
    # line 7: for k in range(len(U)):
    for k in range(2, -1, -1):
        # line 9: for i in range(k + 1, len(U)):
        n_1 = 3 - k
        t_4 = k + 1
        # line 8: total += math.log(U[k, k])
        t_5 = U[k, k]
        # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
        t_6 = 1.0/t_5
        # line 9: for i in range(k + 1, len(U)):
        for i in range(1 - k, -1, -1):
            # line 10: U[i, k:] -= U[i, k] / U[k, k] * U[k, k:]
            i_1 = t_4 + i
            t_7 = saved_t[k, i]/t_5
            if n_1 > 0:
                U_row_2 = U[k, k:]
                U_bar_row = U_bar[i_1, k:]
                U_bar_row_1 = U_bar[k, k:]
                t_bar_1 = 0.0
                for i in range(n_1):
                    t_bar = -U_bar_row[i]
                    t_bar_1 = radd(t_bar_1, t_bar*U_row_2[i])
                    U_bar_row_1[i] += t_bar*t_7
            else:
                t_bar_1 = 0.0
            U_bar[k, k] += -t_bar_1*(t_7/t_5) if t_bar_1 != 0.0 else 0.0
            U_bar[i_1, k] += t_bar_1*t_6 if t_bar_1 != 0.0 else 0.0
        # line 8: total += math.log(U[k, k])
        U_bar[k, k] += t_6
    # line 5: U = A.copy()
    for i in range(3):
        for j in range(3):
            A_bar[i, j] = U_bar[i, j]
    return total, A_bar

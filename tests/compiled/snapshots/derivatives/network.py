import numpy as np

from chainrule.compiled.runtime import radd


def network_value_and_grad(weights, bias, x, y):
    n = x.shape[0]
    # line 5: hidden = np.tanh(x @ weights + bias)
    if x.shape[1] != 3:
        raise ValueError("matmul: the last axis of the first operand and the last but one of the second differ in length")
    hidden = np.empty((n, 4))
    for i in range(n):
        for j in range(4):
            total = 0.0
            for i_1 in range(3):
                total = radd(total, x[i, i_1]*weights[i_1, j])
            hidden[i, j] = np.tanh(total + bias[j])
    # line 6: return np.mean((np.sum(hidden, axis=1) - y) ** 2)
    total_1 = np.empty(n)
    for i in range(n):
        total = 0.0
        for i_1 in range(4):
            total = radd(total, hidden[i, i_1])
        total_1[i] = total
    if n != y.shape[0]:
        raise ValueError("operands could not be broadcast together: their lengths along an axis differ and neither is 1")
    total = 0.0
    for i in range(n):
        total = radd(total, (total_1[i] - y[i])**2)
    # line 5: hidden = np.tanh(x @ weights + bias)
    bias_bar = np.zeros(4)
    weights_bar = np.zeros((3, 4))
    # line 6: return np.mean((np.sum(hidden, axis=1) - y) ** 2)
    t = 1.0/n
    for i in range(n):
        t_bar = t*(2.0*(total_1[i] - y[i]))
        for i_1 in range(4):
            # line 5: hidden = np.tanh(x @ weights + bias)
            t_1 = hidden[i, i_1]
            t_bar_1 = t_bar*(1.0 - t_1*t_1)
            bias_bar[i_1] += t_bar_1
            for i_2 in range(3):
                weights_bar[i_2, i_1] += t_bar_1*x[i, i_2]
    return total/n, weights_bar, bias_bar

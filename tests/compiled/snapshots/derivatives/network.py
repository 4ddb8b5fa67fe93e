import numpy as np

from chainrule.compiled.runtime import matmul, radd


def network_value_and_grad(weights, bias, x, y):
    n = weights.shape[0]
    n_1 = weights.shape[1]
    n_2 = bias.shape[0]
    n_3 = x.shape[0]
    n_4 = x.shape[1]
    # line 5: hidden = np.tanh(x @ weights + bias)
    if n_4 != n:
        raise ValueError("matmul: the last axis of the first operand and the last but one of the second differ in length")
    product = np.empty((n_3, n_1))
    matmul(x, weights, product)
    if n_1 != n_2:
        raise ValueError("operands could not be broadcast together: their lengths along an axis differ and neither is 1")
    hidden = np.empty((n_3, n_1))
    for i in range(n_3):
        for j in range(n_1):
            hidden[i, j] = np.tanh(product[i, j] + bias[j])
    # line 6: return np.mean((np.sum(hidden, axis=1) - y) ** 2)
    total_1 = np.empty(n_3)
    for i in range(n_3):
        total = 0.0
        for i_1 in range(n_1):
            total = radd(total, hidden[i, i_1])
        total_1[i] = total
    if n_3 != y.shape[0]:
        raise ValueError("operands could not be broadcast together: their lengths along an axis differ and neither is 1")
    total = 0.0
    for i in range(n_3):
        total = radd(total, (total_1[i] - y[i])**2)
    # line 5: hidden = np.tanh(x @ weights + bias)
    bias_bar = np.zeros(n_2)
    product_bar = np.empty((n_3, n_1))
    weights_bar = np.empty((n, n_1))
    # line 6: return np.mean((np.sum(hidden, axis=1) - y) ** 2)
    t = 1.0/n_3
    for i in range(n_3):
        t_bar = t*(2.0*(total_1[i] - y[i]))
        for i_1 in range(n_1):
            # line 5: hidden = np.tanh(x @ weights + bias)
            t_1 = hidden[i, i_1]
            t_bar_1 = t_bar*(1.0 - t_1*t_1)
            bias_bar[i_1] += t_bar_1
            product_bar[i, i_1] = t_bar_1
    product_1 = np.empty((n_4, n_1))
    matmul(x.T, product_bar, product_1)
    for i in range(n):
        for j in range(n_1):
            weights_bar[i, j] = product_1[i, j]
    for j in range(n_3):
        for j_1 in range(n_1):
            product_bar[j, j_1] = 0.0
    return total/n_3, weights_bar, bias_bar

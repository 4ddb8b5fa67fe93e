def decay(y, rate):
    return -rate * y * y


def runge_kutta(y, rate, steps):
    h = 1.0 / steps
    for _ in range(steps):
        k1 = decay(y, rate)
        k2 = decay(y + h / 2 * k1, rate)
        k3 = decay(y + h / 2 * k2, rate)
        k4 = decay(y + h * k3, rate)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y

import math


def loop100(a, b):
    z = 0.0
    for i in range(100):
        z = a * math.cos(z + i) + z * math.sin(b - i)
    return z

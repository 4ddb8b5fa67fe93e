import numpy as np


def loop100_value_and_grad(a, b):
    saved_t = np.empty(100)
    saved_z = np.empty(100)
    saved_t_1 = np.empty(100)
    saved_t_2 = np.empty(100)
    saved_t_3 = np.empty(100)
    z = 0.0
    for i in range(100):
        saved_z[i] = z
        # line 7: z = a * math.cos(z + i) + z * math.sin(b - i)
        t = z + i
        t_1 = np.cos(t)
        saved_t_2[i] = t_1
        saved_t_3[i] = -np.sin(t)
        t_2 = b - i
        t_3 = np.sin(t_2)
        saved_t[i] = t_3
        saved_t_1[i] = np.cos(t_2)
        z = a*t_1 + z*t_3
    z_bar = 1.0
    a_bar = 0.0
    b_bar = 0.0
    # line 6: for i in range(100):
    for i in range(99, -1, -1):
        # line 7: z = a * math.cos(z + i) + z * math.sin(b - i)
        b_bar += z_bar*saved_z[i]*saved_t_1[i]
        a_bar += z_bar*saved_t_2[i]
        z_bar = z_bar*saved_t[i] + z_bar*a*saved_t_3[i]
    return z, a_bar, b_bar

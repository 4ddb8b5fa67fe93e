import numpy as np
import pytest

from chainrule.errors import UnsupportedError
from compiled.lower.tracing import agree, trace
from compiled.lower.tracing import library as lib

X = np.array([0.3, -1.2, 2.5, 0.7])
A = np.arange(12.0).reshape(3, 4) / 7 - 0.5
T = np.sin(np.arange(24.0)).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, a, t: lib.concatenate([x, a[0], x[:2] * 2]),
        lambda x, a, t: lib.concatenate((a, a[:, :1]), axis=1),
        lambda x, a, t: lib.concatenate((a, x), axis=None),
        lambda x, a, t: lib.stack([x, a[1]], axis=1) + lib.stack([x[1], x[2]]),
        lambda x, a, t: (lib.hstack([x, x[:1]]), lib.vstack([a, x]), lib.column_stack([x, x]), lib.append(x, 1.0)),
        lambda x, a, t: np.tile(x, (2, 2)) + np.tile(np.tile(x, 2), (2, 1)),
        lambda x, a, t: np.repeat(a, 2, axis=0) + np.repeat(a.ravel(), 2).reshape(6, 4),
        lambda x, a, t: np.roll(x, 1) + np.roll(x, -6) + np.roll(a, 2, axis=1)[0] + np.roll(a, 1)[0],
        lambda x, a, t: (np.pad(x, 2), np.pad(a, ((1, 0), (0, 2)), constant_values=1.5)),
        lambda x, a, t: [np.pad(a, (1, 2), mode=m) for m in ("edge", "wrap", "reflect", "symmetric")],
        lambda x, a, t: np.split(x, 2) + np.array_split(x, 3) + np.split(a, [1, 2]),
        lambda x, a, t: (np.transpose(t, (1, 2, 0)), t.T, np.swapaxes(t, 0, 2), np.moveaxis(t, 0, -1)),
        lambda x, a, t: (np.moveaxis(t, (0, 1), (-1, 0)), np.flip(t), np.flip(t, 1), np.rot90(a), np.rot90(a, 3)),
        lambda x, a, t: (np.expand_dims(a, (0, -1)), np.squeeze(np.expand_dims(a, 1)), a[:, None].squeeze(1)),
        lambda x, a, t: (np.tril(a), np.triu(a, 1), np.tril(t, -1), np.diag(x, 1), np.diag(a, -1), np.diag(a)),
        lambda x, a, t: (np.diagonal(t, 1, 1, 2), np.trace(a, 1), lib.eye(3, 4, 1) * a, lib.tri(3, 4)),
        lambda x, a, t: (np.broadcast_to(x, (2, 4)), np.broadcast_to(a[:, :1], a.shape) * 2),
        lambda x, a, t: np.broadcast_arrays(x, a),
        lambda x, a, t: (a.reshape(2, -1), a.reshape((4, 3), order="F"), t.reshape(6, 4), t[:, 1].reshape(-1, 2)),
        lambda x, a, t: (a.reshape(3, 1, 4), a.reshape(1, -1), x.reshape(-1, 1), x.reshape((2, 2))),
        lambda x, a, t: (a.ravel(), a.T.ravel(), a.flatten(), t.reshape(a.shape[0] * 2, x.shape[0])),
        lambda x, a, t: (lib.arange(5), lib.arange(2, 9, 3), lib.arange(5, 0, -2), lib.arange(0.0, 1.0, 0.3)),
        lambda x, a, t: (lib.linspace(0, 1, 5), lib.linspace(x[0], x[2], 4, endpoint=False), lib.linspace(1, 2, 1)),
        lambda x, a, t: (lib.zeros((2, a.shape[0])), lib.ones(3), lib.full((2, 2), x[0]), lib.full(4, x), lib.eye(3)),
        lambda x, a, t: (lib.array([x[0], 2, x[1]]), lib.array([[x[0], 1], [x[1], x[2]]]), lib.array([x, a[0]])),
        lambda x, a, t: (lib.array([1, 2]), lib.array([1.5, 2]), lib.array([True]), lib.array(3.0), lib.array([])),
        lambda x, a, t: lib.meshgrid(x, a[:, 0]) + lib.meshgrid(x, a[:, 0], indexing="ij", sparse=True),
        lambda x, a, t: (np.atleast_2d(x), np.atleast_3d(a), np.atleast_1d(x[0])),
        lambda x, a, t: lib.block([[a, a[:, :1]], [a[:1], a[:1, :1]]]),
        lambda x, a, t: (np.outer(x, x), np.ediff1d(x), np.diff(a, axis=0), np.diff(x, 2)),
    ],
)  # fmt: skip
def test_shapes(f):
    agree(f, X, A, T)


def test_reshaped_buffers_share_elements():
    def f(x, a):
        b = a.reshape(2, 6)
        b[0, 5] = 100.0
        c = a.ravel()
        c[2:4] *= 2
        v = x[:, None]
        v[1, 0] = -1.0
        return a + 1, b * 2

    agree(f, X, A)


def test_copies_in_the_place_of_views_are_not_written():
    def through(a):
        b = a[1:].reshape(-1)
        b[0] = 1.0

    def behind(a):
        b = a[1:].reshape(-1)
        a[1, 0] = 1.0
        return b + 1

    def before(a):
        b = a[1:].reshape(-1) * 2
        a[1, 0] = 1.0
        return b + 1

    for f in (through, behind):
        with pytest.raises(UnsupportedError, match="copy"):
            trace(f, A)
    agree(before, A)

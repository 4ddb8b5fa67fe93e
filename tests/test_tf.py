"""The few TensorFlow names. What they return is compared with TensorFlow in gradient_tape/test_against_tensorflow."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
import chainrule.tf as tf

A = [[1.0, 2.0], [3.0, 5.0]]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: tf.zeros((2, 1)), np.zeros((2, 1))),
        (lambda: tf.ones([2], tf.int32), np.ones(2, np.int32)),
        (lambda: tf.ones(tf.shape(A)), np.ones((2, 2))),
        (lambda: tf.fill((2,), 3.0), np.full(2, 3.0)),
        (lambda: tf.eye(2), np.eye(2)),
        (lambda: tf.range(3), np.arange(3)),
        (lambda: tf.range(1, 7, 2), np.arange(1, 7, 2)),
        (lambda: tf.linspace(0.0, 1.0, 3), np.array([0, 0.5, 1])),
        (lambda: tf.one_hot([0, 2], 3), np.eye(3)[[0, 2]]),
        (lambda: tf.cast([1.7, 2.2], tf.int32), np.array([1, 2], np.int32)),
        (lambda: tf.pow(2.0, 3), np.float64(8)),
        (lambda: tf.clip_by_value([1.0, 5.0], 2.0, 4.0), np.array([2.0, 4.0])),
        (lambda: tf.reduce_sum(A, axis=0, keepdims=True), np.array([[4.0, 7.0]])),
        (lambda: tf.reduce_mean(A, 1), np.array([1.5, 4.0])),
        (lambda: tf.reduce_logsumexp([1000.0, 1000.0]), 1000 + np.log(2)),
        (lambda: tf.nn.log_softmax(A), np.log(np.exp(A) / np.exp(A).sum(1, keepdims=True))),
        (lambda: tf.math.reduce_std(A), np.std(A)),
        (lambda: tf.reduce_any([False, True]), np.True_),
        (lambda: tf.argmax(A), np.array([1, 1])),
        (lambda: tf.transpose(A), np.transpose(A)),
        (lambda: tf.reshape(A, [4]), np.ravel(A)),
        (lambda: tf.expand_dims(A, 0), np.array([A])),
        (lambda: tf.tile([1.0, 2.0], [2]), np.array([1.0, 2.0, 1.0, 2.0])),
        (lambda: tf.stack([tf.Variable(1.0), 2.0]), np.array([1.0, 2.0])),
        (lambda: tf.unstack(tf.constant(A))[1], np.array(A[1])),
        (lambda: tf.gather(A, [1, 1]), np.array([A[1], A[1]])),
        (lambda: tf.einsum("ij,jk->ik", A, A), np.matmul(A, A)),
        (lambda: tf.linalg.det(A), np.linalg.det(A)),
        (lambda: tf.norm(A), np.linalg.norm(A)),
        (lambda: tf.size(A), 4),
        (lambda: tf.complex(1.0, 2.0), 1 + 2j),
    ],
)
def test_values_are_tensors(found, expected):
    value = found()
    assert isinstance(value, tf.Tensor)
    np.testing.assert_allclose(value.numpy(), expected)
    assert value.dtype == np.asarray(expected).dtype


def test_a_layer_by_hand():
    x = tf.constant(np.random.default_rng(0).normal(size=(4, 3)))
    w, b = tf.Variable(tf.ones((3, 2)), name="w"), tf.Variable(tf.zeros(2, dtype=tf.float64), name="b")
    with tf.GradientTape(persistent=True) as tape:
        y = tf.nn.sigmoid(x @ w + b)
        loss = tf.reduce_mean(y**2)
    expected = cr.grad(lambda w: np.mean((1 / (1 + np.exp(-(x.numpy() @ w)))) ** 2))(np.ones((3, 2)))
    np.testing.assert_allclose(tape.gradient(loss, w).numpy(), expected)
    assert tape.gradient(loss, {"w": w, "b": b})["b"].shape == (2,)


def test_softplus_and_logsumexp_are_stable():
    x = tf.Variable([-1000.0, 0.0, 1000.0])
    with tf.GradientTape(persistent=True) as tape:
        y, z = tf.nn.softplus(x), tf.reduce_logsumexp(x)
    assert tape.gradient(y, x).tolist() == [0.0, 0.5, 1.0]
    assert tape.gradient(z, x).tolist() == [0.0, 0.0, 1.0]


def test_gradients_that_are_clipped():
    @tf.custom_gradient
    def clip_gradients(y):
        def backward(dy):
            return tf.clip_by_norm(dy, 0.5)

        return y, backward

    @tf.function(autograph=False)
    def output(v):
        return clip_gradients(v * v)

    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = output(v)
    assert tape.gradient(y, v).numpy() == 2
    np.testing.assert_allclose(tf.clip_by_norm([3.0, 4.0], 2.5).numpy(), [1.5, 2.0])
    assert tf.clip_by_norm(0.3, 0.5).numpy() == 0.3

"""Methods of attribution, one to a file: gradient methods take a `Differentiable` function or a
TensorFlow function of a batch of points, coalition methods take a `Game`."""

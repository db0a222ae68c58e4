"""Methods of attribution, one to a file.

A file holds the method as a function of what it explains, a `Differentiable` function, a TensorFlow
function of a batch of points, or a `Game`; its options; and ``METHOD``, which says what it is
called, promises, needs and costs, and how it is run on a `Problem`. `registry` lists them.
"""

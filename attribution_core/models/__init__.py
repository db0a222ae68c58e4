"""The image classifiers that the project knows by name, their weights and their labels.

Importing this package, :mod:`.labels` or :mod:`.vgg16_weights` does not import TensorFlow;
:mod:`.efficientnet_lite0` and :mod:`.vgg16` import it when a network is built.
"""

"""Measurements that people run by hand: `make benchmark`. Not collected by pytest."""

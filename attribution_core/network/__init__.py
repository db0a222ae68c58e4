"""The network: its layers, heads, and the ways to evaluate them; all that asks Keras."""

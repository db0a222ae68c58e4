"""All that asks Keras: the network, its heads, and the ways of evaluating coalitions."""

"""The page of all methods: their maps by the question they answer, and a page of each."""

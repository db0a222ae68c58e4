"""The page Axioms."""

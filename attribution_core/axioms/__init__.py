"""Axioms: functions of two variables, what a method promises on them, and on the network."""

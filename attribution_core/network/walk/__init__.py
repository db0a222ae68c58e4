"""The network walked back step by step, with rules in the place of derivatives."""

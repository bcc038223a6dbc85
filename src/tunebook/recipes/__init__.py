"""Preset training tasks in PyTorch, one file each. Nothing outside of them may need torch."""

"""Data sets. Importing this package stays light: NumPy is imported when images are read."""

from tunebook.datasets.bundled.fashion import Fashion, LabelledImages, fashion

__all__ = ["Fashion", "LabelledImages", "fashion"]

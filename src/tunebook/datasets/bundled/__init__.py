"""Data sets that come with the package. Each data file has its licence beside it."""

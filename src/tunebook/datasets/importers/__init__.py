"""Importers, one file for each format. Each returns a dataset; what it cannot read are faults."""

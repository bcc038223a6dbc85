"""Demonstrations: each module is a command that carries a story of the playbook out."""

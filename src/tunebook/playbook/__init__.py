"""The tuning playbook: recorded facts in, advice out. Pure."""

"""The deep-learning tuning playbook as software."""

"""Carries the playbook out, stage by stage, over probes and studies."""

"""The stages of the playbook, one file each: what it measures, decides and leaves behind (5.1)."""

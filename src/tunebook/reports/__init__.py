"""What pages show of a study: messages, the snapshot, and the one-file report."""

"""What a person sees of a study that runs: in a terminal, in a notebook, in plain lines."""

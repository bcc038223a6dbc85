"""What figures say is wrong: probes' figures, curves and errors in, findings out. Pure."""

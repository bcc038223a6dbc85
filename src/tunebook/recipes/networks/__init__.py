"""Networks of the recipes, in plain PyTorch."""

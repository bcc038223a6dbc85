"""Recipes on data as studies: their files and models, confirming, reuse, looks at the test set."""

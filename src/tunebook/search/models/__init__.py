"""Statistical models that searchers decide with. Pure numpy and LAPACK: they know no trials."""

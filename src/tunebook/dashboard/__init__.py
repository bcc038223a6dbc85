"""The dashboard: reads studies, leaves requests, and never touches what runs trials."""

"""The checks of tools/tidy.py, one family a file; each yields Findings about a Source."""

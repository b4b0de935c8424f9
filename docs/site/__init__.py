"""Build the site: every page of docs/en and docs/zh, the notebooks, and the names of the code."""

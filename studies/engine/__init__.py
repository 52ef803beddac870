"""Answer the questions of all studies."""

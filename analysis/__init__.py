"""From the store to answers: landscapes, summaries, figures, the report. Never imports Ray."""

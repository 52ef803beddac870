"""Share what all reports need: the page, tables, output paths."""

"""Set the paper's claims beside what this project measured."""

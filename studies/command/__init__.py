"""Provide the command line that every study has: plan, run, status, report."""

"""Turn what a store holds into answers: surfaces, rules, findings, figures and reports."""

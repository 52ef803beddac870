"""Write the page of findings."""

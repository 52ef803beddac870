"""Order the missing fits, and fit batches of them."""

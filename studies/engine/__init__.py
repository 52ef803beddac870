"""The machinery of all studies."""

import gc

# A command makes 100,000 rows and keys: objects that stay. Collecting among them as often as Python
# does by default takes a good part of a command of a second.
gc.set_threshold(50_000)

"""The machinery of all studies."""

import gc

# A command makes 100,000 rows and keys, and imports torch: objects that stay. Collecting among
# them as often as Python does by default takes a quarter of a second of a command of two.
gc.set_threshold(50_000)

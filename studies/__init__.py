"""Ask questions, one study per file. `studies.engine` answers them."""

"""Define every coordinate network and its initialization, one network a file."""

"""What is asked: one study a file. How it is answered lives in `studies.engine`."""

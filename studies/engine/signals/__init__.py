"""Read sounds and images from files into signals."""

"""Report a denoising study: what was chosen blindly, what the clean signal says of it."""

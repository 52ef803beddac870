"""Say what the stored rows tell about a signal: scores, landscapes, optima."""

"""Replay searches on stored landscapes: what does a search know after a few fits?"""

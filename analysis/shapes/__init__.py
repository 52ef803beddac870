"""Meshes of fitted shapes, their scores, and the report of a study of shapes."""

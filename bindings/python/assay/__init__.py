"""Fake LLM providers that inject faults, for test suites; `python -m assay` is the command line."""
from assay.server import Server
from assay.world import AssayError, World

__all__ = ["AssayError", "Server", "World"]

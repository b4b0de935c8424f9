"""A trained model for other programs: write.py writes and compares it, onnx.py converts to ONNX."""

from .write import Comparison, describe, export

__all__ = ["Comparison", "describe", "export"]

"""The reader of ONNX files: no library, no weights, nothing run."""

"""Networks as ONNX files without weights."""

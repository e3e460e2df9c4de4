"""The wire format of ONNX: its messages, read in place and written."""

"""Models described in a text of layers: darknet's cfg and Caffe's prototxt."""

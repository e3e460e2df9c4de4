#!/usr/bin/env bash
# torchvision 0.28.0: the operations that its detectors state ("_ops", GFLOPS in the documentation's tables) are those of a run, and
# a run depends on how many boxes the weights find. Mask R-CNN states 134.38, exactly as Faster R-CNN with the same backbone: not a
# single mask was computed. The second versions state 333.577 and 280.371: there the run found 100 boxes, whose masks are the 53.2 G
# between the two. The two files of weights of one and the same Keypoint R-CNN state 133.924 and 137.42, and the lower one is below
# Faster R-CNN, which has no head for keypoints.
# Guess before the run: Mask R-CNN states the operations of its mask head too, and two weights of one network state the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps "torchvision==0.28.0"
"$folder/venv/bin/python" - <<'PYTHON'
import ast
from importlib.metadata import files, version

print("torchvision", version("torchvision"))
assert version("torchvision").partition("+")[0] == "0.28.0"
stated = {}
for file in files("torchvision"):
    if "models/detection/" in file.as_posix() and file.name.endswith("_rcnn.py"):
        for owner in ast.parse(file.read_text()).body:
            if not isinstance(owner, ast.ClassDef) or not owner.name.endswith("_Weights"):
                continue
            for weights in owner.body:
                meta = [n for n in ast.walk(weights) if isinstance(n, ast.Dict)]
                pairs = [(k, v) for one in meta for k, v in zip(one.keys, one.values)]
                for key, value in pairs:
                    if isinstance(key, ast.Constant) and key.value == "_ops":
                        name = f"{owner.name}.{weights.targets[0].id}"
                        stated[name] = ast.literal_eval(value)
for name, operations in stated.items():
    print(f"{operations:8} G  {name}")
faster = stated["FasterRCNN_ResNet50_FPN_Weights.COCO_V1"]
assert faster == stated["MaskRCNN_ResNet50_FPN_Weights.COCO_V1"] == 134.38
second = [stated[f"{name}RCNN_ResNet50_FPN_V2_Weights.COCO_V1"] for name in ("Mask", "Faster")]
assert round(second[0] - second[1], 1) == 53.2, second
assert stated["KeypointRCNN_ResNet50_FPN_Weights.COCO_LEGACY"] == 133.924 < faster
assert stated["KeypointRCNN_ResNet50_FPN_Weights.COCO_V1"] == 137.42
PYTHON

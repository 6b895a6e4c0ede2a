"""A network of torchvision's that `transfer` fine-tuned, back in PyTorch: the state dict loads with
strict=True, and its logits are those of `transfer predict`.

    transfer predict --model MODEL.safetensors --data "cifar10:FILE[0..8]" --top 1000 --json > ours.json
    python docs/load_in_pytorch.py MODEL.safetensors FILE ours.json

FILE holds records of CIFAR-10, a byte of label and 3 x 32 x 32 of pixels; the rows must begin at 0.
Needs torch, torchvision, safetensors and numpy.
"""
import json
import sys

import numpy as np
import torch
import torchvision
from safetensors import safe_open
from safetensors.torch import load_file

model, file, ours = sys.argv[1:]
with safe_open(model, "pt") as f:
    about = json.loads(f.metadata()["transfer.model/1"])
name, classes = about["architecture"]["name"], about["classes"]
net = torchvision.models.get_model(name, weights=None, num_classes=len(classes)).eval()
print(net.load_state_dict(load_file(model), strict=True))

with open(ours) as f:
    predictions = json.load(f)["predictions"]
records = np.fromfile(file, np.uint8, 3073 * len(predictions)).reshape(-1, 3073)
pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32) / np.float32(255))
mean, scale = (torch.tensor(about["normalizer"][k])[:, None, None] for k in ("mean", "scale"))
with torch.no_grad():
    logits = net((pixels - mean) * scale)

# Probabilities fix the logits up to a constant, which is taken out on both sides.
theirs = logits - logits.mean(1, keepdim=True)
probabilities = [{t["class"]: t["probability"] for t in row["top"]} for row in predictions]
log = torch.tensor([[p[c] for c in classes] for p in probabilities], dtype=torch.float64).log()
off = (log - log.mean(1, keepdim=True) - theirs).abs().max() / theirs.abs().max()
print(f"{name}, {len(classes)} classes, {len(predictions)} pictures: logits differ by {off:.1e}")
assert off < 1e-4

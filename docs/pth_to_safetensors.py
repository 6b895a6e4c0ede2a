"""Turns a state dict that torch.save wrote into safetensors: pth_to_safetensors.py IN.pth OUT.safetensors

Needs torch and safetensors. Only tensors are read (weights_only), so the file can run no code.
"""
import sys

import torch
from safetensors.torch import save_file

state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
for key in ("state_dict", "model_state_dict", "model"):  # some programs wrap it
    state = state.get(key, state) if not torch.is_tensor(state.get(key)) else state
# Tied weights share memory, which the format does not know: every tensor gets a copy of its own.
state = {name: t.detach().clone().contiguous() for name, t in state.items() if torch.is_tensor(t)}
save_file(state, sys.argv[2], metadata={"format": "pt"})

"""Records logits, loss and gradients of GPTs in PyTorch, float64, for packages/nn/test/gptTorch.test.ts.

    python3 packages/nn/dev/gptFixture.py > packages/nn/test/fixtures/gptTorch.json

Weights and tokens are not recorded: they follow from their place by whole numbers, here and in the test alike.
Written with PyTorch's own functions wherever it has them. Recorded with PyTorch 1.13.
"""

import json
import math
import sys

import torch
from torch.nn.functional import cross_entropy, embedding, gelu, layer_norm, linear, relu, silu, softmax

torch.set_default_dtype(torch.float64)

PRIME = 1_000_003


def spread(count, key):
    """Numbers in [-1, 1), scattered: quadratic polynomials modulo a prime, exact in any language."""
    k = torch.arange(count, dtype=torch.int64) + 7919 * key
    return ((31 * k * k + 17 * k + 5) % PRIME).double() * (2 / PRIME) - 1


def shapes_of(o):
    width, hidden = o["width"], o["hidden"]
    shapes = {"wte.weight": [o["vocabulary"], width]}
    if o["positions"] == "learned":
        shapes["wpe.weight"] = [o["context"], width]

    def with_bias(name, shape, biased):
        shapes[name + ".weight"] = shape
        if biased:
            shapes[name + ".bias"] = shape[:1]

    norm_bias = o["bias"] and o["normalisation"] == "layerNorm"
    for layer in range(o["layers"]):
        h = f"h.{layer}."
        with_bias(h + "ln_1", [width], norm_bias)
        with_bias(h + "attn.c_attn", [3 * width, width], o["bias"])
        with_bias(h + "attn.c_proj", [width, width], o["bias"])
        with_bias(h + "ln_2", [width], norm_bias)
        with_bias(h + "mlp.c_fc", [hidden * (2 if o["network"] == "swiglu" else 1), width], o["bias"])
        with_bias(h + "mlp.c_proj", [width, hidden], o["bias"])
    with_bias("ln_f", [width], norm_bias)
    if o["head"] == "own":
        shapes["lm_head.weight"] = [o["vocabulary"], width]
    return shapes


def weights_of(o):
    weights = {}
    for key, (name, shape) in enumerate(shapes_of(o).items()):
        values = spread(math.prod(shape), key).reshape(shape)
        is_scale = ".ln_" in "." + name and name.endswith("weight")
        weights[name] = (1 + 0.2 * values if is_scale else 0.15 * values).float().double().requires_grad_()
    return weights


def rms(x):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def rotate(x):
    """x cos + rotate_half(x) sin, as in Llama."""
    time, depth = x.shape[-2:]
    frequencies = 10000.0 ** (-torch.arange(0, depth, 2) / depth)
    angles = torch.outer(torch.arange(time), frequencies).repeat(1, 2)
    turned = torch.cat([-x[..., depth // 2 :], x[..., : depth // 2]], dim=-1)
    return x * angles.cos() + turned * angles.sin()


def logits_of(o, p, tokens):
    width, heads = o["width"], o["heads"]
    sequences, time = tokens.shape

    def norm(name, x):
        if o["normalisation"] == "rmsNorm":
            return rms(x) * p[name + ".weight"]
        return layer_norm(x, (width,), p[name + ".weight"], p.get(name + ".bias"), 1e-5)

    def projected(name, x):
        return linear(x, p[name + ".weight"], p.get(name + ".bias"))

    x = embedding(tokens, p["wte.weight"])
    if o["positions"] == "learned":
        x = x + embedding(torch.arange(time), p["wpe.weight"])
    later = torch.triu(torch.ones(time, time, dtype=torch.bool), diagonal=1)
    for layer in range(o["layers"]):
        h = f"h.{layer}."
        parts = projected(h + "attn.c_attn", norm(h + "ln_1", x)).split(width, dim=2)
        q, k, v = (part.view(sequences, time, heads, width // heads).transpose(1, 2) for part in parts)
        if o["qkNormalisation"]:
            q, k = rms(q), rms(k)
        if o["positions"] == "rotary":
            q, k = rotate(q), rotate(k)
        scores = (q @ k.transpose(-2, -1) / math.sqrt(width // heads)).masked_fill(later, -math.inf)
        attended = (softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(sequences, time, width)
        x = x + projected(h + "attn.c_proj", attended)
        u = projected(h + "mlp.c_fc", norm(h + "ln_2", x))
        if o["network"] == "gelu":
            u = gelu(u)
        elif o["network"] == "relu2":
            u = relu(u).square()
        else:
            gate, value = u.chunk(2, dim=-1)
            u = silu(gate) * value
        x = x + projected(h + "mlp.c_proj", u)
    x = linear(norm("ln_f", x), p["lm_head.weight"] if o["head"] == "own" else p["wte.weight"])
    return x if o["logitCap"] is None else o["logitCap"] * torch.tanh(x / o["logitCap"])


def rounded(values):
    return [float(f"{value:.12g}") for value in values.reshape(-1).tolist()]


def recorded(name, sequences, time, o):
    p = weights_of(o)
    count = sequences * time
    digits = ((spread(2 * count, 1000) + 1) / 2 * o["vocabulary"]).long()
    tokens, targets = digits[:count].reshape(sequences, time), digits[count:]
    logits = logits_of(o, p, tokens)
    loss = cross_entropy(logits.reshape(-1, o["vocabulary"]), targets)
    loss.backward()
    gradients = {}
    for tensor, parameter in p.items():
        g = parameter.grad.reshape(-1)
        projections = torch.stack([g @ spread(g.numel(), 2000 + i) for i in range(3)])
        gradients[tensor] = {
            "norm": rounded(g.norm())[0],
            "projections": rounded(projections),
            "elements": rounded(g[:: max(1, g.numel() // 8)][:8]),
        }
    last = rounded(logits[:, -1].detach())
    return {
        "name": name,
        "options": {key: value for key, value in o.items() if value is not None},
        **{"sequences": sequences, "time": time},
        **{"loss": rounded(loss.detach())[0], "logitsOfLastPlace": last},
        **{"logitNorms": rounded(logits.detach().norm(dim=-1)), "gradients": gradients},
    }


gpt = {"bias": True, "head": "tied", "normalisation": "layerNorm", "positions": "learned"}
gpt |= {"qkNormalisation": False, "network": "gelu", "logitCap": None}
nanogpt = gpt | {"layers": 4, "heads": 4, "width": 128, "context": 64, "vocabulary": 65, "hidden": 512, "bias": False}
small = gpt | {"layers": 2, "heads": 4, "width": 32, "context": 12, "vocabulary": 29, "hidden": 128}
speedrun = small | {"bias": False, "head": "own", "normalisation": "rmsNorm", "positions": "rotary"}
speedrun |= {"qkNormalisation": True, "network": "relu2", "logitCap": 15.0}
llama = small | {"bias": False, "head": "own", "normalisation": "rmsNorm", "positions": "rotary"}
llama |= {"network": "swiglu", "hidden": 88}
cases = [
    recorded("nanogpt-cpu", 2, 16, nanogpt),
    recorded("GPT-2 with all biases", 3, 12, small),
    recorded("the NanoGPT speedrun's choices", 3, 12, speedrun),
    recorded("Llama's choices", 3, 12, llama),
]
json.dump({"torch": torch.__version__, "cases": cases}, sys.stdout, indent=1)
print()

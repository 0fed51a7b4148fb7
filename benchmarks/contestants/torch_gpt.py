"""The small GPT in plain PyTorch, and optimizers on matrices written here after the originals' published algorithms."""

import math

import torch
from torch.nn.functional import cross_entropy, gelu, layer_norm


class Gpt:
    """The parameters by the names and shapes of ours, and the loss of nanoGPT's network without biases."""

    def __init__(self, sizes, parameters):
        self.sizes = sizes
        self.parameters = {
            name: torch.tensor(values).reshape(shape).requires_grad_() for name, shape, values in parameters
        }
        context = sizes["context"]
        self.later = torch.triu(torch.ones(context, context, dtype=torch.bool), diagonal=1)

    def loss(self, tokens, targets):
        p, heads = self.parameters, self.sizes["heads"]
        sequences, time = tokens.shape
        width = self.sizes["width"]
        x = p["wte.weight"][tokens] + p["wpe.weight"]
        for layer in range(self.sizes["layers"]):
            name = f"h.{layer}."
            qkv = layer_norm(x, (width,), p[name + "ln_1.weight"]) @ p[name + "attn.c_attn.weight"].T
            q, k, v = (part.reshape(sequences, time, heads, -1).transpose(1, 2) for part in qkv.split(width, dim=2))
            scores = (q @ k.transpose(2, 3) / math.sqrt(width // heads)).masked_fill(self.later, -math.inf)
            attended = (scores.softmax(-1) @ v).transpose(1, 2).reshape(sequences, time, width)
            x = x + attended @ p[name + "attn.c_proj.weight"].T
            hidden = layer_norm(x, (width,), p[name + "ln_2.weight"]) @ p[name + "mlp.c_fc.weight"].T
            x = x + gelu(hidden) @ p[name + "mlp.c_proj.weight"].T
        logits = layer_norm(x, (width,), p["ln_f.weight"]) @ p["wte.weight"].T
        return cross_entropy(logits.reshape(-1, logits.shape[-1]), targets)


class AdamWRule:
    def __init__(self, named, lr):
        self.optimizer = torch.optim.AdamW(list(named.values()), lr=lr, weight_decay=0.01)

    def step(self):
        self.optimizer.step()


def hidden(named):
    return {name: p for name, p in named.items() if p.ndim == 2 and name.startswith("h.")}


class MuonRule:
    """Momentum 0.95 with Nesterov's look ahead, five Newton-Schulz steps, AdamW for the rest (Jordan et al., 2024), in float32."""

    def __init__(self, named, lr):
        self.lr = lr
        self.momenta = [(p, torch.zeros_like(p)) for p in hidden(named).values()]
        rest = [p for name, p in named.items() if name not in hidden(named)]
        self.rest = torch.optim.AdamW(rest, lr=3e-4, betas=(0.9, 0.95), eps=1e-10, weight_decay=0)

    @torch.no_grad()
    def step(self):
        for p, momentum in self.momenta:
            momentum.lerp_(p.grad, 0.05)
            x = p.grad.lerp(momentum, 0.95)
            tall = x.shape[0] > x.shape[1]
            x = x.T if tall else x
            x = x / (x.norm() + 1e-7)
            for _ in range(5):
                a = x @ x.T
                x = torch.addmm(x, torch.addmm(a, a, a, beta=-4.775, alpha=2.0315), x, beta=3.4445)
            x = x.T if tall else x
            p.add_(x, alpha=-self.lr * max(1, p.shape[0] / p.shape[1]) ** 0.5)
        self.rest.step()


class ShampooRule:
    """Blocks of at most 128, roots by eigendecomposition every ten steps, grafted from Adam (Shi et al., 2023)."""

    def __init__(self, named, lr, size=128, frequency=10):
        self.lr, self.frequency, self.count = lr, frequency, 0
        self.tensors = []
        for p in named.values():
            blocks = []
            for rows in range(0, p.shape[0], size):
                for columns in range(0, p.shape[1] if p.ndim == 2 else 1, size):
                    place = (slice(rows, rows + size),) + ((slice(columns, columns + size),) if p.ndim == 2 else ())
                    extents = p[place].shape
                    blocks.append((place, [torch.zeros(n, n) for n in extents], [torch.eye(n) for n in extents]))
            self.tensors.append((p, torch.zeros_like(p), torch.zeros_like(p), blocks))

    @torch.no_grad()
    def step(self):
        self.count += 1
        k = self.count
        for p, mean, square, blocks in self.tensors:
            mean.lerp_(p.grad, 0.1)
            square.lerp_(p.grad.square(), 0.01)
            filtered = mean / (1 - 0.9**k)
            graft = filtered / ((square / (1 - 0.99**k)).sqrt() + 1e-8)
            for place, factors, roots in blocks:
                g, direction = p.grad[place], filtered[place]
                if p.ndim == 2:
                    factors[0].addmm_(g, g.T)
                    factors[1].addmm_(g.T, g)
                else:
                    factors[0].addr_(g, g)
                if k % self.frequency == 0:
                    for i, factor in enumerate(factors):
                        values, vectors = torch.linalg.eigh(factor)
                        power = (values.clamp(min=0) + 1e-12) ** (-1 / (2 * len(factors)))
                        roots[i] = vectors * power @ vectors.T
                if k < self.frequency:
                    p[place].sub_(self.lr * graft[place])
                    continue
                direction = roots[0] @ direction
                if p.ndim == 2:
                    direction = direction @ roots[1]
                p[place].sub_(direction * (self.lr * graft[place].norm() / (direction.norm() + 1e-16)))


class SoapRule:
    """Adam in the eigenbasis of Shampoo's factors, turned by one power iteration and QR every ten steps (Vyas et al., 2024)."""

    def __init__(self, named, lr, frequency=10):
        self.lr, self.frequency, self.count = lr, frequency, 0
        self.tensors = [
            (p, torch.zeros_like(p), torch.zeros_like(p), [torch.zeros(n, n) for n in p.shape], [])
            for p in named.values()
            if p.ndim == 2
        ]
        self.rest = torch.optim.Adam([p for p in named.values() if p.ndim != 2], lr=lr, betas=(0.95, 0.95))

    @torch.no_grad()
    def step(self):
        self.count += 1
        k = self.count
        for p, mean, square, factors, bases in self.tensors:
            g = p.grad
            if k > 1:
                left, right = bases
                projected = left.T @ g @ right
                mean.lerp_(projected, 0.05)
                square.lerp_(projected.square(), 0.05)
                direction = left @ (mean / (square.sqrt() + 1e-8)) @ right.T
                updates = k - 1
                rate = self.lr * math.sqrt(1 - 0.95**updates) / (1 - 0.95**updates)
                p.sub_(direction, alpha=rate).mul_(1 - self.lr * 0.01)
            factors[0].lerp_(g @ g.T, 0.05)
            factors[1].lerp_(g.T @ g, 0.05)
            if k == 1:
                bases[:] = [torch.linalg.eigh(factor)[1].flip(1) for factor in factors]
            elif (k - 1) % self.frequency == 0:
                mean.copy_(bases[0] @ mean @ bases[1].T)
                for axis, factor in enumerate(factors):
                    turned = factor @ bases[axis]
                    order = (bases[axis] * turned).sum(0).argsort(descending=True)
                    square.copy_(square.index_select(axis, order))
                    bases[axis] = torch.linalg.qr(turned[:, order])[0]
                mean.copy_(bases[0].T @ mean @ bases[1])
        self.rest.step()


RULES = {"adamw": AdamWRule, "muon": MuonRule, "distributed-shampoo": ShampooRule, "soap": SoapRule}


class GptTask:
    def __init__(self, task, values):
        sizes = task["sizes"]
        parameters, at = [], 0
        for name, shape in task["parameters"]:
            count = math.prod(shape)
            parameters.append((name, shape, values[at : at + count]))
            at += count
        self.gpt = Gpt(sizes, parameters)
        self.tokens = torch.tensor(task["tokens"]).reshape(-1, sizes["context"])
        self.targets = torch.tensor(task["targets"])
        self.period = task["period"]
        self.rule = RULES[task["method"]](self.gpt.parameters, task["learningRate"])

    def call(self):
        for _ in range(self.period):
            for parameter in self.gpt.parameters.values():
                parameter.grad = None
            loss = self.gpt.loss(self.tokens, self.targets)
            loss.backward()
            self.rule.step()
        return loss.item()

    check = call

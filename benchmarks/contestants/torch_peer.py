"""PyTorch's side, in the protocol of serve.js: one request a line on stdin, one answer a line on stdout."""

import array
import json
import sys
import time

import torch
import torch_gpt

torch.set_num_threads(1)

# The constructors that stand for our rules, with PyTorch's own names of their arguments.
RULES = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adam": (torch.optim.Adam, {}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "adamw": (torch.optim.AdamW, {}),
    "adam-l2": (torch.optim.Adam, {}),
    "adamax": (torch.optim.Adamax, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "rprop": (torch.optim.Rprop, {}),
}

class RuleTask:
    def __init__(self, task, foreach):
        constructor, arguments = RULES[task["rule"]]
        decay = task["hyper"].get("weightDecay")
        decay = {} if decay is None else {"weight_decay": decay}
        self.x = torch.ones(task["elements"], requires_grad=True)
        self.x.grad = torch.full((task["elements"],), task["gradient"])
        self.optimizer = constructor([self.x], lr=task["learningRate"], foreach=foreach, **arguments, **decay)
        self.steps = task["checkedSteps"]
        self.gradient = task["gradient"]
        self.call = self.optimizer.step

    def check(self):
        for _ in range(self.steps):
            # Some of the foreach forms use the gradient as scratch: a training loop computes it anew as well.
            self.x.grad.fill_(self.gradient)
            self.call()
        return self.x[0].item()


class NetworkTask:
    def __init__(self, task):
        flat = torch.tensor(read_floats(task["file"]))
        images, w1, b1, w2, b2 = flat.split([128 * 784, 784 * 100, 100, 100 * 10, 10])
        self.images = images.reshape(128, 784).clone()
        self.labels = torch.arange(128) % 10
        first, second = torch.nn.Linear(784, 100), torch.nn.Linear(100, 10)
        with torch.no_grad():
            first.weight.copy_(w1.reshape(784, 100).T)
            first.bias.copy_(b1)
            second.weight.copy_(w2.reshape(100, 10).T)
            second.bias.copy_(b2)
        self.model = torch.nn.Sequential(first, torch.nn.ReLU(), second)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.loss = torch.nn.CrossEntropyLoss()

    def call(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def check(self):
        for _ in range(20):
            last = self.call()
        return last


def read_floats(path):
    values = array.array("f")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def prepare(task):
    if task["kind"] == "gpt" and task["method"] in torch_gpt.RULES:
        return torch_gpt.GptTask(task, read_floats(task["file"]))
    if task["kind"] == "network":
        return NetworkTask(task)
    if task["kind"] == "rule" and task["rule"] in RULES:
        return RuleTask(task, foreach=task["foreach"])
    return None


def seconds_of(call, count):
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start


def measure(call, seconds):
    """Seconds per call: the median over blocks of at least 2 ms, as serve.js does it."""
    seconds_of(call, 3)
    count = 1
    block = seconds_of(call, count)
    while block < 0.002:
        count *= 2
        block = seconds_of(call, count)
    blocks, spent = [], 0.0
    while spent < seconds or len(blocks) < 3:
        block = seconds_of(call, count)
        spent += block
        blocks.append(block / count)
    blocks.sort()
    return {"secondsPerCall": blocks[len(blocks) // 2], "calls": len(blocks) * count}


def describe():
    """Version, and the rate of a matrix product: a torch linked to the reference BLAS shows here."""
    n = 512
    a, b = torch.rand(n, n), torch.rand(n, n)
    seconds = measure(lambda: a @ b, 0.2)["secondsPerCall"]
    return {"version": torch.__version__, "gigaflops": 2 * n**3 / seconds / 1e9}


def main():
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["command"] == "prepare":
                prepared = prepare(request["task"])
                reply = {"supported": False} if prepared is None else {"supported": True, "check": prepared.check()}
            elif request["command"] == "time":
                reply = measure(prepared.call, request["seconds"])
            elif request["command"] == "describe":
                reply = describe()
            else:
                prepared = None
                reply = {}
        except Exception as error:  # an answer in any case: the other side waits for one
            reply = {"error": repr(error)}
        print(json.dumps(reply), flush=True)


main()

"""PyTorch's side of bench/peers.c: reads a work's name a line, runs it for some 5 ms on one thread, and
answers with the seconds of one call. Without PyTorch it answers nothing and ends.

The steps are written as PyTorch's users write them; the rate is next to 0, as on our side."""
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(0)
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)

BATCH, D, NUMBERS, BLOCK = 128, 199210, 750, 0.005


def fc():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 10)
    )


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def step(model):
    x, y = torch.randn(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))
    optimiser, loss = torch.optim.Adam(model.parameters(), lr=1e-9), nn.CrossEntropyLoss()

    def run():
        optimiser.zero_grad(set_to_none=True)
        loss(model(x), y).backward()
        optimiser.step()

    return run


def dense():
    P, theta0 = torch.randn(D, NUMBERS) / D**0.5, torch.randn(D)
    z, g = torch.randn(NUMBERS), torch.randn(D)
    return lambda: torch.addmv(theta0, P, z), lambda: P.t() @ g


class LoRA(nn.Module):
    """Rank 8 beside a frozen layer, as loralib has it."""

    def __init__(self, n, m):
        super().__init__()
        self.w = nn.Linear(n, m)
        self.A = nn.Parameter(torch.randn(8, n) / n**0.5)
        self.B = nn.Parameter(torch.zeros(m, 8))

    def forward(self, x):
        return self.w(x) + (x @ self.A.t()) @ self.B.t() * 2


class Block(nn.Module):
    def __init__(self, width, heads, layer):
        super().__init__()
        self.heads = heads
        self.q, self.k = layer(width, width), nn.Linear(width, width)
        self.v, self.o = layer(width, width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        n, t, w = x.shape
        y = self.first(x)
        q, k, v = (f(y).view(n, t, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        a = (q @ k.transpose(-1, -2)) / (w // self.heads) ** 0.5
        a = a.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), float("-inf")).softmax(-1)
        x = x + self.o((a @ v).transpose(1, 2).reshape(n, t, w))
        return x + self.down(nn.functional.gelu(self.up(self.second(x)), approximate="tanh"))


class GPT(nn.Module):
    """The head is the token table, as in GPT-2."""

    def __init__(self, width, layers, vocabulary, layer):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(256, width)
        self.blocks = nn.Sequential(*(Block(width, {64: 8, 256: 4}[width], layer) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        return self.norm(self.blocks(x)) @ self.tokens.weight.t()


def text(width, layers, vocabulary, layer=nn.Linear):
    model = GPT(width, layers, vocabulary, layer)
    if layer is LoRA:
        for name, p in model.named_parameters():
            p.requires_grad_(name.endswith((".A", ".B")))
    ids, labels = (torch.randint(0, vocabulary, (8, 256)) for _ in range(2))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser, loss = torch.optim.Adam(trained, lr=1e-9), nn.CrossEntropyLoss()

    def run():
        optimiser.zero_grad(set_to_none=True)
        loss(model(ids).view(-1, vocabulary), labels.view(-1)).backward()
        optimiser.step()

    return run


def seconds(work, calls):
    """Of one call; a block that another program disturbed is done again, as in bench.h."""
    best = float("inf")
    for _ in range(5):
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(calls):
            work()
        wall = time.perf_counter() - start
        best = min(best, wall)
        if time.process_time() - cpu > 0.97 * wall:
            break
    return best / calls


lift, pull = dense()
works = {
    "fc": step(fc()), "lenet": step(lenet()), "lift": lift, "pull": pull,
    "text64": text(64, 5, 512), "text64lora": text(64, 5, 512, LoRA),
    "text256": text(256, 4, 4096), "text256lora": text(256, 4, 4096, LoRA),
}
calls = {}
print(torch.__version__, flush=True)
for line in iter(sys.stdin.readline, ""):
    name = line.strip()
    if name not in calls:
        seconds(works[name], 2)  # the first calls choose kernels and make buffers
        calls[name] = max(1, round(BLOCK / seconds(works[name], 1)))
    print(repr(seconds(works[name], calls[name])), flush=True)

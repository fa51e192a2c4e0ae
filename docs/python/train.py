"""A network in PyTorch, trained in full or inside one of idim's spaces: the program of docs/programs.md.

    python3 train.py --data mnist:train=5000 --model lenet --space fastfood --d 300 --lr 0.05

With idim's samples, weights at step 0, order of samples and space it is the same training as
`idim train --data mnist:train=5000 --model lenet --space fastfood:d=300 --lr 0.05`.
"""
import argparse

import torch
import torch.nn.functional as F

import idim_space as idim

NETS = {
    "fc": lambda side, classes: torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(side * side, 200), torch.nn.ReLU(),
        torch.nn.Linear(200, 200), torch.nn.ReLU(), torch.nn.Linear(200, classes)),
    "lenet": lambda side, classes: torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, side, side)), torch.nn.Conv2d(1, 6, 5), torch.nn.ReLU(),
        torch.nn.MaxPool2d(2), torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(16 * ((side - 4) // 2 - 4) ** 2 // 4, 120), torch.nn.ReLU(),
        torch.nn.Linear(120, 84), torch.nn.ReLU(), torch.nn.Linear(84, classes)),
}


def score(net, x, y):
    with torch.no_grad():
        return (torch.cat([net(part).argmax(1) for part in x.split(1000)]) == y).float().mean().item()


def train(task, model, space, d, lr, seed, epochs, batch=128, steps=None, told=None):
    """The trained network, and D. told(loss, samples): of each batch, before its step."""
    x, y = map(torch.from_numpy, task.train)
    net = NETS[model](int(task.features ** 0.5), task.classes)
    idim.load(net, idim.theta0(model, task, seed))
    D = sum(p.numel() for p in net.parameters())
    if space != "full":
        net = idim.Inside(net, space, seed, d)
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    done, per_epoch = 0, -(-len(y) // batch)
    last = steps if steps is not None else epochs * per_epoch
    while done < last:
        order = torch.from_numpy(idim.order(seed, len(y), done // per_epoch))
        for index in order.split(batch)[:last - done]:
            loss = F.cross_entropy(net(x[index]), y[index])
            if told:
                told(loss.item(), len(index))
            if not torch.isfinite(loss):
                return net, D
            adam.zero_grad()
            loss.backward()
            adam.step()
            done += 1
    return net, D


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--data", default="mnist")
    p.add_argument("--model", choices=NETS, default="lenet")
    p.add_argument("--space", default="full")
    p.add_argument("--d", type=int, default=0)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--epochs", type=int, default=5)
    a = p.parse_args()
    task = idim.Task(a.data)
    net, D = train(task, a.model, a.space, a.d, a.lr, a.seed, a.epochs)
    splits = [map(torch.from_numpy, s) for s in (task.test, task.val)]
    test, val = (score(net, x, y) for x, y in splits)
    print(f"score={test:.6f} val={val:.6f} D={D} metric=accuracy")


if __name__ == "__main__":
    main()

"""configs/iris.yaml as a PyTorch script: split, scale, 200 epochs, scores, weights.

argument: the table. Reading and splitting are by hand, to spare it other imports.
"""

import csv
import sys

import torch
from torch import nn

torch.manual_seed(42)
with open(sys.argv[1], encoding="ascii") as file:
    header, *lines = csv.reader(file)
species = sorted({line[-1] for line in lines})
x = torch.tensor([[float(cell) for cell in line[:-1]] for line in lines])
y = torch.tensor([species.index(line[-1]) for line in lines])
train, val = [], []
for number in range(len(species)):  # stratified: 35 and 7 of each
    own = torch.nonzero(y == number).ravel()
    own = own[torch.randperm(len(own))]
    train.append(own[:35])
    val.append(own[35:42])
train_rows, val_rows = torch.cat(train), torch.cat(val)
x = (x - x[train_rows].mean(dim=0)) / x[train_rows].std(dim=0, unbiased=False)
model = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Linear(8, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.8)
for _ in range(200):
    for chosen in train_rows[torch.randperm(len(train_rows))].split(5):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
        optimizer.step()
with torch.no_grad():
    for name, rows in (("train", train_rows), ("val", val_rows)):
        scores = model(x[rows])
        accuracy = (scores.argmax(dim=1) == y[rows]).float().mean()
        print(name, nn.functional.cross_entropy(scores, y[rows]).item(), accuracy.item())
torch.save(model.state_dict(), "weights.pt")

"""T-DET as a training task: generated images with rectangles of two kinds to be found.

A network looks at cells of 8 pixels; each says whether the centre of a filled or of a hollow
rectangle lies in it, and where its edges are. Average precision is that at an overlap of 0.5, over
all recall levels, which is enough to tell trainings apart; it is not the COCO metric.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

import tunebook as tb

SIDE, CELL, MOST = 64, 8, 4
GRID = SIDE // CELL
N_IMAGES = {"train": 512, "train-val": 128, "test": 128}


def picture(rng):
    """Return an image, and its rectangles as rows of left, top, right, bottom, kind."""
    image = rng.normal(0.0, 0.15, (SIDE, SIDE)).astype(np.float32)
    boxes = []
    for _ in range(rng.integers(1, MOST + 1)):
        width, height = rng.integers(9, 25, 2)
        left, top = rng.integers(0, SIDE - width), rng.integers(0, SIDE - height)
        kind, shade = int(rng.integers(2)), rng.uniform(0.5, 1.0)
        image[top : top + height, left : left + width] += shade
        if kind:
            image[top + 2 : top + height - 2, left + 2 : left + width - 2] -= shade
        boxes.append([left, top, left + width, top + height, kind])
    return image, np.asarray(boxes, np.float32)


class Pictures(Dataset):
    """A split: images, and what the grid should say about each."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        drawn = [picture(rng) for _ in range(n)]
        self.images = torch.stack([torch.as_tensor(image)[None] for image, _ in drawn])
        self.heat = torch.zeros(n, 2, GRID, GRID)
        self.edges = torch.zeros(n, 4, GRID, GRID)
        self.boxes = torch.full((n, MOST, 5), -1.0)
        for i, (_, boxes) in enumerate(drawn):
            for j, (left, top, right, bottom, kind) in enumerate(boxes):
                x, y = (left + right) / 2 / CELL, (top + bottom) / 2 / CELL
                column, line = int(x), int(y)
                self.heat[i, int(kind), line, column] = 1.0
                size = np.log([(right - left) / CELL, (bottom - top) / CELL])
                self.edges[i, :, line, column] = torch.tensor([x - column, y - line, *size])
                self.boxes[i, j] = torch.tensor([left, top, right, bottom, kind])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.images[i], {k: getattr(self, k)[i] for k in ("heat", "edges", "boxes")}


class Rectangles:
    """The task: a network without a pretrained part, four stages of convolutions."""

    maximize = "ap50"
    labels = ("filled", "hollow")
    space = tb.Space(
        width=tb.Choice(8, 16, 24, ordered=True, kind="structure"),
        edge_weight=tb.Float(0.1, 10.0, log=True, kind="optimization", prior=1.0),
    )

    def data(self, split):
        seed = list(N_IMAGES).index(split) if split in N_IMAGES else None
        return None if seed is None else Pictures(N_IMAGES[split], seed)

    def network(self, config):
        self.edge_weight = config.get("edge_weight", 1.0)
        width, before, layers = config.get("width", 16), 1, []
        for stage in range(3):
            after = width * 2**stage
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(4, after), nn.ReLU()]
            layers += [nn.Conv2d(after, after, 3, 1, 1), nn.GroupNorm(4, after), nn.ReLU()]
            before = after
        head = nn.Conv2d(before, 6, 1)
        nn.init.constant_(head.bias[:2], -3.0)
        return nn.Sequential(*layers, head)

    def loss(self, outputs, targets):
        heat = nn.functional.binary_cross_entropy_with_logits(outputs[:, :2], targets["heat"])
        is_centre = targets["heat"].amax(1, keepdim=True)
        off = (outputs[:, 2:] - targets["edges"]).abs() * is_centre
        return 100 * heat + self.edge_weight * off.sum() / is_centre.sum().clamp(min=1)

    def predict(self, outputs):
        """Return for each image its cells as left, top, right, bottom, score, kind."""
        line, column = torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="ij")
        x, y = (outputs[:, 2] + column) * CELL, (outputs[:, 3] + line) * CELL
        half = outputs[:, 4:].clamp(-3, 3).exp() * CELL / 2
        edges = [x - half[:, 0], y - half[:, 1], x + half[:, 0], y + half[:, 1]]
        score, kind = outputs[:, :2].sigmoid().max(1)
        return torch.stack([*edges, score, kind.float()], -1).flatten(1, 2)

    def metrics(self, outputs, targets):
        found = [average_precision(outputs, targets["boxes"], kind) for kind in (0, 1)]
        return {"ap50": sum(found) / len(found)}


def overlap(box, others):
    """Return the intersection over union of a box with each of others."""
    low = torch.maximum(box[:2], others[:, :2])
    high = torch.minimum(box[2:4], others[:, 2:4])
    inside = (high - low).clamp(min=0).prod(1)
    sizes = (others[:, 2:4] - others[:, :2]).prod(1)
    return inside / ((box[2:4] - box[:2]).prod() + sizes - inside)


def average_precision(outputs, boxes, kind):
    """Return the area under precision over recall, an overlap of 0.5 being a hit."""
    taken = [torch.zeros(len(one), dtype=torch.bool) for one in boxes]
    n_boxes = int((boxes[..., 4] == kind).sum())
    image, cell = torch.nonzero((outputs[..., 5] == kind) & (outputs[..., 4] > 0.05)).T
    order = outputs[image, cell, 4].argsort(descending=True)
    hits = []
    for i, j in zip(image[order].tolist(), cell[order].tolist(), strict=True):
        there = overlap(outputs[i, j], boxes[i]) * (boxes[i, :, 4] == kind) * ~taken[i]
        best = int(there.argmax())
        hits.append(bool(there[best] >= 0.5))
        taken[i][best] |= hits[-1]
    right = np.cumsum(hits)
    precision = right / np.arange(1, len(hits) + 1)
    # Precision may only fall as recall grows, as in the reference evaluator.
    envelope = np.maximum.accumulate(precision[::-1])[::-1] if len(hits) else precision
    return float((envelope * np.asarray(hits)).sum() / n_boxes)

"""Tune a small network on 7,000 real images of clothes (Fashion-MNIST, MIT) in two minutes."""

import torch
from torch import nn

import tunebook as tb
from tunebook.datasets import fashion

SPACE = tb.Space(
    lr=tb.Float(1e-4, 3.0, log=True),
    optimizer=tb.Choice("sgd", "adam"),
    momentum=tb.Float(0.5, 0.99, log="1-x", when={"optimizer": "sgd"}),
    beta1=tb.Float(0.5, 0.99, log="1-x", when={"optimizer": "adam"}),
    batch_size=tb.Choice(32, 64, 128, 256, ordered=True),
    width=tb.Choice(8, 16, 24, ordered=True, kind="structure"),
)


def train(trial: tb.TrialHandle) -> None:
    """Train on 5,000 images, once through all in a step, and measure on 1,000 others."""
    torch.set_num_threads(1)  # as many trials as cores, one thread each, is fastest
    config, data, w = trial.config, fashion(), trial.config.width
    x, y, x_val, y_val = map(torch.from_numpy, (*data.train, *data.validation))
    layers: list[nn.Module] = []
    for n_in, n_out in ((1, w), (w, 2 * w), (2 * w, 4 * w)):
        conv = nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * w, 10))
    net = nn.utils.convert_conv2d_weight_memory_format(net, torch.channels_last)  # faster
    optimizer: torch.optim.Optimizer
    if config.optimizer == "sgd":
        optimizer = torch.optim.SGD(net.parameters(), config.lr, config.momentum)
    else:
        optimizer = torch.optim.Adam(net.parameters(), config.lr, (config.beta1, 0.999))
    trial.track(net=net, optimizer=optimizer)
    for _ in trial.steps():
        losses = []
        for batch in torch.randperm(len(x)).split(config.batch_size):
            loss = nn.functional.cross_entropy(net.train()(x[batch] / 255), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        with torch.inference_mode():
            right = net.eval()(x_val / 255).argmax(1) == y_val
        trial.report(val_accuracy=right.float().mean(), train_loss=sum(losses) / len(losses))


def main() -> None:
    """Try 18 configurations, two at a time, for three minutes at most, and print the best."""
    study = tb.tune(
        train, SPACE, maximize="val_accuracy", max_steps=10, trials=18, hours=0.042, workers=2
    )
    print(study.best)


if __name__ == "__main__":
    main()

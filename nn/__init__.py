"""The public names of nn: neural networks in plain Python."""

from autograd.extending import check_installation, face

check_installation()

from nn import init, optim
from nn.batches import Batches
from nn.fitting import History, fit
from nn.layers import MLP, Layer, Neuron
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    l1_loss,
    mse_loss,
)
from nn.module import Module
from nn.normalisation import BatchNorm, LayerNorm, RMSNorm
from nn.pytorch import OF_NN
from nn.reporting import gradient_report
from nn.saving import load, save
from nn.sequential import Activation, Dropout, Embedding, Sequential
from nn.sweeping import Trial, sweep

__getattr__, __dir__ = face(__name__, {}, OF_NN)

__all__ = [
    "MLP",
    "Activation",
    "BatchNorm",
    "Batches",
    "Dropout",
    "Embedding",
    "History",
    "Layer",
    "LayerNorm",
    "Module",
    "Neuron",
    "RMSNorm",
    "Sequential",
    "Trial",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "fit",
    "gradient_report",
    "hinge_loss",
    "huber_loss",
    "init",
    "l1_loss",
    "load",
    "mse_loss",
    "optim",
    "save",
    "sweep",
]

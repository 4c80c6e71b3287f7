"""Neural networks, thinly: the public names."""

from autograd.installation import refuse_mixed_installation

refuse_mixed_installation()

from nn import init, optim
from nn.layers import MLP, Layer, Neuron
from nn.losses import hinge_loss, mse_loss
from nn.module import Module

__all__ = ["MLP", "Layer", "Module", "Neuron", "hinge_loss", "init", "mse_loss", "optim"]

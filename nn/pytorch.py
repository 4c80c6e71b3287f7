"""The names of PyTorch that nn does not have. Their errors say what to write instead.

Most names are PyTorch's and need no entry: Module, Sequential, Dropout, Embedding, LayerNorm, optim.Adam.
"""

ACTIVATION = 'give the layer its activation, Layer(2, 3, "{0}"), or write Activation("{0}")'
LIST = "write a list or a dict: a Module finds the parameters in it"
CONVOLUTION = "nn has no convolution. demos/convnet.py builds one from neurons"
NO_DEVICE = "numbers are Python's, on no device. Leave this out"

OF_NN: dict[str, str] = {
    **{n: ACTIVATION.format(n.lower()) for n in ("ELU", "GELU", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh")},
    **dict.fromkeys(["Conv1d", "Conv2d"], CONVOLUTION),
    **dict.fromkeys(["ModuleDict", "ModuleList", "ParameterList"], LIST),
    **{name: f"write nn.optim.{name}" for name in ("SGD", "Adagrad", "Adam", "AdamW", "RMSprop")},
    "BCELoss": "write binary_cross_entropy(predictions, targets)",
    "BCEWithLogitsLoss": "write binary_cross_entropy_with_logits(logits, targets)",
    "BatchNorm1d": "write BatchNorm(n)",
    "CrossEntropyLoss": "write cross_entropy(logits, classes)",
    "Flatten": "write the numbers of an example as one list",
    "HuberLoss": "write huber_loss(predictions, targets)",
    "L1Loss": "write l1_loss(predictions, targets)",
    "LeakyReLU": ACTIVATION.format("leaky_relu"),
    "Linear": "write Layer(n_in, n_out)",
    "MSELoss": "write mse_loss(predictions, targets)",
    "Parameter": "write Value(0.5): every leaf Value that a Module holds is a parameter",
    "Softmax": "write autograd.softmax(outputs); cross_entropy takes the outputs without it",
    "functional": "losses are functions of nn, nn.mse_loss, and activations functions of autograd, autograd.relu",
    "utils": "write nn.optim.clip_grad_norm",
}

OF_MODULE: dict[str, str] = {
    **dict.fromkeys(["cpu", "cuda", "double", "float", "half", "to"], NO_DEVICE),
    **dict.fromkeys(["weight", "weights"], "write neuron.w; the neurons of a layer are layer.neurons"),
    **dict.fromkeys(["forward", "predict"], "call the model itself, model(x)"),
    "apply": "write a loop over model.modules()",
    "bias": "write neuron.b; the neurons of a layer are layer.neurons",
    "children": "write model.modules() or model.named_modules()",
    "compile": "write autograd.compile(model)",
    "fit": "write nn.fit(model, loss, data)",
    "register_buffer": 'set an attribute, a list of floats, and name it: buffers = ("running_mean",)',
    "register_parameter": "set an attribute: every leaf Value that a Module holds is a parameter",
    "requires_grad_": "every parameter gets a gradient. Give the optimiser those that it is to move",
    "save": 'write nn.save(model, "model.json")',
}

OF_OPTIMIZER: dict[str, str] = {
    "param_groups": "settings are attributes that you may set, optimizer.lr = 0.01. For two groups make two optimisers",
    "state_dict": 'fit(…, checkpoint="run") keeps the state of a whole training',
}

// Keeps runs, to compare them, and gives the same as a program of Python.

function keep() {
  const words = [settings.optimizer === "adam" ? "Adam" : "SGD", `${say("learning rate")} ${settings.lr}`];
  if (settings.batch_size) words.push(`${say("batch")} ${settings.batch_size}`);
  if (settings.momentum && settings.optimizer === "sgd") words.push(`${say("momentum")} ${settings.momentum}`);
  if (settings.weight_decay) words.push(`${say("weight decay")} ${settings.weight_decay}`);
  if (settings.l1) words.push(`L1 ${settings.l1}`);
  words.push(`${say("seed")} ${settings.seed}`);
  state.runs.push({ losses: [...trainer.losses], loss: measured().loss, colour: `var(--s${1 + state.runs.length % 5})`, words: words.join(", ") });
  showRuns();
}

function showRuns() {
  byId("runs").replaceChildren(...state.runs.map(({ words, losses, loss, colour }) => made("li", { style: `border-color: ${colour}`, textContent: say(data.texts.length ? "{0}: {1} steps, loss of the last 20 {2}" : "{0}: {1} steps, loss after them {2}", words, losses.length, shown(loss)) })));
  byId("forget").disabled = !state.runs.length;
  showCurve();
}

function program() {
  const [model, loss] = data.python, { lr, momentum, weight_decay, l1, batch_size, seed } = settings;
  const optimizer = settings.optimizer === "adam" ? `optim.Adam(model.parameters(), lr=${lr}, weight_decay=${weight_decay})` : `optim.SGD(model.parameters(), lr=${lr}, momentum=${momentum}, weight_decay=${weight_decay})`;
  return `# model is your ${model}, ${loss} your loss, data your pairs of inputs and targets, with which you called explore
from autograd.pictures.training import batches, begun_anew, groups_of
from nn import optim

parameters = model.parameters()
for p, number in zip(parameters, begun_anew([p.data for p in parameters], groups_of(model), seed=${seed})):
    p.data = number
optimizer = ${optimizer}
steps = batches(len(data), ${batch_size}, seed=${seed})
for step in range(${trainer.step || 100}):
    batch = [data[i] for i in next(steps)]
    loss = ${loss}([model(x) for x, _ in batch], [target for _, target in batch])
    optimizer.zero_grad()
    loss.backward()${l1 ? `
    for p in parameters:
        p.grad += ${l1} * ((p.data > 0) - (p.data < 0))` : ""}
    optimizer.step()
print(loss.data)
`;
}

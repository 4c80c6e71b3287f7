// What was changed by hand on the training page, so that it can be undone: points and their targets, and weights.
const MOST_CHANGES = 100;

class Changes {
  constructor(trainer) {
    this.trainer = trainer;
    this.past = [];
  }

  keep(change) {
    this.past.push(change);
    if (this.past.length > MOST_CHANGES) this.past.shift();
  }

  // before the examples change
  ofExamples(point) {
    this.keep({ point, examples: this.trainer.examples.map((example) => ({ ...example, x: [...example.x], target: [...example.target] })) });
  }

  // before a weight changes
  ofWeight() {
    this.keep({ before: this.trainer.snapshot() });
  }

  // Changes of weights that the trainer has gone back behind are undone already
  forget() {
    this.past = this.past.filter(({ before }) => !before || before.step <= this.trainer.step);
  }

  // Undo the last change; examples come back, and for a weight also the steps since then. Answers the change, or undefined
  undo() {
    const change = this.past.pop(), { trainer } = this;
    if (change?.examples) trainer.examples = change.examples;
    if (change?.before) {
      trainer.past = trainer.past.filter(({ step }) => step < change.before.step);
      trainer.restore(change.before);
    }
    return change;
  }
}

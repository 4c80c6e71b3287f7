// The box that says what went wrong.
function mishap(error, isOld) {
  const box = made("div", "", isOld ? "mishap old" : "mishap");
  box.append(made("strong", (error.line ? say("line of error", error.line) : "") + error.sentence));
  if (error.meaning) box.append(made("p", error.meaning));
  if (error.callers.length) box.append(made("p", say("called from", error.callers.join(", "))));
  if (error.trace) {
    const details = made("details");
    details.append(made("summary", say("traceback")), made("pre", error.trace));
    box.append(details);
  }
  return box;
}

// Makes the editors of the site: CodeMirror 6 with what Python needs, bundled into editor.js by npm run build.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers, rectangularSelection } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// The colours are those of the page, which changes them in the dark
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null, tags.self], class: "keyword" },
  { tag: [tags.string, tags.special(tags.string)], class: "string" },
  { tag: tags.number, class: "number" },
  { tag: tags.comment, class: "comment" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className), tags.meta], class: "function" },
  { tag: tags.standard(tags.variableName), class: "builtin" },
]);

const mark = StateEffect.define();
const marked = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    for (const effect of change.effects) if (effect.is(mark)) return Decoration.set(effect.value, true);
    return change.docChanged ? marks.map(change.changes) : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// An editor in an element. changed: called after each change. run: what Ctrl-Enter and Shift-Enter do.
globalThis.editor = ({ parent, text, label, isReadOnly, changed, run }) => {
  const keys = ["Mod-Enter", "Shift-Enter"].map((key) => ({ key, preventDefault: true, run: () => { run(); return true } }));
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([...keys, { key: "Tab", run: indentMore, shift: indentLess }, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap]),
        lineNumbers(), highlightSpecialChars(), history(), drawSelection(), rectangularSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(), highlightSelectionMatches(),
        indentUnit.of("    "), EditorState.tabSize.of(4), python(), syntaxHighlighting(colours), marked, EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off" }),
        EditorState.readOnly.of(isReadOnly),
        EditorView.updateListener.of((update) => { if (update.docChanged) changed() }),
      ],
    }),
  });
  const at = (number) => (number >= 1 && number <= view.state.doc.lines ? view.state.doc.line(number) : null);
  return {
    text: () => view.state.doc.toString(),
    put: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    focus: () => view.focus(),
    // Shows where an error is: its line, and the characters that are meant
    error(number, start, end, callers) {
      const place = at(number), marks = callers.map(at).filter(Boolean).map((line) => Decoration.line({ class: "caller" }).range(line.from));
      if (place) marks.push(Decoration.line({ class: "error" }).range(place.from));
      const from = place && Math.min(place.to, place.from + (start ?? 0)), to = place && Math.min(place.to, place.from + (end ?? 0));
      if (place && from < to) marks.push(Decoration.mark({ class: "meant" }).range(from, to));
      view.dispatch({ effects: mark.of(marks) });
    },
    // Brings a line into sight
    reveal(number) {
      const place = at(number);
      if (place) view.dispatch({ effects: EditorView.scrollIntoView(place.from, { y: "nearest", yMargin: 60 }) });
    },
    // The element of a line, as far as it is on the screen
    line(number) {
      const place = at(number), found = place && view.domAtPos(place.from).node;
      return (found?.nodeType === Node.TEXT_NODE ? found.parentElement : found)?.closest?.(".cm-line") ?? null;
    },
    // The number of the line that an element is in
    number(element) {
      const line = element.closest?.(".cm-line");
      return line ? view.state.doc.lineAt(view.posAtDOM(line)).number : 0;
    },
  };
};

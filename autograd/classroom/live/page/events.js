// Follows what the server says. The last part of the page: all that it calls is there.
const events = new EventSource("events");
events.addEventListener("all", (event) => {
  sections = new Map();
  update(JSON.parse(event.data), true);
});
events.addEventListener("some", (event) => update(JSON.parse(event.data), false));
events.onerror = () => { root.dataset.away = "yes"; showState() };
events.onopen = () => { delete root.dataset.away; showState() };

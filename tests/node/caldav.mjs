// What a JavaScript app does with tsdav: discovers, makes, changes, synchronises, removes. Prints one JSON object.
import { createDAVClient } from "tsdav";

const [, , serverUrl, username, password, text, changed] = process.argv;
const client = await createDAVClient({
  serverUrl,
  credentials: { username, password },
  authMethod: "Basic",
  defaultAccountType: "caldav",
});
const calendars = await client.fetchCalendars();
const bread = calendars.find((calendar) => calendar.displayName === "Bread");
const made = await client.createCalendarObject({ calendar: bread, iCalString: text, filename: "ts.ics" });
const before = await client.syncCollection({
  url: bread.url, props: { "d:getetag": {} }, syncLevel: 1, syncToken: bread.syncToken,
});
const [object] = await client.fetchCalendarObjects({
  calendar: bread, timeRange: { start: "2026-12-01T00:00:00Z", end: "2027-01-01T00:00:00Z" },
});
const updated = await client.updateCalendarObject({ calendarObject: { ...object, data: changed } });
const stale = await client.updateCalendarObject({ calendarObject: { ...object, data: changed } });
const [again] = await client.fetchCalendarObjects({ calendar: bread });
const made2 = await client.makeCalendar({ url: new URL("ts/", client.account?.homeUrl ?? bread.url + "../").href, props: { "d:displayname": "Made by ts" } });
const names = (await client.fetchCalendars()).map((calendar) => calendar.displayName);
const synced = await client.smartCollectionSync({
  collection: { ...bread, objects: [], objectMultiGet: client.calendarMultiGet }, method: "webdav", detailedResult: true,
});
const removed = await client.deleteCalendarObject({ calendarObject: again });
console.log(JSON.stringify({
  displayName: bread.displayName, components: bread.components, ctag: bread.ctag,
  made: made.status, changedHrefs: before.map((response) => response.href), data: object.data,
  updated: updated.status, stale: stale.status, again: again.data, made2: made2[0]?.status ?? null, names,
  synced: synced.objects.created.length, removed: removed.status,
  left: (await client.fetchCalendarObjects({ calendar: bread })).length,
}));

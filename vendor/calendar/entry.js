// What the drop's page uses of EventCalendar; .ci/calendar bundles it.
export { createCalendar, DayGrid, destroyCalendar } from "@event-calendar/core";

import { expect, it } from "vitest";
import { createZoned } from "./zoned.ts";

it("writes a moment in the zone that is asked for, with the offset it has then", () => {
  const newYork = createZoned("en", "America/New_York");
  expect(newYork.moment("2027-03-13T14:00:00.000Z")).toBe("Sat 13 Mar, 09:00 UTC-5");
  expect(newYork.moment("2027-03-15T13:00:00.000Z")).toBe("Mon 15 Mar, 09:00 UTC-4");
  expect(createZoned("en", "UTC").moment("2027-03-15T13:00:00.000Z")).toBe("Mon 15 Mar, 13:00 UTC");
});

it("writes seconds only where there are some", () => {
  expect(createZoned("en", "Asia/Shanghai").short("2027-03-15T13:00:05.000Z")).toBe("Mon 15 Mar, 21:00:05");
});

it("writes Chinese for a reader of Chinese", () => {
  expect(createZoned("zh-CN", "Asia/Shanghai").short("2027-03-15T01:00:00.000Z")).toBe("3月15日周一 09:00");
});

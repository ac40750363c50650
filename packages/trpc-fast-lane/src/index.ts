export { createFastLane, type CreateContext, type DirectAnswer, type FastLaneOptions } from "./fast-lane.ts";
export { JsonText } from "./json-text.ts";

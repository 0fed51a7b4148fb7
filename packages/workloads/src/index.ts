export type { Landscape, MutableVector, RaceDefaults, Vector } from "./landscapes/landscape.js";
export { findLandscape, landscapes } from "./landscapes/registry.js";

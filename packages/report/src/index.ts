export type * from "./comparison/data.js";
export { format, type NumberFormat } from "./text/format.js";
export { type TextCell, type TextColumn, type TextTableOptions, type Tone, textTable } from "./text/table.js";
export { displayWidth, truncate } from "./text/width.js";

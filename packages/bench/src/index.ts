export * from "./statistics/descriptive.js";
export {
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
  studentInterval,
} from "./statistics/intervals.js";
export {
  differences,
  pairedDifference,
  pairedStudentTest,
  type SignFlipOptions,
  signedRankTest,
  signFlipTest,
} from "./statistics/paired.js";
export { holm, type Sample, type Standing, standings } from "./statistics/verdict.js";
export { haltonPoints } from "./tuning/halton.js";
export {
  quasiRandomSearch,
  type SearchPoint,
  type SearchRange,
  type SearchSpace,
  scaleToRange,
} from "./tuning/searchSpace.js";

import type { Calibration } from "./calibration.js";
import { comparisonCalibrations } from "./comparisons.js";
import { procedureCalibrations } from "./procedures.js";
import { scoreCalibrations } from "./scores.js";

/** Every procedure whose promise can be checked by simulation. */
export const calibrations: readonly Calibration[] = [
  ...comparisonCalibrations,
  ...scoreCalibrations,
  ...procedureCalibrations,
];

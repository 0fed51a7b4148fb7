import { unknownName } from "@steepest/optim";
import type { Claim } from "./claim.js";
import { adadeltaNoLr } from "./experiments/adadeltaNoLr.js";
import { adagradMonotone } from "./experiments/adagradMonotone.js";
import { adagradSparse } from "./experiments/adagradSparse.js";
import { adamBias } from "./experiments/adamBias.js";
import { adamDiverges } from "./experiments/adamDiverges.js";
import { adamLanguage } from "./experiments/adamLanguage.js";
import { adamwDecoupled } from "./experiments/adamwDecoupled.js";
import { checkpointing } from "./experiments/checkpointing.js";
import { gdCost } from "./experiments/gdCost.js";
import { gdLineSearch } from "./experiments/gdLineSearch.js";
import { muonIsShampoo } from "./experiments/muonIsShampoo.js";
import { rmspropNonstationary } from "./experiments/rmspropNonstationary.js";
import { sgdUnbiased } from "./experiments/sgdUnbiased.js";
import { shampooRoot } from "./experiments/shampooRoot.js";
import { shampooSteps } from "./experiments/shampooSteps.js";

/** Every claim, in the order of the lecture. */
export const claims: readonly Claim[] = [
  gdCost,
  gdLineSearch,
  sgdUnbiased,
  adagradSparse,
  adagradMonotone,
  rmspropNonstationary,
  adadeltaNoLr,
  adamBias,
  adamDiverges,
  adamLanguage,
  adamwDecoupled,
  shampooSteps,
  shampooRoot,
  muonIsShampoo,
  checkpointing,
];

/**
 * The claim of a name.
 * @throws SteepestError `unknown-name` with the nearest one
 */
export function findClaim(name: string): Claim {
  const found = claims.find((claim) => claim.name === name);
  if (found !== undefined) return found;
  throw unknownName(
    "claim",
    name,
    claims.map((claim) => claim.name),
  );
}

import { format } from "../text/format.js";
import type { ClaimEffect, ClaimFigure, ClaimReport, Range, VerdictKind } from "./data.js";

/** The verdicts there are, the good news first. */
export const verdictKinds: readonly VerdictKind[] = ["holds", "does not hold", "inconclusive"];

/** `above 2`, `between 0.95 and 1.05`. */
export function rangeText(range: Range): string {
  if ("above" in range) return `above ${format.number(range.above)}`;
  if ("below" in range) return `below ${format.number(range.below)}`;
  return `between ${range.between.map((end) => format.number(end)).join(" and ")}`;
}

/** `1.02 [0.99, 1.05]`; the estimate alone where the interval has no width to the digits shown. */
export function intervalText(
  estimate: number,
  interval?: { readonly low: number; readonly high: number },
): string {
  const value = format.number(estimate);
  if (interval === undefined) return value;
  const [low, high] = [format.number(interval.low), format.number(interval.high)];
  return low === high ? value : `${value} [${low}, ${high}]`;
}

/** A figure with its unit: `12.5 µs [11, 14]`. */
export const figureText = ({ value, unit, interval }: ClaimFigure): string =>
  `${intervalText(value, interval)}${unit === undefined ? "" : ` ${unit}`}`;

/** Why the verdict is as it is: `the whole interval is above 2`. */
export function reasonText({ kind, holds, low, high }: ClaimEffect): string {
  const whole = format.number(low) === format.number(high) ? "it" : "the whole interval";
  if (kind === "holds") return `${whole} is ${rangeText(holds)}`;
  if (kind === "does not hold") return `${whole} is not ${rangeText(holds)}`;
  return Number.isFinite(low) && Number.isFinite(high)
    ? `part of the interval is not ${rangeText(holds)}: more seeds may decide`
    : "some seeds gave no finite value";
}

/** How many claims hold and how many do not: `12 claims: 10 hold, 1 does not hold, 1 is inconclusive`. */
export function tallyText(claims: readonly ClaimReport[]): string {
  const count = (kind: VerdictKind): number => claims.filter(({ verdict }) => verdict.kind === kind).length;
  const plural: Readonly<Record<VerdictKind, readonly [string, string]>> = {
    holds: ["holds", "hold"],
    "does not hold": ["does not hold", "do not hold"],
    inconclusive: ["is inconclusive", "are inconclusive"],
  };
  const parts = verdictKinds
    .map((kind) => [kind, count(kind)] as const)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => `${number} ${plural[kind][number === 1 ? 0 : 1]}`);
  return `${format.counted(claims.length, "claim")}: ${parts.join(", ")}`;
}

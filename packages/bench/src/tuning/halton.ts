import { SteepestError } from "@steepest/optim";
import { legacyRandomState } from "./mersenneTwister.js";

/** The first points of a Halton sequence are correlated across dimensions: AlgoPerf leaves out this many. */
const skippedPoints = 100;

/** The odd primes below `limit`, ascending. */
function oddPrimesBelow(limit: number): number[] {
  const composite = new Uint8Array(limit);
  const primes: number[] = [];
  for (let n = 3; n < limit; n += 2) {
    if (composite[n]) continue;
    primes.push(n);
    for (let multiple = n * n; multiple < limit; multiple += 2 * n) composite[multiple] = 1;
  }
  return primes;
}

/**
 * The bases of a `dimensions`-dimensional sequence: the largest primes below 1000 (or 2000, ...) without the
 * very largest.
 */
function haltonBases(dimensions: number): number[] {
  let primes: number[] = [];
  for (let limit = 1000; primes.length < dimensions + 1; limit += 1000) primes = oddPrimesBelow(limit);
  return primes.slice(-dimensions - 1, -1);
}

/**
 * One coordinate: Σ π(dⱼ) b^(−j−1) + shift mod 1 over the digits dⱼ of the index in base b, with permuted
 * digits π, π(0) = 0.
 */
function coordinate(base: number): (index: number) => number {
  const random = legacyRandomState(base);
  const digits = [0, ...random.shuffled(Array.from({ length: base - 1 }, (_, i) => i + 1))];
  const shift = random.uniform();
  return (index) => {
    let value = 0;
    let denominator = base;
    for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
      value += (digits[rest % base] ?? 0) / denominator;
      denominator *= base;
    }
    return (value + shift) % 1;
  };
}

/** @throws SteepestError when `count` is negative or `dimensions` below 1, or either is no integer */
export function checkPointCount(count: number, dimensions: number): void {
  for (const [name, value, least] of [
    ["count", count, 0],
    ["dimensions", dimensions, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new SteepestError(
        "invalid-value",
        `quasi-random points: ${name} must be an integer of at least ${least}, found ${value}`,
        `Give ${name} as a whole number`,
      );
    }
  }
}

/**
 * The first `count` points in [0, 1)^dimensions of the scrambled and shifted Halton sequence of AlgoPerf's
 * tuning ruleset (Bousquet et al. 2017, "Critical hyper-parameters: no random, no cry"; algoperf/halton.py),
 * in the order of the sequence: the official generator ends with an unseeded shuffle, which this one leaves
 * out. A prefix of a longer sequence is the shorter one.
 *
 * @throws SteepestError when `count` is negative or `dimensions` below 1, or either is no integer.
 */
export function haltonPoints(count: number, dimensions: number): readonly (readonly number[])[] {
  checkPointCount(count, dimensions);
  const coordinates = haltonBases(dimensions).map(coordinate);
  return Array.from({ length: count }, (_, i) => coordinates.map((at) => at(i + 1 + skippedPoints)));
}
